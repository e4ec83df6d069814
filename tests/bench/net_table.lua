-- net_table.lua - runs the network measurements and prints their tables.
-- Called by net.sh, which says what is in the environment.

local build, server = os.getenv "NET_BUILD", os.getenv "NET_SERVER"
local rounds, scale = tonumber(os.getenv "NET_ROUNDS"), tonumber(os.getenv "NET_SCALE")
local pin = os.getenv "NET_PIN" or ""
local here = "tests/bench/"
local only = {}
local wanted = os.getenv "NET_PEERS" -- names of peers; nil: all
for _, row in ipairs(arg) do only[row] = true end

local function sized(n)
  return math.max(n * scale // 100, 50)
end

local function succeeds(command)
  return (os.execute(command .. " >/dev/null 2>&1"))
end

-- ---- peers ----

local py = "/usr/bin/python3 " .. here .. "net_py.py "
local bun = os.getenv "NET_BUN" or ""
local modules = os.getenv "NET_MODULES" or ""

local function has_python(name)
  return succeeds("/usr/bin/python3 -c 'import " .. name .. "'")
end

-- command(row) is followed by URL, COUNT and AT_ONCE; package is what a machine
-- lacks without it; slow ones make a tenth of the calls, and count ten times
local peers = {
  bare = { title = "bare C, libcurl multi", command = build .. "/tests/net_c bare %s", there = true },
  cjson = { title = "the same with cJSON", command = build .. "/tests/net_c cjson %s", there = true },
  bun = { title = "bun", command = bun .. " " .. here .. "net_js.mjs fetch %s", there = bun ~= "", package = "npm: bun" },
  pycurl = { title = "Python pycurl", command = py .. "pycurl %s", there = has_python "pycurl", package = "python3-pycurl" },
  aiohttp = { title = "Python aiohttp", command = py .. "aiohttp %s", there = has_python "aiohttp", package = "python3-aiohttp",
    slow = true },
  httpx = { title = "Python httpx", command = py .. "httpx %s", there = has_python "httpx", package = "python3-httpx", slow = true },
  requests = { title = "Python requests", command = py .. "requests %s", there = has_python "requests", package = "python3-requests",
    slow = true },
  undici = { title = "Node undici", command = "node " .. here .. "net_js.mjs undici %s",
    there = modules ~= "" and succeeds "node --version", package = "npm: undici", slow = true },
  node = { title = "Node fetch", command = "node " .. here .. "net_js.mjs fetch %s", there = succeeds "node --version",
    package = "nodejs", slow = true },
  socket = { title = "Lua luasocket, lua-cjson", command = "lua5.4 " .. here .. "net_lua.lua socket %s",
    there = succeeds [[lua5.4 -e 'require "socket.http"; require "cjson"']], package = "lua-socket lua-cjson", slow = true },
  luacurl = { title = "Lua lua-curl, lua-cjson", command = "lua5.1 " .. here .. "net_lua.lua curl %s",
    there = succeeds [[lua5.1 -e 'require "curl"; require "cjson"']], package = "lua5.1 lua-curl lua-cjson", slow = true },
}

-- ---- rows ----

local record = server .. "/roles/rAbCdEfGh123?fields=publicId%2Cname%2Cdescription%2Cenforce2fa%2CenforceSso%2Cpermissions.publicId"
local users = server .. "/users?fields=publicId%2Ctype%2Cname%2CemailAddress%2Csupport%2CregisteredOn%2ClastSeenOn%2C"
  .. "memberships.publicId%2Cmemberships.group.publicId%2Cmemberships.role.publicId&page-size=100"
local action = server .. "/app/api.php"
local others = { "bun", "pycurl", "aiohttp", "undici", "requests", "httpx", "node" }

local rows = {
  { name = "get", title = "sequential GETs, 1 KB JSON decoded", count = sized(2000), at_once = 1, url = record,
    peers = { "cjson", "bun", "pycurl", "aiohttp", "undici", "requests", "httpx", "node", "socket", "luacurl" },
    errand = { { "get", "errand", 1.25, ahead = "bun" } } },
  { name = "many", title = "GETs, 64 at a time", count = sized(20000), at_once = 64, url = record, work = "get",
    peers = { "cjson", table.unpack(others) }, errand = { { "get", "errand", 1.35, ahead = "bun" } } },
  { name = "post", title = "POSTs, 16 at a time, 5 ms latency", count = sized(5000), at_once = 16, url = action, work = "post",
    peers = others, errand = { { "read", "errand, one that reads", 1.05 }, { "set", "errand, recorded before it leaves", 1.05 },
      { "set", "  the record on disk", disk = true } } },
  { name = "fresh", title = "POSTs, a connection each (yardstick: bare C that keeps them)", count = sized(5000), at_once = 16,
    url = action, work = "post", fresh = true, peers = { "bare", "aiohttp", "requests" },
    errand = { { "create", "errand, recorded before it leaves", 1.15 }, { "create", "  the record on disk", disk = true } } },
  { name = "pages", title = "pages of 100 records collected", count = tonumber(os.getenv "NET_PAGES"), at_once = 1, url = users,
    peers = { "cjson", "bun", "pycurl", "aiohttp", "undici", "requests" },
    errand = { { "pages", "errand", ahead = "bun", lean = "bun" } } },
}

-- ---- running ----

local function run(command)
  local out = io.popen(("timeout 300 %s %s 2>&1"):format(pin, command))
  local text = out:read "a"
  out:close()
  local wall, cpu, kb = text:match "([%d.]+) ([%d.]+) (%d+)%s*$"
  if not wall then error(("no figures from: %s\n%s"):format(command, text)) end
  return { wall = tonumber(wall), cpu = tonumber(cpu), kb = tonumber(kb) }
end

local function median(list)
  table.sort(list)
  return list[#list // 2 + 1]
end

-- the contenders of a row: { title, one() -> figures }, the yardstick first
local function contenders(row)
  local list = {}
  local function add(name, work, title)
    local peer = peers[name]
    local count = peer.slow and row.name ~= "pages" and math.max(row.count // 10, 50) or row.count
    list[#list + 1] = { name = name, title = title or peer.title, missing = not peer.there and peer.package,
      one = function()
        local got = run(("%s '%s' %d %d"):format(peer.command:format(work), row.url, count, row.at_once))
        got.wall, got.cpu = got.wall * row.count / count, got.cpu * row.count / count
        return got
      end }
  end
  local work = row.work or row.name
  add("bare", work)
  for _, how in ipairs(row.errand) do
    local store = os.getenv(how.disk and "NET_DISK" or "NET_STORE")
    list[#list + 1] = { name = "errand", title = how[2], how = how, one = function()
      local got = run(("env ERRAND_STORE=%s %s/errand run %snet_errand.lua %s %d %d"):format(store, build, here, how[1],
        row.count, row.at_once))
      os.remove(store)
      os.remove(store .. "-wal")
      os.remove(store .. "-shm")
      return got
    end }
  end
  for _, name in ipairs(row.peers) do
    if wanted and not (" " .. wanted .. " "):find(" " .. name .. " ", 1, true) then goto continue end
    add(name, row.fresh and "fresh" or work, name == "bare" and "bare C, a connection each")
    ::continue::
  end
  return list
end

local function measure(list)
  for _, c in ipairs(list) do c.wall, c.cpu, c.kb = {}, {}, 0 end
  for _ = 1, rounds do
    local yardstick
    for _, c in ipairs(list) do
      if not c.missing then
        local got = c.one()
        yardstick = yardstick or got
        c.wall[#c.wall + 1], c.cpu[#c.cpu + 1] = got.wall / yardstick.wall, got.cpu / yardstick.cpu
        c.kb = math.max(c.kb, got.kb)
        c.seconds = math.min(c.seconds or math.huge, got.wall)
      end
    end
  end
end

local verdicts = {}

local function judge(row, c, by_name)
  local how, said, met = c.how, {}, true
  local wall, ahead, lean = median(c.wall), by_name[how.ahead], by_name[how.lean]
  if how[3] then
    said[#said + 1] = ("at most %.2f"):format(how[3])
    met = met and wall <= how[3]
  end
  if ahead and not ahead.missing then
    said[#said + 1] = ("ahead of %s (%.2f)"):format(how.ahead, median(ahead.wall))
    met = met and wall <= median(ahead.wall)
  end
  if lean and not lean.missing then
    said[#said + 1] = ("in less memory (%.0f MB)"):format(lean.kb / 1024)
    met = met and c.kb <= lean.kb
  end
  if #said == 0 then return end
  verdicts[#verdicts + 1] = ("%-7s %-36s %5.2f  %-7s %s"):format(row.name, c.title, wall, met and "met" or "missed",
    table.concat(said, ", "))
end

for _, row in ipairs(rows) do
  if not next(only) or only[row.name] then
    local list, by_name, missing = contenders(row), {}, {}
    measure(list)
    print(("\n%d %s\n%-36s %9s %9s %9s %9s"):format(row.count, row.title, "", "time", "processor", "seconds", "peak MB"))
    for _, c in ipairs(list) do
      by_name[c.name] = by_name[c.name] or c
      if c.missing then
        missing[#missing + 1] = ("%s (%s)"):format(c.title, c.missing)
      else
        print(("%-36s %9.2f %9.2f %9.3f %9.1f"):format(c.title, median(c.wall), median(c.cpu), c.seconds, c.kb / 1024))
      end
    end
    if #missing > 0 then print("missing here: " .. table.concat(missing, ", ")) end
    for _, c in ipairs(list) do
      if c.how then judge(row, c, by_name) end
    end
  end
end

if not next(only) or only.memory then
  local few, many = sized(20000), sized(100000)
  print(("\nmemory, peak MB\n%-36s %9d %9d calls"):format("", few, many))
  local function peak(title, command)
    local a, b = run(("%s %d 64"):format(command, few)).kb / 1024, run(("%s %d 64"):format(command, many)).kb / 1024
    print(("%-36s %9.1f %9.1f"):format(title, a, b))
    return a, b
  end
  local a, b = peak("errand, 64 at a time", build .. "/errand run " .. here .. "net_errand.lua get")
  peak("bare C, 64 at a time", build .. "/tests/net_c bare get '" .. record .. "'")
  if peers.bun.there then peak("bun, 64 at a time", peers.bun.command:format "get" .. " '" .. record .. "'") end
  verdicts[#verdicts + 1] = ("%-7s %-36s %5.1f  %-7s at most 16 MB, flat (%.1f before)"):format("memory", "errand", b,
    b <= 16 and b - a <= 1 and "met" or "missed", a)
end

if #verdicts > 0 then
  print(("\n%-7s %-36s %5s  %-7s %s"):format("row", "", "ratio", "", "target"))
  for _, line in ipairs(verdicts) do print(line) end
end
