-- core/run/live.lua - a run as it goes, as a table that is redrawn in place.
-- SPDX-License-Identifier: MIT

-- What is under way stands at the end of the terminal, as many lines of it as
-- fit; what is over scrolls away above. The host takes the table away before
-- anything else is written (host.progress), so log lines stay whole.

local lines = require "core.run.lines"
local progress = require "host.progress"
local session = require "core.session"
local sys = require "host.sys"
local view = require "core.run.view"

local M = {}
local Live = {}
Live.__index = Live

local EVERY <const> = 0.1    -- seconds between two drawings at least
local TICK <const> = 0.5     -- seconds between two drawings where nothing happens
local NAMES <const> = 40     -- columns of a step's name at most

local colors = { good = "32", bad = "31", ask = "33", calm = "36", soft = "2" }

local function now()
  return require("host.task").now()
end

local function elapsed(since)
  local seconds = math.floor(now() - since)
  return seconds < 10 and ("%d s"):format(seconds) or view.span(seconds)
end

local function clean(text)
  local host_err = require "host.err"
  return host_err.safe(host_err.redact(tostring(text)))
end

-- ---- the table ----

local words = { looking = "looking", sending = "sending", settling = "settling", sleeping = "sleeping", waiting = "waiting",
  retry = "again later", doubt = "in doubt" }
local tones = { doubt = "ask", settling = "ask", waiting = "ask", retry = "bad", sleeping = "calm" }

function Live:paint(tone, text)
  return self.color and tone and ("\27[%sm%s\27[0m"):format(colors[tone], text) or text
end

local function pad(text, width)
  local missing = width - require("host.err").width(text)
  return missing > 0 and text .. (" "):rep(missing) or text
end

function Live:head()
  local parts = { view.count(self.done, "step") .. " done" }
  if self.found > 0 then parts[1] = ("%s (%d found)"):format(parts[1], self.found) end
  if self.failed > 0 then parts[#parts + 1] = self:paint("bad", self.failed .. " failed") end
  parts[#parts + 1] = ("%d under way"):format(#self.active)
  return ("%s  %s  %s"):format(self:paint("soft", self.id), table.concat(parts, ", "), elapsed(self.began))
end

function Live:row(step, width)
  local word = pad(words[step.state] or step.state, 11)
  local time = pad(elapsed(step.since), 4)
  local message = step.message and "  " .. clean(step.message) or ""
  return ("  %s  %s  %s%s"):format(pad(step.name, width), self:paint(tones[step.state], word), self:paint("soft", time), message)
end

-- The lines of the table, no more than the terminal has room for.
function Live:table(rows)
  local out, width = { self:head() }, 0
  local room = math.max(1, rows - 2)
  local shown = #self.active <= room and #self.active or room - 1
  for i = 1, shown do width = math.max(width, require("host.err").width(self.active[i].name)) end
  for i = 1, shown do out[#out + 1] = self:row(self.active[i], math.min(width, NAMES)) end
  if shown < #self.active then out[#out + 1] = self:paint("soft", ("  and %d more"):format(#self.active - shown)) end
  return out
end

function Live:draw(at_once)
  local at = now()
  if not self.began or not at_once and at - self.drawn < EVERY then return end
  self.drawn = at
  local _, rows = progress.size()
  progress.block(self:table(rows))
end

-- Times go on where nothing else happens.
function Live:tick()
  local task = require "host.task"
  self.ticker = task.spawn(function()
    -- whoever cancels it, at the end or by Ctrl-C, is told nothing of it
    pcall(function()
      while true do
        task.sleep(TICK)
        self:draw()
      end
    end)
  end)
end

-- ---- what the engine tells ----

--- A run begins, or goes on.
function Live:run(id, info)
  self.lines.run(id, info)
  self.id, self.began, self.drawn = id, now(), 0
  self:tick()
  self:draw(true)
end

local function place(list, path)
  for i, step in ipairs(list) do
    if step.path == path then return i end
  end
end

local over = { done = "done", found = "found", failed = "failed", replayed = "done", note = false }

function Live:forget(path)
  local at = place(self.active, path)
  if at then table.remove(self.active, at) end
end

--- A step has come to this.
function Live:step(path, state, info)
  local ended = over[state]
  if ended == nil and not words[state] then ended = "done" end -- an undo, step by step
  if ended then
    self:forget(path)
    if not info.kind then self[ended] = self[ended] + 1 end
    if state == "found" then self.done = self.done + 1 end
  elseif ended == nil then
    local at = place(self.active, path)
    local step = at and self.active[at] or { path = path, name = clean(path), since = now() }
    if not at then table.insert(self.active, step) end
    step.state, step.message = state, info.message
  end
  local told = ended or state == "doubt"
  if told then self.lines.step(path, state, info) end
  self:draw(told) -- a line takes the table away
end

--- A run has come to this.
function Live:finish(state, info)
  if self.ticker then
    self.ticker:cancel()
    pcall(self.ticker.join, self.ticker) -- a cancelled task is reported unless somebody joins it
  end
  self.ticker, self.began = nil, nil
  progress.block {}
  self.lines.finish(state, info)
end

--- An observer that draws; for a terminal.
function M.new()
  local term = sys.env "TERM"
  local color = not sys.env "NO_COLOR" and term ~= "dumb"
  local plain = lines.new()
  local self = setmetatable({ lines = plain, active = {}, done = 0, found = 0, failed = 0, color = color }, Live)
  return {
    run = function(id, info) self:run(id, info) end,
    step = function(path, state, info) self:step(path, state, info) end,
    finish = function(state, info) self:finish(state, info) end,
  }
end

--- The observer for this process: nothing with -q, a table on a terminal, lines
-- elsewhere.
function M.observer()
  if session.quiet then return lines.silent() end
  return progress.possible() and M.new() or lines.new()
end

return M
