#!/bin/sh
# readme.sh - README.md and errand help: the session, every claim of the table, every topic, as a reader tries them.
# SPDX-License-Identifier: MIT
#
# UPDATE=1 writes what the session of the README shows anew.
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/shown.sh

# ---- what the table says

cp -r scripts "$HOME"
cd "$HOME" || exit 1
sed -n 's/^| .* | `\(errand .*\)` | `\(.*\)` |$/\1	\2/p' "$here/README.md" >"$tmp/claims"
[ "$(wc -l <"$tmp/claims")" -ge 10 ]
result $? "the README has claims with a command"
while IFS='	' read -r command text; do
  try sh -c "$command"
  cat "$tmp/out" "$tmp/err" | grep -qF -- "$text"
  result $? "$command says $text"
done <"$tmp/claims"
cd "$here" || exit 1
for service in lua/*/catalogue.lua; do
  service=${service%/catalogue.lua}
  service=${service#lua/}
  [ "$service" = core ] && continue
  n=$(errand list-operations "$service" | wc -l)
  grep -q "^| \`$service\` | $n |" README.md
  result $? "the README counts the operations of $service: $n"
done
grep -q "explains $(errand list-operations | wc -l) operations" README.md
result $? "and all of them"

# ---- the files and folders that it names

grep -o '](docs/[a-z-]*\.md)' README.md | sort -u | tr -d '()]' >"$tmp/named"
ls docs/*.md >"$tmp/there"
cmp -s "$tmp/named" "$tmp/there"
result $? "the README names every page of docs/" || diff "$tmp/named" "$tmp/there" | sed 's/^/# /'

# ---- the topics of errand help, as pages

cat >"$tmp/topics.lua" <<'END'
local dir = ...
for _, topic in ipairs(require "core.helptopics") do
  local out = {}
  for _, part in ipairs(topic.parts) do
    local code = type(part) == "table" and part[1]
    if code and code:find "^%$ " then
      out[#out + 1] = "```console\n" .. code:gsub("\n%$ ", "\n...\n$ ") .. "\n...\n```\n"
    elseif code and code:find "^%-%- [%w/]+%.lua\n" then
      out[#out + 1] = "```lua\n" .. code .. "\n```\n"
    elseif code then
      out[#out + 1] = "<!-- not run: these are parts of lines -->\n```text\n" .. code .. "\n```\n"
    end
  end
  local file = assert(io.open(dir .. "/" .. topic.name .. ".md", "w"))
  file:write(table.concat(out, "\n"))
  file:close()
  print(topic.name)
end
END
mkdir "$tmp/topics"
for topic in $(errand run "$tmp/topics.lua" "$tmp/topics"); do
  rm -rf "$HOME"
  mkdir "$HOME"
  cp -r scripts "$HOME"
  UPDATE='' page "$tmp/topics/$topic.md" "errand help $topic" /dev/null >"$tmp/out" 2>"$tmp/err"
  code=$?
  grep -v '^1\.\.' "$tmp/out" | sed 's/^\(not ok\|ok\) [0-9]*/\1/' >"$tmp/lines"
  while read -r line; do
    case $line in
      'ok - '*) result 0 "${line#ok - }" ;;
      'not ok - '*) result 1 "${line#not ok - }" ;;
      *) echo "$line" ;;
    esac
  done <"$tmp/lines"
  [ -s "$tmp/lines" ]
  result $? "errand help $topic was read"
  try errand help "$topic"
  exits 0 "errand help $topic"
done

# ---- the session

rm -rf "$HOME"
mkdir "$HOME"
cp -r scripts "$HOME"
shown README.md
