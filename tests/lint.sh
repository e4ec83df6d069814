#!/bin/sh
# Static checks: gcc with -fanalyzer, cppcheck, clang-tidy with clang's warnings,
# luacheck, shellcheck, banned calls. lint.sh BUILD_DIR PACKAGES...
# What is suppressed is explained: here, in .clang-tidy, in analyzer.txt, or
# beside the line that it is about.
set -eu
build=$1
shift
flags="-std=c11 -D_GNU_SOURCE -Ihost -Itests/c -Itests/fuzz -I$build $(pkg-config --cflags "$@")"
warn="-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wno-unused-parameter"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

# on_both COUNT COMMAND: of the files of standard input, COUNT at a time are
# "$@" of the command, on two cores; $flags and $warn are known to it
export flags warn dir
on_both() {
  xargs -n "$1" -P 2 sh -c "$2" on_both
}

echo "gcc: no warnings in tests"
# shellcheck disable=SC2016
printf '%s\n' tests/*/*.c | on_both 8 'for f; do gcc $flags $warn -Werror -O2 -o /dev/null -c "$f" || exit; done'

echo "gcc: no warnings, nothing on the paths through a function"
# shellcheck disable=SC2016
printf '%s\n' host/*.c | on_both 4 'for f; do
  LC_ALL=C gcc $flags $warn -O2 -fanalyzer -fdiagnostics-path-format=none -o /dev/null -c "$f" 2>"$dir/${f##*/}.gcc" ||
    { cat "$dir/${f##*/}.gcc"; exit 255; }
done'
cat "$dir"/*.gcc >"$dir/gcc"
awk -F : '
  / In function / { split($0, part, "\047"); name = part[2] }
  /: warning: / { kind = $0; sub(/.*\[-W/, "", kind); sub(/\]$/, "", kind); print $1, name, kind }
' "$dir/gcc" | LC_ALL=C sort -u >"$dir/found"
sed '/^#/d; s/:.*//' tests/analyzer.txt | LC_ALL=C sort -u >"$dir/listed"
if ! cmp -s "$dir/found" "$dir/listed"; then
  LC_ALL=C comm -23 "$dir/found" "$dir/listed" | sed 's/^/new: /' >&2
  LC_ALL=C comm -13 "$dir/found" "$dir/listed" | sed 's/^/not said any more: /' >&2
  cat "$dir/gcc" >&2
  exit 1
fi

# Left out of its opinions on style: braces around what C defines well, the
# "continue" that says that a loop's body is empty, names that -Wshadow lets
# pass, narrower scopes, members that only a binding's table or a union's
# alignment wants. unreadVariable and the like stay.
echo "cppcheck"
cppcheck --quiet --std=c11 --enable=warning,portability,performance,style --inline-suppr --error-exitcode=1 \
  --suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches \
  --suppress=clarifyCalculation --suppress=redundantContinue --suppress=shadowFunction \
  --suppress=variableScope --suppress=unusedStructMember -D_GNU_SOURCE -Ihost host

echo "clang, clang-tidy"
# shellcheck disable=SC2016
printf '%s\n' host/*.c | on_both 8 'exec clang-tidy --quiet "$@" -- $flags $warn 2>"$dir/tidy.$$"'

echo "luacheck"
luacheck --quiet --no-color lua scripts tests

# Warnings, for what is below them is split on purpose. Left out: variables that
# one file has of another, which it reads (SC2034, SC2154); arguments that may be
# left out (SC2120); the word "done" in "exits 0 done" (SC1010), and files that
# are called like commands (SC2238); "x= y=" for two empty ones (SC1007); exit
# codes, and modes of folders above, that nobody needs (SC2155, SC2174).
echo "shellcheck"
# shellcheck disable=SC2046
shellcheck -S warning -e SC2034,SC2154,SC2120,SC1010,SC2238,SC1007,SC2155,SC2174 $(find tests scripts -name '*.sh') .ci/run

echo "banned calls"
if sed 's/"[^"]*"/""/g' host/*.[ch] |
   grep -nE '\b(strcpy|strcat|sprintf|strtok|gets|atoi|atol|system|popen)[[:space:]]*\('; then
  echo "use a bounded call instead" >&2
  exit 1
fi
