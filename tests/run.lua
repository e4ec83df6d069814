-- Runs every test program and adds up their TAP lines.
-- errand run tests/run.lua BUILD_DIR [FOLDER_OR_FILE...]

local build = ... or "build"
local only = { select(2, ...) }
local errand = build .. "/errand"
local valgrind = os.getenv "VALGRIND" and "valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite "
  or ""

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

-- specs start further processes by the name in ERRAND
local function spec(path)
  return "env ERRAND=" .. quote(errand) .. " " .. errand .. " test " .. path
end

-- how each kind of test is started
local kinds = {
  { glob = "tests/c/test_*.c", run = function(path) return valgrind .. build .. "/tests/" .. path:match "([^/]+)%.c$" end },
  { glob = "tests/fuzz/fuzz_*.c", run = function(path)
    local name = path:match "fuzz_(.+)%.c$"
    return ("%s/tests/fuzz_%s tests/fuzz/corpus/%s"):format(build, name, name)
  end },
  { glob = "tests/cron/cron_compare.c", run = function()
    return ("%s/tests/cron_compare %s/tests/cron_oracle tests/cron/expressions.txt"):format(build, build)
  end },
  { glob = "tests/lua/*_spec.lua", run = spec },
  { glob = "tests/services/*_spec.lua", run = spec },
  { glob = "tests/e2e/*.sh", run = function(path)
    return ("env ERRAND=%s PEER=%s sh %s"):format(quote(errand), quote(build .. "/tests/peer"), path)
  end },
  { glob = "tests/e2e/*.exp", run = function(path)
    return ("env ERRAND=%s PEER=%s expect %s"):format(quote(errand), quote(build .. "/tests/peer"), path)
  end },
}

local passed, failed, broken = 0, 0, {}

-- a program that ends badly, or prints no plan, fails even without "not ok"
local function run(path, command)
  local before = failed
  local started = os.time()
  local output, planned = {}, false
  local pipe = assert(io.popen("timeout 300 " .. command .. " 2>&1 </dev/null; echo \"exit $?\""))
  for line in pipe:lines() do
    output[#output + 1] = line
    if line:find "^ok %d" then
      passed = passed + 1
    elseif line:find "^not ok %d" then
      failed = failed + 1
    elseif line:find "^1%.%.%d" then
      planned = true
    end
  end
  pipe:close()
  local code = (output[#output] or ""):match "exit (%d+)$"
  if failed == before and (code ~= "0" or not planned) then failed = failed + 1 end
  local bad = failed > before
  if bad then
    broken[#broken + 1] = path
    print(table.concat(output, "\n"))
  end
  print(("%s %s (%d s)"):format(bad and "FAIL" or "pass", path, os.time() - started))
end

for _, kind in ipairs(kinds) do
  for _, path in ipairs(lines("ls " .. kind.glob .. " 2>/dev/null")) do
    if wanted(path) then run(path, kind.run(path)) end
  end
end

if #broken > 0 then print("failed: " .. table.concat(broken, " ")) end
print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0 and passed > 0 and 0 or 1, true)
