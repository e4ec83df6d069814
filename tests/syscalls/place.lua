-- place.lua - a folder, a sandbox and a peer in which scenarios are run.
-- SPDX-License-Identifier: MIT

local place = {}
place.__index = place

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

place.quote = quote

local function read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read "a"
  file:close()
  return text
end

place.read = read

local function lines(command)
  local out = {}
  local pipe = assert(io.popen(command))
  for line in pipe:lines() do out[#out + 1] = line end
  pipe:close()
  return out
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  assert(file:close())
end

-- The line a server prints once it listens; how many looks that takes is bounded.
local function wait_for(path, pattern)
  for _ = 1, 2000 do
    local found = (read(path) or ""):match(pattern)
    if found then return found end
    os.execute "sleep 0.01"
  end
  error("nothing came in " .. path)
end

--- place.new(dir, errand, peer): the folder must be there.
function place.new(dir, errand, peer)
  local self = setmetatable({ dir = dir, errand = errand, servers = {} }, place)
  local function start(command)   -- the pipe is kept: the end of its parent would end the peer
    local pipe = assert(io.popen(("echo $$; exec %s </dev/null >%s 2>&1"):format(command, quote(dir .. "/said"))))
    self.servers[#self.servers + 1] = { pid = pipe:read "l", pipe = pipe }
  end
  start(quote(errand) .. " sandbox --port 0")
  self.at = "http://127.0.0.1:" .. wait_for(dir .. "/said", "serving on http://127%.0%.0%.1:(%d+)")
  local text = read(dir .. "/said")
  local token = text:match "X%-Sandbox%-Token: (%w+)"
  os.remove(dir .. "/said")
  write(dir .. "/script", "=== reply times=0\nHTTP/1.1 204 No Content\n\n")
  os.execute("mkdir " .. quote(dir .. "/seen"))
  start(("%s %s %s"):format(quote(peer), quote(dir .. "/script"), quote(dir .. "/seen")))
  self.peer = "http://127.0.0.1:" .. wait_for(dir .. "/said", "(%d+)\n")
  local prelude = { "umask 077" }
  for line in text:gmatch "export [^\n]*" do prelude[#prelude + 1] = line:gsub("_SETTLE='[^']*'", "_SETTLE=0.05") end
  local curl = "curl -sS --noproxy '*' --max-time 20"
  local function say(line, ...) prelude[#prelude + 1] = line:format(...) end
  say("export ERRAND_STORE=$PWD/store.db HOME=$PWD/home LC_ALL=C.UTF-8 TERM=xterm NO_COLOR=1 peer=%s TREE=%s", self.peer,
    quote(lines("pwd")[1]))
  say "unset XDG_STATE_HOME XDG_CACHE_HOME XDG_CONFIG_HOME"
  say "unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY"
  say("errand() { %s \"$@\"; }", quote(errand))
  say("control() { %s -o /dev/null -H 'X-Sandbox-Token: %s' -d \"$2\" %s/_sandbox/$1; }", curl, token, self.at)
  say("effects() { %s %s/_sandbox/effects; }", curl, self.at)
  say("posts() { %s %s/_seen; }", curl, self.peer)
  write(dir .. "/prelude", table.concat(prelude, "\n") .. "\n")
  return self
end

--- Ends what new started.
function place:close()
  for _, server in ipairs(self.servers) do
    os.execute(("kill -KILL %s 2>/dev/null"):format(server.pid))
    server.pipe:close()
  end
end

local function counts(text)
  local out = {}
  for operation, keys in pairs(json.decode(text ~= "" and text or "{}")) do
    for key, n in pairs(keys) do out[operation .. " " .. key] = n end
  end
  return out
end

-- Every file below w, with its bytes.
local function tree(dir)
  local out = {}
  for _, path in ipairs(lines(("cd %s && find . ! -type d"):format(quote(dir)))) do
    out[path:sub(3)] = read(dir .. "/" .. path:sub(3)) or ""
  end
  return out
end

place.tree = tree

-- One file with the shell's lines, which end with the exit code in a file.
function place:shell(body)
  write(self.dir .. "/do.sh", ". ./prelude\n" .. body)
  os.execute(("cd %s && sh ./do.sh 2>do.err"):format(quote(self.dir)))
end

-- The folder as it is before, to be copied for each run.
function place:make_base(s)
  local base = self.dir .. "/base"
  os.execute(("rm -rf %s && mkdir -p %s/home"):format(quote(base), quote(base)))
  for name, text in pairs(s.files or {}) do
    if name:find "/" then os.execute(("mkdir -p %s"):format(quote(base .. "/" .. name:match "^(.*)/"))) end
    write(base .. "/" .. name, text)
  end
  self.scenario = s
end

--- Runs a scenario from an empty world: { code =, out =, err =, files =,
-- effects =, posts = }; words stand before errand.
function place:run(s, words)
  if self.scenario ~= s then self:make_base(s) end
  words = words .. " " .. quote(self.errand)
  if s.terminal then words = words:gsub("'", "") end
  local line = s.run:gsub("TRACED", function() return words end)
  write(self.dir .. "/run.sh", ". ../prelude\n" .. line .. "\n")
  self:shell(([[
rm -rf w trace mark
cp -R base w
cd w
. ../prelude
control reset ''
%s
{ %s; } >../before.log 2>&1 </dev/null
timeout -s KILL %d sh ../run.sh >../out 2>../err </dev/null
echo $? >../code
effects >../effects
%s
]]):format(s.posts and "posts >../posts0" or ":", s.before or ":", s.patient or 20, s.posts and "posts >../posts1" or ":"))
  local function number(name) return tonumber((read(self.dir .. "/" .. name) or ""):match " (%d+)") or 0 end
  local out, err = read(self.dir .. "/out"), read(self.dir .. "/err")
  if s.terminal then err = err .. out end
  return {
    code = tonumber(read(self.dir .. "/code")), out = out, err = err,
    files = tree(self.dir .. "/w"), effects = counts(read(self.dir .. "/effects")), posts = number "posts1" - number "posts0",
  }
end

--- Runs the line that brings it to its end; the same without err.
function place:again(s)
  write(self.dir .. "/again.sh", ". ../prelude\n" .. s.again .. "\n")
  self:shell "cd w; timeout -s KILL 60 sh ../again.sh >../again.log 2>&1 </dev/null; echo $? >../code; . ../prelude; effects >../effects\n"
  return { code = tonumber(read(self.dir .. "/code")), err = read(self.dir .. "/again.log"), files = tree(self.dir .. "/w"),
    effects = counts(read(self.dir .. "/effects")) }
end

return place
