-- walk.lua - what signal handlers reach, from the compiler's call graph.
-- SPDX-License-Identifier: MIT
--
-- errand run walk.lua PROGRAM GRAPHS SOURCES...
--
-- PROGRAM is the built errand, GRAPHS a folder of *.ci files (gcc's
-- -fcallgraph-info=su, compiled without optimisation, so that each call is there
-- as it was written), SOURCES the C files they were made of. Prints TAP: one
-- test for each handler, one for each rule on how handlers come to be.

local facts = dofile "tests/signals/facts.lua"
local program, graphs = ...
local sources = { select(3, ...) }

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

local function lines(command)
  local out, pipe = {}, assert(io.popen(command))
  for line in pipe:lines() do out[#out + 1] = line end
  assert(pipe:close(), command)
  return out
end

local count, failed = 0, 0

local function result(ok, what, ...)
  count = count + 1
  if not ok then failed = failed + 1 end
  print(("%sok %d - %s"):format(ok and "" or "not ", count, what))
  for _, line in ipairs{ ... } do print("# " .. line) end
end

-- ---- the graph ----

-- A function with a body: title -> { file, line }; static ones are titled
-- FILE:NAME, so that no two are taken for one.
local bodies, calls = {}, {}

local function load_graph(text)
  for line in text:gmatch "[^\n]+" do
    local title, label = line:match 'node: { title: "([^"]+)" label: "([^"]*)"'
    if title and not line:find("shape : ellipse", 1, true) then
      local file, at = label:match "\\n([^\\]-):(%d+):%d+\\n"
      bodies[title] = { file = file, line = math.tointeger(tonumber(at)), name = title:match "[^:]+$" }
    end
    local from, to, where = line:match 'edge: { sourcename: "([^"]+)" targetname: "([^"]+)" label: "([^"]*)"'
    if from then
      calls[from] = calls[from] or {}
      calls[from][#calls[from] + 1] = { to = to, where = where }
    end
  end
end

for _, path in ipairs(lines("ls '" .. graphs .. "'/*.ci")) do load_graph(read(path)) end

-- ---- handlers ----

-- The text with its comments and strings as blanks: the lines stay where they are.
local function bare(text)
  local function blank(part) return (part:gsub("[^\n]", " ")) end
  return (text:gsub("/%*.-%*/", blank):gsub('"[^"\n]*"', blank):gsub("//[^\n]*", blank))
end

local function line_of(text, at)
  return select(2, text:sub(1, at):gsub("\n", "")) + 1
end

-- The function of FILE that the line is in.
local function around(file, line)
  local best
  for title, body in pairs(bodies) do
    if body.file == file and body.line <= line and (not best or body.line > bodies[best].line) then best = title end
  end
  return best
end

local handlers, unknown, installs = {}, {}, {}

-- An expression that a handler is taken from: a name, or "test ? a : b".
local function take(file, line, expression)
  installs[around(file, line) or ""] = true
  for word in expression:gsub("^.-%?", ""):gmatch "[^:]+" do
    word = word:match "^%s*&?(.-)%s*$"
    local title = bodies[file .. ":" .. word] and file .. ":" .. word or bodies[word] and word
    if title then
      handlers[title] = true
    elseif word ~= "SIG_DFL" and word ~= "SIG_IGN" then
      unknown[#unknown + 1] = ("%s:%d: which function is '%s'?"):format(file, line, word)
    end
  end
end

for _, file in ipairs(sources) do
  local text = bare(read(file))
  for _, member in ipairs{ "sa_handler", "sa_sigaction" } do
    for at, after in text:gmatch("()%f[%w_]" .. member .. "%s*(%p*[^,;}]*)") do
      local line = line_of(text, at)
      if after:find "^=[^=]" then
        take(file, line, after:sub(2))
      elseif not after:find "^[!=]=" then
        unknown[#unknown + 1] = ("%s:%d: %s is used in a way that nobody knows"):format(file, line, member)
      end
    end
  end
  for at, handler in text:gmatch "()%f[%w_]signal%s*%([^,()]+,%s*([^,;]-)%)" do
    take(file, line_of(text, at), handler)
  end
end

result(#unknown == 0, "each handler is a function by its name", table.unpack(unknown))

-- ---- how handlers come to be, and threads ----

local function callers(names)
  local found = {}
  for from, list in pairs(calls) do
    for _, call in ipairs(list) do
      if names[call.to] then found[#found + 1] = { from = from, to = call.to, where = call.where } end
    end
  end
  table.sort(found, function(a, b) return a.where < b.where end)
  return found
end

local strangers, used = {}, {}
for _, call in ipairs(callers(facts.installers)) do
  used[call.from] = true
  if not installs[call.from] and not facts.passes_on[call.from] then
    strangers[#strangers + 1] = ("%s: %s calls %s with an action of whose handler nothing is known"):format(call.where, call.from, call.to)
  end
end
result(#strangers == 0, "whoever sets a handler names it, or is explained", table.unpack(strangers))

local stale = {}
for name in pairs(facts.passes_on) do
  if not used[name] then stale[#stale + 1] = "not any more: " .. name end
end
result(#stale == 0, "what is explained is there", table.unpack(stale))

local threads = {}
for _, call in ipairs(callers(facts.starters)) do
  threads[#threads + 1] = ("%s: %s calls %s"):format(call.where, call.from, call.to)
end
for _, file in ipairs(sources) do
  local text = bare(read(file))
  for _, word in ipairs{ "MHD_USE_[%u_]*THREAD[%u_]*", "MHD_USE_AUTO[%u_]*", "SIGEV_THREAD" } do
    for at, found in text:gmatch("()%f[%w_](" .. word .. ")") do
      threads[#threads + 1] = ("%s:%d: %s"):format(file, line_of(text, at), found)
    end
  end
end
result(#threads == 0, "errand starts no thread", table.unpack(threads))

-- ---- what they reach ----

local safe = {}
for line in read "tests/signals/safe.txt":gmatch "[^\n]+" do
  if not line:find "^#" then safe[line] = true end
end

-- A library's function that calls nothing at all, in the program as it is linked.
local function calls_nothing(name)
  local code = false
  for _, line in ipairs(lines(("objdump --no-show-raw-insn '--disassemble=%s' '%s'"):format(name, program))) do
    local step = line:match "^%s+%x+:%s+(.+)"
    local target = step and step:match "^j.*<([%w_]+)[^>]*>"
    code = code or step ~= nil
    if step and (step:find "call" or step:find "jmp%s+%*" or (target and target ~= name)) then return false end
  end
  return code
end

-- Walks from the function; what is wrong, and the leaves.
local function walk(handler)
  local wrong, leaves, seen, bodies_seen = {}, {}, {}, 0
  local function visit(title, path)
    if seen[title] then return end
    seen[title] = true
    bodies_seen = bodies_seen + 1
    for _, call in ipairs(calls[title] or {}) do
      local name, way = call.to, path .. " > " .. call.to:match "[^:]+$"
      if bodies[name] then
        visit(name, way)
      elseif safe[name] then
        leaves[name] = true
      elseif facts.leaves[name] then
        leaves[name .. " (calls nothing)"] = true
        if not calls_nothing(name) then wrong[#wrong + 1] = ("%s: %s calls something, or is not there"):format(call.where, way) end
      elseif facts.explained[name] then
        leaves[name .. " (explained)"] = true
      else
        wrong[#wrong + 1] = ("%s: %s"):format(call.where, way)
      end
    end
  end
  visit(handler, bodies[handler].name)
  for name in pairs(leaves) do
    if facts.set_errno[name] and not leaves._exit and not leaves["__errno_location (explained)"] then
      wrong[#wrong + 1] = ("%s calls %s, and never puts errno back"):format(bodies[handler].name, name)
    end
  end
  return wrong, leaves, bodies_seen
end

local sorted = {}
for title in pairs(handlers) do sorted[#sorted + 1] = title end
table.sort(sorted)
result(#sorted > 0, #sorted .. " handlers")
for _, title in ipairs(sorted) do
  local wrong, leaves, n = walk(title)
  local names = {}
  for name in pairs(leaves) do names[#names + 1] = name end
  table.sort(names)
  result(#wrong == 0, ("%s, %s:%d: %d functions, %s"):format(bodies[title].name, bodies[title].file, bodies[title].line, n,
    table.concat(names, ", ")), table.unpack(wrong))
end

print("1.." .. count)
os.exit(failed == 0 and 0 or 1, true)
