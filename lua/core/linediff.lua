-- core/linediff.lua - what differs between two lists of lines.
-- SPDX-License-Identifier: MIT

local M = {}

-- beyond this many differences the middle is shown as replaced: the search
-- takes their square
local MOST = 600

-- Myers' greedy search: the furthest points of each round are kept, and the
-- way is read backwards. nil if there are too many differences.
local function search(a, b)
  local rounds, at = {}, { [1] = 0 }
  for d = 0, math.min(#a + #b, MOST) do
    rounds[d] = {}
    for k, x in pairs(at) do rounds[d][k] = x end
    for k = -d, d, 2 do
      local down = k == -d or k ~= d and at[k - 1] < at[k + 1]
      local x = down and at[k + 1] or at[k - 1] + 1
      while x < #a and x - k < #b and a[x + 1] == b[x - k + 1] do x = x + 1 end
      at[k] = x
      if x >= #a and x - k >= #b then return rounds, d end
    end
  end
end

local function trace(a, b)
  local rounds, last = search(a, b)
  local out = {}
  if not rounds then
    for _, line in ipairs(a) do out[#out + 1] = { "-", line } end
    for _, line in ipairs(b) do out[#out + 1] = { "+", line } end
    return out
  end
  local x, y = #a, #b
  for d = last, 1, -1 do
    local at, k = rounds[d], x - y
    local down = k == -d or k ~= d and at[k - 1] < at[k + 1]
    local from = down and k + 1 or k - 1
    local px = at[from]
    local py = px - from
    while x > px and y > py and x > (down and px or px + 1) do
      out[#out + 1] = { " ", a[x] }
      x, y = x - 1, y - 1
    end
    out[#out + 1] = down and { "+", b[y] } or { "-", a[x] }
    x, y = px, py
  end
  while x > 0 do
    out[#out + 1] = { " ", a[x] }
    x = x - 1
  end
  for i = 1, #out // 2 do out[i], out[#out - i + 1] = out[#out - i + 1], out[i] end
  return out
end

--- List of { mark, line }: " " in both, "-" only in a, "+" only in b.
function M.compare(a, b)
  local first, last = 0, 0
  while first < #a and first < #b and a[first + 1] == b[first + 1] do first = first + 1 end
  while last < #a - first and last < #b - first and a[#a - last] == b[#b - last] do last = last + 1 end
  local out = {}
  for i = 1, first do out[i] = { " ", a[i] } end
  local middle = trace(table.move(a, first + 1, #a - last, 1, {}), table.move(b, first + 1, #b - last, 1, {}))
  table.move(middle, 1, #middle, #out + 1, out)
  for i = #a - last + 1, #a do out[#out + 1] = { " ", a[i] } end
  return out
end

--- The same as text: some lines around each difference, "..." for the others.
-- @treturn ?string nil where nothing differs
function M.text(a, b, around)
  around = around or 3
  local list, near, differs = M.compare(a, b), {}, false
  for i, one in ipairs(list) do
    if one[1] ~= " " then
      differs = true
      for k = i - around, i + around do near[k] = true end
    end
  end
  if not differs then return nil end
  local lines, skipped = {}, false
  for i, one in ipairs(list) do
    if near[i] then
      if skipped then lines[#lines + 1] = "  ..." end
      lines[#lines + 1] = one[1] .. " " .. one[2]
    end
    skipped = not near[i]
  end
  if skipped then lines[#lines + 1] = "  ..." end
  return table.concat(lines, "\n") .. "\n"
end

return M
