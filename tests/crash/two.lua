-- two.lua - two processes at one run: one has it, the other says who.
-- SPDX-License-Identifier: MIT
--
-- errand run tests/crash/two.lua ERRAND DIRECTORY

local opt = args{
  summary = "Two processes at one run.",
  { "errand", positional = true, required = true }, { "dir", positional = true, required = true },
}

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local file = opt.dir .. "/slow.lua"
local out = assert(io.open(file, "w"))
out:write(require("flows").flow("{}", [[
  run:note("here")
  run:sleep("pause", 20)]]))
out:close()

local environment = ("env ERRAND_STORE=%s/store.db"):format(quote(opt.dir))
local command = ("%s %s run %s"):format(environment, quote(opt.errand), quote(file))
local pipe = assert(io.popen(("%s >%s/first.log 2>&1 & echo $!"):format(command, quote(opt.dir))))
local pid = pipe:read "n"
pipe:close()

local function text_of(name)
  local log = io.open(opt.dir .. "/" .. name)
  local text = log and log:read "a" or ""
  if log then log:close() end
  return text
end

-- it has the run once it sleeps
for _ = 1, 500 do
  if text_of("first.log"):find "sleep" then break end
  os.execute "sleep 0.02"
end
os.execute(("timeout 10 %s >%s/second.log 2>&1"):format(command, quote(opt.dir)))
local said = text_of "second.log"
local ok = said:find "under way" and said:find(("%d"):format(pid), 1, true)
os.execute(("kill -9 %d"):format(pid))
print(ok and "ok - the second process says who has the run" or "not ok - the second process says: " .. said:sub(-300))
print(ok and "1 passed, 0 failed" or "0 passed, 1 failed")
if not ok then os.exit(1) end
