-- net_lua.lua - the work of the network measurements with Lua's own clients.
--
-- lua5.1 net_lua.lua curl|socket ROW URL COUNT AT_ONCE, lua5.4 for socket:
-- prints the seconds of wall clock and of processor time that the work took,
-- and the peak of memory in KB. One call at a time: neither runs several.

local how, row, url, count = arg[1], arg[2], arg[3], tonumber(arg[4])
local cjson = require "cjson"

local headers = { "Api-Version: 2", "Api-Application: abcdefghijkl", "Api-Company: 1111-2222-3333-4444-5555",
  "Authorization: Bearer secret" }

local clients = {}

function clients.socket()
  local http, ltn12 = require "socket.http", require "ltn12"
  local named = {}
  for _, line in ipairs(headers) do
    local name, value = line:match "^(.-): (.*)$"
    named[name] = value
  end
  return function(address)
    local chunks = {}
    assert(http.request { url = address, headers = named, sink = ltn12.sink.table(chunks) })
    return cjson.decode(table.concat(chunks))
  end
end

function clients.curl()
  local curl = require "curl"
  local easy = curl.easy_init()
  easy:setopt(curl.OPT_HTTPHEADER, headers)
  return function(address)
    local chunks = {}
    easy:setopt(curl.OPT_URL, address)
    easy:setopt(curl.OPT_WRITEFUNCTION, function(bytes)
      chunks[#chunks + 1] = bytes
      return #bytes
    end)
    assert(easy:perform())
    return cjson.decode(table.concat(chunks))
  end
end

local function peak()
  local status = assert(io.open "/proc/self/status")
  local kb = status:read("*a"):match "VmHWM:%s*(%d+)"
  status:close()
  return kb
end

local function now()
  local up = assert(io.open "/proc/uptime") -- to a hundredth of a second
  local seconds = tonumber(up:read("*l"):match "^%S+")
  up:close()
  return seconds
end

local ask = clients[how]()

local function pages()
  local all, value = {}, ask(url)
  while true do
    for _, record in ipairs(value.data) do all[#all + 1] = record end
    if value.moreAfter == cjson.null then break end
    value = ask(url .. "&page-after=" .. value.moreAfter)
  end
  assert(#all == count * 100)
end

local function one_by_one()
  for _ = 1, count do assert(ask(url).status == "success") end
end

ask(url) -- the first call is nobody's
local wall, cpu = now(), os.clock()
if row == "pages" then pages() else one_by_one() end
print(("%.6f %.6f %s"):format(now() - wall, os.clock() - cpu, peak()))
