#!/bin/sh
# The status page in a real browser: sh tests/page/run.sh BUILD_DIR [FOLDER FOR PICTURES [made | real]]
# "made" is a made-up world, "real" a daemon; both without it.
# Wants the Debian packages chromium, chromium-driver, fonts-dejavu-core and curl. All of it is on 127.0.0.1.
# Ends with one line "N passed, N failed".
set -u
errand=$(cd "$1" && pwd)/errand
shots=${2:-}
for program in chromium chromedriver curl; do
  command -v $program >/dev/null || {
    echo "$program is not there: apt-get install chromium chromium-driver curl"
    echo "0 passed, 1 failed"
    exit 1
  }
done
getent hosts localhost >/dev/null || {
  echo "localhost has no address (/etc/hosts), and chromedriver looks for the browser there"
  echo "0 passed, 1 failed"
  exit 1
}
tmp=$(mktemp -d) || exit 1

# A browser whose driver died is known by its profile, which is below $tmp.
finish() {
  for p in /proc/[0-9]*; do
    { tr '\0' ' ' <"$p/cmdline" | grep -qF -- "$tmp/" && [ "${p#/proc/}" != $$ ] && kill -KILL "${p#/proc/}"; } 2>/dev/null
  done
  rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 1' INT TERM

for name in $(env | sed -n 's/^\(ERRAND_[A-Z_]*\)=.*/\1/p'); do
  [ "$name" = ERRAND_LUA ] || unset "$name"
done
unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY DISPLAY WAYLAND_DISPLAY CREDENTIALS_DIRECTORY
unset XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME XDG_DATA_HOME XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS
mkdir -p "$tmp/home" "$tmp/tmp"
HOME=$tmp/home TMPDIR=$tmp/tmp LC_ALL=C.UTF-8
export HOME TMPDIR LC_ALL
[ -z "$shots" ] || mkdir -p "$shots"

"$errand" run tests/page/browser.lua "$errand" "$tmp" "$shots" "${3:-}" 2>&1 | tee "$tmp/log"
passed=$(grep -c '^ok ' "$tmp/log")
failed=$(grep -c '^not ok ' "$tmp/log")
grep -q '^1\.\.' "$tmp/log" || failed=$((failed + 1))
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
