-- core/run/lock.lua - one process a run.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"
local sys = require "host.sys"

local M = {}
local Lock = {}
Lock.__index = Lock

local function file_of(dir, id)
  return ("%s/%s.lock"):format(dir, id)
end

--- Gives the lock back, also by leaving the block of a <close> variable. Its
-- file goes when the run is over (lock.over).
function Lock:close()
  local handle <close> = self.handle -- luacheck: ignore 211
  self.handle = nil
  if handle and self.over then
    os.remove(file_of(self.dir, self.id))
    os.remove(self.dir) -- where it was the last one
  end
end

Lock.__close = Lock.close

-- The directory may go between its making and the lock's.
local function try_lock(dir, id)
  local held, err
  for _ = 1, 10 do
    if not sys.exists(dir) then
      local made, why = sys.make_dir(dir, 448)
      if not made and not sys.exists(dir) then return nil, why end
    end
    held, err = sys.lock(file_of(dir, id), "run " .. id)
    if held or sys.exists(dir) then break end
  end
  return held, err
end

--- Takes the lock of a run; raises kind "conflict" where a process has it.
-- @tparam ?string dir of the locks; nil: there is nobody else
function M.take(dir, id)
  if not dir then return setmetatable({}, Lock) end
  local held, err = try_lock(dir, id)
  if held then return setmetatable({ handle = held, dir = dir, id = id }, Lock) end
  if err.kind ~= "config" then error_.rethrow(err) end
  local pid = tostring(err.message):match "process (%d+)"
  error_.raise("conflict", ("run %s is under way (%s); wait for it, or see errand runs show %s"):format(id,
    pid and "pid " .. pid or "another process", id), { pid = tonumber(pid) })
end

--- The process that has the run, as far as its lock tells: pid, true, or nil.
function M.holder(dir, id)
  if not dir or not sys.exists(file_of(dir, id)) then return nil end
  local ok, held = pcall(M.take, dir, id)
  if not ok then return held.pid or true end
  held.over = true -- whoever had it may have taken its file away a moment ago, and would not do so again
  held:close()
end

return M
