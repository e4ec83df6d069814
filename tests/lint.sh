#!/bin/sh
# Static checks: cppcheck, clang-tidy, luacheck, and a build by clang that
# must be free of warnings. lint.sh BUILD_DIR PACKAGES...
set -eu
build=$1
shift
flags="-std=c11 -D_GNU_SOURCE -Ihost -I$build $(pkg-config --cflags "$@")"
warn="-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wno-unused-parameter -Werror"

echo "clang: no warnings"
for f in host/*.c; do
  # shellcheck disable=SC2086
  clang $flags $warn -fsyntax-only "$f"
done

echo "gcc: no warnings"
for f in host/*.c tests/c/*.c tests/e2e/*.c tests/fuzz/*.c tests/cron/*.c; do
  # shellcheck disable=SC2086
  gcc $flags -Itests/c -Itests/fuzz $warn -O2 -o /dev/null -c "$f"
done

echo "cppcheck"
cppcheck --quiet --std=c11 --enable=warning,portability,performance \
  --inline-suppr --error-exitcode=1 --suppress=missingIncludeSystem \
  --suppress=normalCheckLevelMaxBranches -D_GNU_SOURCE -Ihost host

echo "clang-tidy"
# shellcheck disable=SC2016
ls host/*.c | xargs -n 8 -P 2 sh -c 'flags=$1; shift; exec clang-tidy --quiet "$@" -- $flags' tidy "$flags" 2>/dev/null

echo "luacheck"
luacheck --quiet --no-color lua scripts tests

echo "banned calls"
if sed 's/"[^"]*"/""/g' host/*.[ch] |
   grep -nE '\b(strcpy|strcat|sprintf|strtok|gets|atoi|atol|system|popen)[[:space:]]*\('; then
  echo "use a bounded call instead" >&2
  exit 1
fi
