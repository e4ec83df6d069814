-- shown.lua - every block of a page is done as a reader would do it, from top to bottom.
-- SPDX-License-Identifier: MIT
--
-- errand run shown.lua FILE PAGE FOLDER: FILE is read, under the name PAGE, by a
-- reader who sits at a terminal of 100 columns. FOLDER holds what one command
-- leaves to the next: cwd and env, both there at the beginning. A block is
--
--   ```console   what is typed stands behind "$ ", below it what the terminal
--                shows; a line "..." stands for any lines. A command that fails
--                is followed by "$ echo $?".
--   ```sh        commands to try in any order: each in the sandbox
--   ```lua       a file, its name in the first line: -- NAME.lua
--
-- A comment above the block says what cannot be seen from it:
--
--   <!-- file NAME -->        the block is that file
--   <!-- types TEXT -->       what is typed while the command runs
--   <!-- until TEXT -->       a command that goes on; it is left alone once it has
--                             written TEXT, <!-- stop --> ends it with SIGTERM
--   <!-- not run: REASON -->
--
-- Ids, times and addresses are not the same twice, nor is the order of lines that
-- were written by tasks side by side. An id of a run that a command names is the
-- one that was shown in its place. UPDATE=1 writes anew what has changed.

local page, name, state = ...
local update = os.getenv "UPDATE" == "1"
local home = os.getenv "HOME"
local count, failed = 0, 0

local function result(ok, what, note)
  count = count + 1
  if not ok then failed = failed + 1 end
  print(("%s %d - %s"):format(ok and "ok" or "not ok", count, what))
  if not ok and note then print("# " .. note:gsub("\n", "\n# ")) end
end

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "a"
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open((path:gsub("^~", home)), "w"))
  assert(file:write(text))
  assert(file:close())
end

local function lines_of(text)
  local out = {}
  for line in text:gmatch "([^\n]*)\n?" do out[#out + 1] = line end
  while out[#out] == "" do out[#out] = nil end
  return out
end

-- ---- what is not the same twice ----

local function plain(text)
  return (text:gsub("%W", "%%%0"))
end

-- In this order: what comes first may hold what comes later.
local changing <const> = {
  { "%f[%w]r%-%w%w%w%w%w%w%f[^%w]", "RUN" },
  { "https?://[%w_.:/-]+", "URL" },
  { "token=%x+", "token=HEX" },
  { "%d%d%d%d%-%d%d%-%d%d[T ]%d%d:%d%d:?%d*Z?", "TIME" },
  { "%d%d%d%d%-%d%d%-%d%d", "DAY" },
  { "%d%d:%d%d:%d%d", "CLOCK" },
  { "%f[%a][MTWFS]%l%l%f[^%a] ", "DAY " },
  { "%f[%a]CES?T%f[^%a]", "ZONE" },
  { "%f[%d]%d+%.%d+ s%f[%W]", "SECONDS" },
  { "%f[%d]%d+ ms%f[%W]", "SECONDS" },
  { "%f[%d]%d+ s ago", "SECONDS ago" },
  { "%f[%d]%d+%.%d+$", "SECONDS" },
  { "digest %x+", "digest HEX" },
  { "pid[ =]%d+", "pid N" },
  { "  +", "  " },
}

-- An id of a service is a word of twelve letters and digits.
local function short(word)
  return word:find "%d" and word:find "%a" and "ID" or nil
end

local UUID <const> = "%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x+"

local function settled(line)
  line = line:gsub(plain(home), "~"):gsub("%s+$", ""):gsub(UUID, "UUID"):gsub("%f[%w]" .. ("%w"):rep(12) .. "%f[^%w]", short)
  for _, one in ipairs(changing) do line = line:gsub(one[1], one[2]) end
  return line
end

local function all_settled(lines)
  local out = {}
  for i, line in ipairs(lines) do out[i] = settled(line) end
  return out
end

local function equal(a, b)
  if #a ~= #b then return false end
  for i, line in ipairs(a) do
    if line ~= b[i] then return false end
  end
  return true
end

-- Whether got from j on is as want from i on.
local function matches(want, got, i, j)
  while want[i] and want[i] ~= "..." do
    if want[i] ~= got[j] then return false end
    i, j = i + 1, j + 1
  end
  if not want[i] then return got[j] == nil end
  for k = j, #got + 1 do
    if matches(want, got, i + 1, k) then return true end
  end
  return false
end

local function same(want, got)
  want, got = all_settled(want), all_settled(got)
  if matches(want, got, 1, 1) then return true end
  table.sort(want)
  table.sort(got)
  return equal(want, got)
end

-- ---- commands, one shell after the other ----

local last = 0

-- What is left of a line that was written over.
local function drawn(line)
  return (line:gsub("\r+$", ""):gsub("^.*\r", ""):gsub("\27%[K", ""))
end

-- On a terminal, as the reader is; what is typed there would be shown, too.
local function shell(command, input)
  write(state .. "/command", command .. "\n")
  write(state .. "/input", input and input .. "\n" or "")
  local pipe = assert(io.popen(([[script -qec "sh '%s/run' '%s' %d" /dev/null <"%s/input"]]):format(state, state, last, state)))
  local out = lines_of(pipe:read "a")
  for i, line in ipairs(out) do out[i] = drawn(line) end
  pipe:close()
  last = tonumber(read(state .. "/code"):match "%d+")
  if input and out[1] == input then table.remove(out, 1) end
  return out
end

write(state .. "/run", [[
export COLUMNS=100 TERM=dumb
state=$1
. "$state/env"
cd "$(cat "$state/cwd")" || exit
(exit "$2")
. "$state/command"
echo $? >"$state/code"
pwd >"$state/cwd"
export -p | grep -v ' \(PWD\|OLDPWD\|COLUMNS\|TERM\)=' >"$state/env"
]])

local running

local function stop()
  if not running then return end
  shell(("kill -TERM %d"):format(running))
  shell(("n=0; while kill -0 %d 2>/dev/null && [ $n -lt 600 ]; do n=$((n + 1)); sleep 0.05; done; kill -KILL %d 2>/dev/null"):format(
    running, running))
  running, last = nil, 0
end

-- Left alone once it has written the text. The shell that starts it waits for that:
-- its terminal would go with it, and take what has no session of its own yet along.
local function goes_on(command, text)
  stop()
  write(state .. "/long", ("echo $$ >'%s/pid'; exec %s\n"):format(state, command))
  write(state .. "/pid", "")
  write(state .. "/out", "")
  shell(([[setsid script -qfec "sh '%s/long'" '%s/log' >'%s/out' 2>&1 </dev/null &
n=0; until grep -qF -- '%s' '%s/out' || [ $n -gt 600 ]; do n=$((n + 1)); sleep 0.05; done]]):format(state, state, state, text, state))
  running, last = tonumber(read(state .. "/pid"):match "%d+"), 0
  local out = lines_of(read(state .. "/out"))
  for i, line in ipairs(out) do out[i] = drawn(line) end
  return out
end

-- ---- blocks ----

-- { line =, language =, first =, last = (of what is inside), note = }
local function blocks_of(lines)
  local out, inside, note = {}, nil, nil
  for i, line in ipairs(lines) do
    local language = line:match "^```(%l*)$"
    if inside and language then
      inside.last = i - 1
      out[#out + 1], inside = inside, nil
    elseif language then
      inside = { line = i, language = language, first = i + 1, note = note }
    end
    note = not inside and line:match "^<!%-%- (.*) %-%->$" or nil
    if note == "stop" then out[#out + 1] = { line = i, stop = true } end
  end
  return out
end

-- { { command =, at = (its last line), shown = { lines } } }
local function typed(lines, block)
  local out = {}
  local i = block.first
  while i <= block.last do
    local command = lines[i]:match "^%$ (.*)$"
    if command then
      while lines[i]:find "\\$" do
        i = i + 1
        command = command .. "\n" .. lines[i]
      end
      out[#out + 1] = { command = command, at = i, shown = {} }
    elseif out[1] then
      table.insert(out[#out].shown, lines[i])
    end
    i = i + 1
  end
  return out
end

local lines = lines_of(read(page))
local fresh = {} -- by the line of a command: what it shows now

-- Ids of runs are others each time: those of the page, and what they are now.
local now_called = {}

local function learn(shown, got)
  local function ids(list)
    local out, seen = {}, {}
    for id in table.concat(list, "\n"):gmatch "%f[%w]r%-%w%w%w%w%w%w%f[^%w]" do
      if not seen[id] then out[#out + 1] = id end
      seen[id] = true
    end
    return out
  end
  local theirs, ours = ids(shown), ids(got)
  for i, id in ipairs(theirs) do now_called[id] = now_called[id] or ours[i] end
end

local function translated(text)
  return (text:gsub("%f[%w]r%-%w%w%w%w%w%w%f[^%w]", now_called))
end

local function console(block)
  local list = typed(lines, block)
  local input = block.note and block.note:match "^types (.*)$"
  local lasts = block.note and block.note:match "^until (.*)$"
  if not list[1] then return result(false, ("%s:%d: no command behind \"$ \""):format(name, block.line)) end
  for i, one in ipairs(list) do
    local command = translated(one.command)
    local got = lasts and goes_on(command, lasts) or shell(command, input)
    local what = ("%s:%d: %s"):format(name, one.at, one.command:gsub("\\\n%s*", ""))
    local told = last == 0 or list[i + 1] and list[i + 1].command == "echo $?"
    local good = same(one.shown, got)
    learn(one.shown, got)
    if update and not good then fresh[one.at], good = { n = #one.shown, lines = got }, true end
    result(good and told, what, (told and "" or ("exit code %d, and nobody asked\n"):format(last)) .. "shows\n"
      .. table.concat(got, "\n"))
  end
end

local function trials(block)
  for i = block.first, block.last do
    local command = lines[i]:match "^errand (.*)$"
    if command then
      local got = shell("errand --sandbox " .. command:gsub("^%-%-sandbox ", ""))
      result(last == 0, ("%s:%d: %s"):format(name, i, lines[i]), table.concat(got, "\n"))
      last = 0
    end
  end
end

local function file(block, path)
  local cwd = read(state .. "/cwd"):gsub("\n", "")
  write(path:find "^[~/]" and path or cwd .. "/" .. path, table.concat(lines, "\n", block.first, block.last) .. "\n")
  result(true, ("%s:%d: the file %s"):format(name, block.line, path))
end

for _, block in ipairs(blocks_of(lines)) do
  local note = block.note or ""
  local reason, path = note:match "^not run: (.+)$", note:match "^file (.+)$"
  path = path or block.language == "lua" and lines[block.first]:match "^%-%- ([%w_./~-]+%.lua)"
  if block.stop then stop()
  elseif reason then result(true, ("%s:%d: not run, since %s"):format(name, block.line, reason))
  elseif path then file(block, path)
  elseif block.language == "console" then console(block)
  elseif block.language == "sh" then trials(block)
  else result(false, ("%s:%d: the block is neither run nor said to be not run"):format(name, block.line)) end
end
stop()

if update then
  local out, skip = {}, 0
  for i, line in ipairs(lines) do
    if skip > 0 then skip = skip - 1 else out[#out + 1] = line:find "^%$ " and translated(line) or line end
    local new = fresh[i]
    for _, one in ipairs(new and new.lines or {}) do out[#out + 1] = (one:gsub(plain(home), "~")) end
    skip = new and new.n or skip
  end
  write(page, table.concat(out, "\n") .. "\n")
end
print("1.." .. count)
os.exit(failed == 0 and 0 or 1)
