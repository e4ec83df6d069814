-- Runs every test program and adds up their TAP lines.
-- errand run tests/run.lua BUILD_DIR [FOLDER_OR_FILE...]
--
-- VALGRIND=1: under valgrind, C programs and errand wherever a test starts it.
-- SLOW=N: everything takes N times as long; the tests' own limits grow as well.

local build = ... or "build"
local only = { select(2, ...) }
local errand = build .. "/errand"
local slow = math.tointeger(tonumber(os.getenv "SLOW" or 1)) or 1
local LIMIT = 300 -- seconds for a program
local SHOWN = 10 -- of the slowest

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function lines(command)
  local out, pipe = {}, assert(io.popen(command))
  for line in pipe:lines() do out[#out + 1] = line end
  pipe:close()
  return out
end

local function wanted(path)
  if #only == 0 then return true end
  for _, prefix in ipairs(only) do
    if path:sub(1, #prefix) == prefix then return true end
  end
  return false
end

-- what stands before a C program; what memcheck says of an errand is in a file
local valgrind, wrapped = "", nil
if os.getenv "VALGRIND" then
  wrapped = assert(lines("sh tests/valgrind/wrap.sh " .. quote(build))[1], "no wrapper")
  errand = wrapped .. "/errand"
  valgrind = "valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite "
    .. "--suppressions=tests/valgrind/errand.supp "
end

local names = ("env ERRAND=%s PEER=%s "):format(quote(errand), quote(build .. "/tests/peer"))

-- specs start further processes by the name in ERRAND
local function spec(path)
  return names .. errand .. " test " .. path
end

-- how each kind of test is started
local kinds = {
  { glob = "tests/c/test_*.c", run = function(path) return valgrind .. build .. "/tests/" .. path:match "([^/]+)%.c$" end },
  { glob = "tests/fuzz/fuzz_*.c", run = function(path)
    local name = path:match "fuzz_(.+)%.c$"
    return ("%s%s/tests/fuzz_%s tests/fuzz/corpus/%s"):format(valgrind, build, name, name)
  end },
  { glob = "tests/cron/cron_compare.c", run = function()
    return ("%s%s/tests/cron_compare %s/tests/cron_oracle tests/cron/expressions.txt"):format(valgrind, build, build)
  end },
  { glob = "tests/lua/*_spec.lua", run = spec },
  { glob = "tests/services/*_spec.lua", run = spec },
  { glob = "tests/e2e/*.sh", run = function(path) return names .. "sh " .. path end },
  { glob = "tests/e2e/*.exp", run = function(path) return names .. "expect " .. path end },
}

-- Tests that cannot pass under valgrind: "FILE: NAME: why".
local known = {}
for _, line in ipairs(wrapped and lines "grep -v '^#' tests/valgrind/known.txt" or {}) do
  local path, name = line:match "^(%S+): (.*): [^:]+$"
  known[assert(path, line) .. " " .. name] = true
end

-- System calls that valgrind 3.19 does not know, and we do without: pidfd_open.
local unknown = { ["434"] = true }

-- What memcheck has found since the last look, and whether there was any. It
-- says "--PID--" before what is about itself, "==PID==" before what it found.
local function reported(output)
  if not wrapped then return false end
  local before, log = #output, quote(wrapped) .. "/log/*"
  for _, line in ipairs(lines("cat " .. log .. " 2>/dev/null; rm -f " .. log)) do
    local call = line:match "unhandled .- syscall: (%d+)"
    local about_itself = call and unknown[call] or not call and line:find "^%-%-%d"
    -- an exec that fails, it believed, would not: the child dies as it should
    if line:find "^==%d+== execve%(" or line:find "EXEC FAILED" or line:find "PRE%(sys_execve%)" then about_itself = true end
    if not about_itself then output[#output + 1] = line end
  end
  return #output > before
end

local passed, failed, broken, times = 0, 0, {}, {}

-- a program that ends badly, or prints no plan, fails even without "not ok"
local function run(path, command)
  local before = failed
  local started = os.time()
  local output, planned, excused = {}, false, 0
  local pipe = assert(io.popen(("timeout %d %s 2>&1 </dev/null; echo \"exit $?\""):format(LIMIT * slow, command)))
  for line in pipe:lines() do
    output[#output + 1] = line
    if line:find "^ok %d" then
      passed = passed + 1
    elseif line:find "^not ok %d" then
      if known[path .. " " .. (line:match "^not ok %d+ %- (.*)" or "")] then
        excused = excused + 1
        print("not under valgrind: " .. line:sub(8))
      else
        failed = failed + 1
      end
    elseif line:find "^1%.%.%d" then
      planned = true
    end
  end
  pipe:close()
  local code = (output[#output] or ""):match "exit (%d+)$"
  if failed == before and ((code ~= "0" and excused == 0) or not planned) then failed = failed + 1 end
  if reported(output) then failed = failed + 1 end
  local bad = failed > before
  if bad then
    broken[#broken + 1] = path
    print(table.concat(output, "\n"))
  end
  local seconds = os.time() - started
  times[#times + 1] = { path = path, seconds = seconds }
  print(("%s %s (%d s)"):format(bad and "FAIL" or "pass", path, seconds))
end

for _, kind in ipairs(kinds) do
  for _, path in ipairs(lines("ls " .. kind.glob .. " 2>/dev/null")) do
    if wanted(path) then run(path, kind.run(path)) end
  end
end

if wrapped then os.execute("rm -rf " .. quote(wrapped)) end
table.sort(times, function(a, b) return a.seconds > b.seconds end)
for i = 1, math.min(SHOWN, #times > 1 and #times or 0) do
  if times[i].seconds < 1 then break end
  print(("%s %4d s  %s"):format(i == 1 and "slowest:" or "        ", times[i].seconds, times[i].path))
end
if #broken > 0 then print("failed: " .. table.concat(broken, " ")) end
print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0 and passed > 0 and 0 or 1, true)
