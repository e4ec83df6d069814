-- net_errand.lua - the work of the network measurements, as errand does it.
--
-- errand run tests/bench/net_errand.lua ROW COUNT AT_ONCE
--
-- Prints the seconds of wall clock and of processor time that the work took,
-- and the peak of memory in KB. Addresses and credentials of the services are
-- in the environment, as net.sh sets them.

local now = require("host.task").now
local row, count, at_once = ...
count, at_once = tonumber(count), tonumber(at_once)

local function peak()
  local status = assert(io.open "/proc/self/status")
  local kb = status:read("a"):match "VmHWM:%s*(%d+)"
  status:close()
  return kb
end

local change = { account_key = "5a50d8fed44aa9.76285894", active = true }

local new = { name = "Example Client Ltd", active = true, email_admin = "new.client@example.com", password = "",
  subdomain = "example-client" }

local calls = {
  get = function() assert(ixon.roles.get("rAbCdEfGh123").memberCount == 42) end,
  read = function() assert(#bossinsights.accounts.list() == 1) end,
  set = function() bossinsights.accounts.update(change) end,
  create = function() bossinsights.accounts.create(new) end,
}

-- AT_ONCE tasks, each of which makes its share of the calls
local function side_by_side(call, n)
  local tasks, left = {}, n
  for i = 1, at_once do
    tasks[i] = spawn(function()
      while left > 0 do
        left = left - 1
        call()
      end
    end)
  end
  for _, task in ipairs(tasks) do task:join() end
end

local work = {}

function work.get()
  if at_once > 1 then return side_by_side(calls.get, count) end
  for _ = 1, count do calls.get() end
end

for _, name in ipairs { "read", "set", "create" } do
  work[name] = function() side_by_side(calls[name], count) end
end

function work.pages()
  local users = ixon.users.list({ ["page-size"] = 100 }, { cap = count * 100 })
  assert(#users == count * 100)
end

(calls[row] or calls.get)() -- the first call is nobody's
local wall, cpu = now(), os.clock()
work[row]()
print(("%.6f %.6f %s"):format(now() - wall, os.clock() - cpu, peak()))
