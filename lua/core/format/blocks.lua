-- blocks.lua - records one below the other: a line for each member, redacted.
-- SPDX-License-Identifier: MIT

local fit = require "core.format.fit"
local host_err = require "host.err"
local records = require "core.format.records"

local function dim(text, color)
  return color and "\27[2m" .. text .. "\27[0m" or text
end

local function rule(r, all, width)
  local text = ("-- %d of %d "):format(r, all)
  return fit.clip(text .. ("-"):rep(math.max(2, width - #text)), width)
end

-- The whole value, its further lines below its first.
local function unfolded(value, indent, width)
  local text
  if type(value) == "string" then
    text = host_err.safe(host_err.redact(value), true)
  elseif type(value) == "table" then
    text = require("core.repl.dump").text(value, { width = width - #indent, whole = true })
  else
    text = fit.cell(value, true)
  end
  return (text:gsub("\n", "\n" .. indent))
end

--- blocks(list, opts) -> text, and true if an entry was cut. opts.columns:
-- titles in their order; opts.width: of the terminal; opts.all: how many
-- records there are, if list holds only the first; opts.color; opts.whole:
-- cuts nothing, nested values stand over several lines.
return function(list, opts)
  local names = opts.columns or records.columns(list)
  local width, titles, taken, cut = opts.width, {}, 0, false
  for i, name in ipairs(names) do
    titles[i] = host_err.safe(host_err.redact(tostring(name)))
    taken = math.max(taken, host_err.width(titles[i]))
  end
  if not opts.whole then taken = math.max(1, math.min(taken, width // 2)) end
  local lines = {}
  for r, record in ipairs(list) do
    lines[#lines + 1] = dim(rule(r, opts.all or #list, width), opts.color)
    for i, name in ipairs(names) do
      local title, short = fit.clip(titles[i], taken)
      local value = records.cell(record, name)
      local text, clipped
      if opts.whole then
        text = unfolded(value, (" "):rep(taken + #fit.gap), width)
      else
        text, clipped = fit.clip(fit.cell(value, true), math.max(1, width - taken - #fit.gap))
      end
      lines[#lines + 1] = ((fit.pad(title, taken) .. fit.gap .. text):gsub("%s+$", ""))
      cut = cut or short or clipped or false
    end
  end
  return table.concat(lines, "\n") .. "\n", cut
end
