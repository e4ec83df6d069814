-- planted.lua - each bug of bugs.lua must be caught: errand run tests/schedule/planted.lua ERRAND
-- SPDX-License-Identifier: MIT

local opt = args{
  summary = "Plant bugs; each must be caught by a campaign.",
  { "errand", positional = true, required = true },
  { "only", doc = "Lua pattern of a name." },
  { "scenarios", "integer", default = 600, doc = "To be caught within." },
  { "shard", "integer", default = 1 }, { "shards", "integer", default = 1 },
}

local bugs = require "bugs"

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local count, missed = 0, 0
for i, name in ipairs(bugs.names()) do
  if (i - 1) % opt.shards == opt.shard - 1 and (not opt.only or name:find(opt.only)) then
    count = count + 1
    local command = ("%s run tests/schedule/campaign.lua --stop --scenarios %d --bug %s%s 2>&1"):format(quote(opt.errand),
      opt.scenarios, quote(name), bugs.kinds[name] and " --sweep 0 --kinds " .. bugs.kinds[name] or "")
    local pipe = assert(io.popen(command))
    local text = pipe:read "a"
    pipe:close()
    local how = text:match "not ok %- (seed [^\n]*)"
    if how then
      print(("ok - %s: %s"):format(name, how:sub(1, 120)))
    else
      missed = missed + 1
      print(("not ok - %s: is not caught\n%s"):format(name, text:sub(-300)))
    end
  end
end
print(("bugs %d missed %d"):format(count, missed))
if missed > 0 then os.exit(1) end
