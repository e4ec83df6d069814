-- core/sandbox/ids.lua - ids as each vendor makes them, the same in each run.
-- SPDX-License-Identifier: MIT

local M = {}

local alnum = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

-- One round of the splitmix64 generator: all 64 bits of x matter to the result.
local function mix(x)
  x = x + 0x9E3779B97F4A7C15
  x = (x ~ (x >> 30)) * 0xBF58476D1CE4E5B9
  x = (x ~ (x >> 27)) * 0x94D049BB133111EB
  return x ~ (x >> 31)
end

local function text(seed, serial, letters, length)
  local out, state = {}, mix(seed) ~ mix(serial << 8)
  for i = 1, length do
    state = mix(state + i)
    local at = (state >> 1) % #letters + 1
    out[i] = letters:sub(at, at)
  end
  return table.concat(out)
end

local function hex(length)
  return function(seed, serial) return text(seed, serial, "0123456789abcdef", length) end
end

local function letters(length)
  return function(seed, serial) return text(seed, serial, alnum, length) end
end

--- Kinds of ids: each a function of the world's seed and a serial number.
M.kinds = {
  alnum12 = letters(12), alnum17 = letters(17), alnum32 = letters(32), alnum43 = letters(43),
  hex24 = hex(24), hex40 = hex(40),
  -- 5a70d8fcd44aa9.76285892, text though it may look like a number
  uniqid = function(seed, serial)
    return text(seed, serial, "0123456789abcdef", 14) .. "." .. text(seed, serial + 1, "0123456789", 8)
  end,
  uuid = function(seed, serial)
    local h = text(seed, serial, "0123456789abcdef", 32)
    local variant = ("89ab"):sub(tonumber(h:sub(17, 17), 16) % 4 + 1):sub(1, 1)
    return ("%s-%s-4%s-%s%s-%s"):format(h:sub(1, 8), h:sub(9, 12), h:sub(14, 16), variant, h:sub(18, 20), h:sub(21))
  end,
}

return M
