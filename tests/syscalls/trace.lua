-- trace.lua - a command under strace: which calls it makes, and one of them failing.
-- SPDX-License-Identifier: MIT

local faults = require "faults"

local trace = {}

-- The lines of a log in order, as { pid =, call =, text = }; what strace cut in
-- two because another process came between is one with its beginning.
local function calls_of(path)
  local list = {}
  local file = io.open(path)
  if not file then return list end
  for line in file:lines() do
    local pid, text = line:match "^(%d+) +(.*)$"
    local call = text and text:match "^([%w_]+)%("
    if call then list[#list + 1] = { pid = pid, call = call, text = text } end
  end
  file:close()
  return list
end

trace.calls_of = calls_of

--- Words that start a command under strace with the log in path; inject may be
-- nil. Detached: its children go untraced; the kernel's filter would stay on them.
function trace.words(path, calls, inject, detached)
  return ("strace -f %s -qq -y -s 64 -e signal=none -e trace=%s%s -o '%s' --"):format(detached and "-b execve" or "--seccomp-bpf",
    table.concat(calls, ","), inject and " -e inject=" .. inject or "", path)
end

--- Words that start a command of which the n-th such call is cut short, which
-- the file mark then shows.
function trace.short(library, mark, call, n)
  return ("env LD_PRELOAD='%s' SHORT_CALL=%s SHORT_AT=%d SHORT_MARK='%s'"):format(library, call, n, mark)
end

--- The calls that can be failed: for each name a list of { n =, text = }, by
-- the count in the first process; and how many were left out.
-- A process that it starts begins with execve, which is not counted in strace's own child.
function trace.points(path)
  local list = calls_of(path)
  local counts, out, left, begun = {}, {}, 0, false
  local first = list[1] and list[1].pid
  for _, c in ipairs(list) do
    if c.pid == first then
      if c.text:find(faults.marker, 1, true) then begun = true end
      local n = (counts[c.call] or 0) + 1
      counts[c.call] = n
      local ours = begun and not faults.foreign(c.text)
      if faults.errors[c.call] and ours then
        out[c.call] = out[c.call] or {}
        table.insert(out[c.call], { n = n, text = c.text })
      elseif faults.errors[c.call] then
        left = left + 1
      end
    elseif c.call == "execve" and not out.execve then
      out.execve = { { n = 1, text = c.text } }
    end
  end
  return out, left
end

--- What was injected, as strace shows it, what the process did after it, its
-- pid, and what was before it.
function trace.injected(path)
  local list = calls_of(path)
  for i, c in ipairs(list) do
    if c.text:find("(INJECTED)", 1, true) then return c.text, { table.unpack(list, i + 1) }, c.pid, { table.unpack(list, 1, i - 1) } end
  end
end

return trace
