-- planted.lua - bugs put into copies of the Lua sources, each of which a campaign must catch.
-- SPDX-License-Identifier: MIT
--
-- errand run tests/crash/planted.lua ERRAND DIRECTORY [--only NAME] [--shard I --shards K]
-- DIRECTORY must be there and empty. A bug that is not caught, or that cannot be planted any more, is a failure.

local opt = args{
  summary = "Plant bugs; each must be caught.",
  { "errand", positional = true, required = true }, { "dir", positional = true, required = true },
  { "lua", default = "lua", doc = "The sources to copy." }, { "only", doc = "Lua pattern of a name." },
  { "shard", "integer", default = 1 }, { "shards", "integer", default = 1 },
}

-- campaigns: what is run with the patched sources
local function plans(only, n)
  return ("run tests/crash/plans.lua --stop --plans %d --only '%s'"):format(n or 250, only)
end
local function scenario(only)
  return ("run tests/crash/scenarios.lua --only '%s'"):format(only)
end
local kills = "run tests/crash/kills.lua {errand} {dir}/kills --kills 25"
local prove = "prove --limit 60 tests/crash/onboard.lua --email new.hire@example.com"

local bugs = {
  { "the intent is written when the next row is", "core/run/context.lua",
    "  local results = table.pack(protect.call(self.journal[method], self.journal, self.id, ...))",
    [[
  if method == "intent" then
    self.kept = table.pack(...)
    return 1
  end
  local kept = self.kept
  self.kept = nil
  if kept then self.journal:intent(self.id, table.unpack(kept, 1, kept.n)) end
  local results = table.pack(protect.call(self.journal[method], self.journal, self.id, ...))]],
    by = { plans "find single", plans "ask chain" } },
  { "the intent is written after the call", "core/run/step.lua", [[
  intent(S, before, again)
  R:point("before", S.path)
  local ok, value, left, seconds, reply = call(S)]], [[
  local ok, value, left, seconds, reply = call(S)
  intent(S, before, again)]],
    by = { plans "find single", plans "ask single" } },
  { "the result is written before the reply", "core/run/step.lua", [[
  R:point("before", S.path)
  local ok, value, left, seconds, reply = call(S)
  R:point("reply", S.path)
  if ok and not S.broken then return true, done(S, value, seconds, reply) end]], [[
  R:write("result", S.path, { value = "{}" })
  R:point("before", S.path)
  local ok, value, left, seconds, reply = call(S)
  if ok then return true, value end]],
    by = { plans "find single", plans "repeat single" } },
  { "the result is not written", "core/run/step.lua", [[
  S.R:write("result", S.path, { value = text, status = reply.status, request_id = reply.request_id, seconds = seconds,
    remote_id = operation.remote_id(S.desc, value) })
  return live]], "  return live", by = { plans "ask single", plans "find chain" } },
  { "no quiet period", "core/run/settle.lua", "  return math.max(0, math.min(left, longest + bound))", "  return 0",
    by = { plans "find single", scenario "late" } },
  { "the quiet period begins with the intent, not with the last byte", "core/run/settle.lua",
    "    left = math.min(began.mono, step.intent_mono + longest) + bound - moment.mono",
    "    left = step.intent_mono + bound - 45 - moment.mono", by = { plans "find single", scenario "late" } },
  { "the first look-up is believed", "core/run/settle.lua", "  for n = 1, 2 do\n", "  for n = 1, 1 do\n",
    by = { plans "find single", scenario "late" } },
  { "a look-up that fails counts as absent", "core/run/settle.lua",
    "    if not ok then\n      return ask(", "    if not ok then record = nil end\n    if false then\n      return ask(",
    by = { scenario "proves nothing" } },
  { "of several that fit the first is adopted", "core/find.lua", "  if count > 1 then conflict(",
    "  if count > 99 then conflict(",
    by = { scenario "several" } },
  { "only names are compared in a replay", "core/run/branch.lua", "local function compare(row, now)\n",
    "local function compare(row, now)\n  if row.path == now.path then return end\n", by = { scenario "changed program" } },
  { "the digest of the arguments is not compared", "core/run/branch.lua",
    "  if row.args_digest ~= now.args_digest then diverged(row, now, \"other arguments\") end", "",
    by = { scenario "changed program" } },
  { "steps that are missing in a replay are not missed", "core/run/branch.lua",
    "  if expected and expected ~= now.path then diverged(R.rows[expected], now, \"another name\") end", "",
    by = { scenario "changed program" } },
  { "a lost answer is taken for a failure and sent again", "core/run/step.lua", "  return \"doubt\", false\nend",
    "  return \"failed\", true\nend", by = { prove, scenario "late" } },
  { "what must not happen twice is sent again after a crash", "core/run/settle.lua",
    "  if desc.class == \"read\" or desc.class == \"set\" then return \"repeat\" end",
    "  if desc.class == \"read\" or desc.class == \"set\" or desc.class == \"send\" then return \"repeat\" end",
    and_also = { "core/run/journal/steps.lua", "  return old.class == \"read\" or old.class == \"set\" or ",
      "  return old.class == \"read\" or old.class == \"set\" or old.class == \"send\" or " },
    by = { plans "ask single" } },
  { "each attempt has another idempotency key", "core/run/branch.lua", "sys.sha256(R.run.seed .. \"\\0key\\0\" .. path)",
    "sys.sha256(R.run.seed .. R.clock:wall() .. path)", and_also = { "core/run/journal/steps.lua",
      "step.again == \"key\" and old.op_key ~= nil and old.op_key == step.op_key", "step.again == \"key\"" },
    by = { plans "key single" } },
  { "what is looked up before is not looked at", "core/run/step.lua",
    "  local lookup, absence = operation.lookup(desc)\n  if not lookup then return nil end",
    "  local lookup, absence = operation.lookup(desc)\n  if lookup then return absence and \"absent\" end\n"
      .. "  if not lookup then return nil end",
    by = { scenario "there before" } },
  { "undo takes away what was adopted", "core/run/undo.lua", "local function is_foreign(step)\n",
    "local function is_foreign(step)\n  if step.path then return false end\n",
    and_also = { "core/run/journal/undo.lua", "step.undo_state == \"disabled\"", "false" },
    and_last = { "core/run/step.lua", "row_of(S, { before = json.encode(json.object { found = json.decode(text) }) })",
      "row_of(S, { inverse = S.inverse, before = json.encode(json.object { found = json.decode(text) }) })" },
        by = { scenario "undo" } },
  { "undo goes forward", "core/run/undo.lua", "a.done_seq > b.done_seq", "a.done_seq < b.done_seq",
    by = { scenario "undo" } },
  { "undo begins before doubts are settled", "core/run/undo.lua", "  if #in_doubt > 0 then\n    local",
    "  if false then\n    local",
    by = { scenario "settled before" } },
  { "an undo that was under way is taken as done", "core/run/undo.lua",
    "  if step.undo_state == \"done\" then return { state = \"undone\" } end",
    "  if step.undo_state == \"done\" or step.undo_state == \"intent\" then return { state = \"undone\" } end",
    by = { scenario "undo from", plans "find undo" } },
  { "the key of a run is not looked at", "core/run/engine.lua",
    "  local key = key_of(definition, environment, input, text, options.slot)\n  local id",
    "  local key = J:new_id()\n  local id", by = { scenario "same key" } },
  { "a sleep begins anew", "core/run/branch.lua", "  local wake_at = row and row.wake_at\n", "  local wake_at\n",
    by = { scenario "a sleep" } },
  { "a later answer counts", "core/run/journal/waiting.lua", "      if old.by then return nil, old end\n", "",
    by = { scenario "first answer" } },
  { "attempts are not counted", "core/run/journal/steps.lua", "        n = old.attempt + 1\n", "        n = old.attempt\n",
    and_also = { "core/run/journal/stepping.lua", "INSERT INTO attempt(", "INSERT OR REPLACE INTO attempt(" },
    by = { scenario "is an attempt" } },
  { "the time is asked anew in a replay", "core/run/branch.lua",
    "  return once(B, M.place(B, nil, \"now\"), function() return B.R.clock:wall() end)",
    "  once(B, M.place(B, nil, \"now\"), function() return 0 end)\n  return B.R.clock:wall()",
      by = { scenario "of the time" } },
  { "pairs goes as the table lies in memory", "core/run/body.lua", "  table.sort(keys, before)\n", "",
    by = { scenario "in memory", kills } },
  { "a call outside a step is let through", "core/run/guard.lua", "  if not mark.permit then outside(op) end\n",
    "  if not mark.permit then return end\n", by = { scenario "outside a step" } },
  { "a step may send twice", "core/run/guard.lua", "    if sent.left then\n", "    if false then\n",
    and_also = { "core/run/guard.lua", "    if limits.digest and M.digest(request) ~= limits.digest then\n",
      "    if false then\n" }, by = { scenario "not two" } },
  { "the lock of a run is not taken", "core/run/lock.lua",
    "  if not dir then return setmetatable({}, Lock) end\n  local held",
    "  if dir or not dir then return setmetatable({}, Lock) end\n  local held",
      by = { "run tests/crash/two.lua {errand} {dir}/two" } },
}

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "a"
  file:close()
  return text
end

local function run(command)
  local _, how, code = os.execute(command)
  return how == "exit" and code or 128 + code
end

-- Replaces the one place; false if it is not there just once.
local function patch(lua, file, from, to)
  local path = lua .. "/" .. file
  local text = read(path)
  local first, last = text:find(from, 1, true)
  if not first or text:find(from, last + 1, true) then return false end
  local out = assert(io.open(path, "w"))
  out:write(text:sub(1, first - 1), to, text:sub(last + 1))
  out:close()
  return true
end

-- The campaign that caught it, or nil.
local function caught(bug, lua, dir)
  for _, command in ipairs(bug.by) do
    run(("rm -rf %s/kills %s/two && mkdir %s/kills %s/two"):format(dir, dir, dir, dir))
    local text = command:gsub("{errand}", quote(opt.errand)):gsub("{dir}", dir)
    local code = run(("ERRAND_LUA=%s timeout 120 %s %s >%s/log 2>&1"):format(quote(lua), quote(opt.errand), text, dir))
    local log = read(dir .. "/log")
    -- sources that do not load catch nothing
    if code ~= 0 and (log:find "not ok" or log:find "unfinished" or log:find "%d+ failed") and not log:find "syntax error" then
      return command:match "([%w_]+)%.lua" or "prove", log
    end
    if code ~= 0 then return nil, log end
  end
  return nil, read(dir .. "/log")
end

local passed, failed = 0, 0
for i, bug in ipairs(bugs) do
  if (not opt.only or bug[1]:find(opt.only)) and (i - 1) % opt.shards == opt.shard - 1 then
    local dir = ("%s/bug%d"):format(opt.dir, i)
    local lua = dir .. "/lua"
    run(("mkdir %s && cp -r %s %s"):format(quote(dir), quote(opt.lua), quote(lua)))
    local planted = patch(lua, bug[2], bug[3], bug[4])
    if planted and bug.and_also then planted = patch(lua, table.unpack(bug.and_also)) end
    if planted and bug.and_last then planted = patch(lua, table.unpack(bug.and_last)) end
    local by, log
    if planted then by, log = caught(bug, lua, dir) end
    if by then
      passed = passed + 1
      print(("ok - %s: caught by %s"):format(bug[1], by))
    else
      failed = failed + 1
      print(("not ok - %s: %s"):format(bug[1], planted and "not caught: " .. (log or ""):sub(-300) or "cannot be planted: "
        .. bug[2] .. " has changed"))
    end
    run("rm -rf " .. quote(dir))
  end
end
print(("%d passed, %d failed"):format(passed, failed))
if failed > 0 then os.exit(1) end
