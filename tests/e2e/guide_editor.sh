#!/bin/sh
# guide_editor.sh - docs/editor.md as its reader does it; luacheck is run, a language server is not.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/shown.sh

# What luacheck is told are the globals of scripts, no more and no less.
cat >"$tmp/globals.lua" <<'END'
local names = {}
for name in pairs(require "std") do names[#names + 1] = name end
for _, name in ipairs(require("core.services").names()) do names[#names + 1] = name end
table.sort(names)
print(table.concat(names, "\n"))
END
errand run "$tmp/globals.lua" >"$tmp/globals"
awk '/^read_globals/ { inside = 1 } /^}/ { inside = 0 } inside' docs/editor.md | grep -o '"[a-z_]*"' | tr -d '"' | LC_ALL=C sort >"$tmp/named"
cmp -s "$tmp/globals" "$tmp/named"
result $? "luacheck knows every global" || diff "$tmp/globals" "$tmp/named" | sed 's/^/# /'

shown docs/editor.md
