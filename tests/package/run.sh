#!/bin/sh
# run.sh DIR - the newest .deb in DIR in a fresh Debian: installed by apt, tried,
# removed, purged; then nothing may be left. Also looked at by lintian, and built
# a second time for the same bytes. Ends with "N passed, N failed".
# SPDX-License-Identifier: MIT
#
# Needs root (chroot, debootstrap) and the package mirror that this machine uses.
set -u
[ "$(id -u)" = 0 ] || { echo "tests/package/run.sh: a fresh Debian is made by debootstrap, which needs root" >&2; exit 1; }
# shellcheck disable=SC2012
deb=$(ls -t "$1"/errand_*.deb | head -n 1) # their names hold nothing odd
[ -f "$deb" ] || { echo "tests/package/run.sh: no errand_*.deb in $1" >&2; exit 1; }
passed=0
failed=0
tmp=$(mktemp -d) || exit 1
root=$tmp/root

# What is mounted is taken down first: rm must not reach into /proc.
finish() {
  for dir in proc dev/pts; do
    if mountpoint -q "$root/$dir" 2>/dev/null; then umount "$root/$dir" || umount -l "$root/$dir"; fi
  done
  if ! grep -qF " $root/" /proc/mounts; then rm -rf --one-file-system "$tmp"; else echo "left behind: $tmp" >&2; fi
}
trap finish EXIT
trap 'exit 1' INT TERM

# result CODE WHAT
result() {
  if [ "$1" = 0 ]; then
    passed=$((passed + 1))
    echo "ok - $2"
  else
    failed=$((failed + 1))
    echo "not ok - $2"
    tail -n 20 "$tmp/out" 2>/dev/null | sed 's/^/# /'
  fi
}

# within COMMAND: by the shell of the fresh root, with a plain environment; output in $tmp/out
within() {
  timeout 120 chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 TERM=xterm \
    DEBIAN_FRONTEND=noninteractive ${proxy:+"http_proxy=$proxy"} sh -c "$1" >"$tmp/out" 2>&1
}

# try WHAT COMMAND: it succeeds; try_says TEXT WHAT COMMAND: and says so
try() {
  within "$2"
  result $? "$1"
}

try_says() {
  within "$3" && grep -qF -- "$1" "$tmp/out"
  result $? "$2"
}

# ---- the package by itself ----

lintian --allow-root --display-info --fail-on error,warning,info "$deb" >"$tmp/out" 2>&1
result $? "lintian: nothing that is not explained"

sh scripts/packaging/deb.sh "$tmp/again" >"$tmp/out" 2>&1 && cmp "$deb" "$tmp"/again/*.deb >>"$tmp/out" 2>&1
result $? "built again, elsewhere: the same bytes"

# ---- a fresh root ----

# The mirror and the proxy that this machine has, without guessing.
mirror=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb  *\(\[[^]]*\] *\)\{0,1\}\([^ ]*\).*/\2/p' /etc/apt/sources.list.d/*.sources \
  /etc/apt/sources.list.d/*.list /etc/apt/sources.list 2>/dev/null | head -n 1)
proxy=${http_proxy:-$(apt-config shell p Acquire::http::Proxy | sed -n "s/^p='\(.*\)'$/\1/p")}
http_proxy=$proxy debootstrap --variant=minbase bookworm "$root" "${mirror:-http://deb.debian.org/debian}" >"$tmp/out" 2>&1
result $? "debootstrap of a minimal bookworm" || exit 1
[ -x "$root/usr/bin/dpkg" ] || { echo "$passed passed, $failed failed"; exit 1; }
mount -t proc proc "$root/proc" && mkdir -p "$root/dev/pts" && mount -t devpts devpts "$root/dev/pts"
# What is configured here for apt is what leads to the mirror.
for file in /etc/apt/apt.conf /etc/apt/apt.conf.d/*proxy*; do
  if [ -f "$file" ]; then cp "$file" "$root/etc/apt/apt.conf.d/"; fi
done
cp /etc/resolv.conf /etc/hosts "$root/etc/"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" && chmod 755 "$root/usr/sbin/policy-rc.d"
cp "$deb" "$root/errand.deb"

# The libraries first, so that what is compared is this package alone.
within "apt-get update -q && apt-get install -y -q man-db ca-certificates bash-completion &&
  apt-get install -y -q --no-install-recommends \$(apt-get -s install --no-install-recommends /errand.deb |
    sed -n 's/^Inst \\([^ ]*\\) .*/\\1/p' | grep -vx errand)"
result $? "what it depends on is there to be installed"

# Every file but what apt, dpkg, caches and the manual's index write for themselves.
files() {
  (cd "$root" && find . -xdev \( -path ./proc -o -path ./dev -o -path ./run -o -path ./tmp -o -path ./var/cache -o -path ./var/log \
    -o -path ./var/lib/apt -o -path ./var/lib/dpkg -o -path ./var/tmp \) -prune -o -print | LC_ALL=C sort)
}
# Accounts apart: the user of the service stays, and is compared by itself.
files | grep -vE '^\./etc/(passwd|group|shadow|gshadow|subuid|subgid)-$' >"$tmp/before"

try "installed by apt" "apt-get install -y -q --no-install-recommends /errand.deb"
try_says "errand $(dpkg-deb -f "$deb" Version | sed 's/[~+-].*//') (" "errand --version" "errand --version"
try_says "OpenSSL" "errand --version: the libraries of the first call are there" "errand --version"
try_says "installed: the manual, completion for bash, completion for zsh, completion for fish" "errand doctor" "errand doctor"
try_says "certificate authorities from" "errand doctor finds the authorities" "errand doctor"
try_says "created" "the demo" \
  "cd /tmp && errand --sandbox=world.json run /usr/share/doc/errand/scripts/onboard.lua --csv /usr/share/doc/errand/scripts/people.csv"
within "cd /tmp && errand --sandbox=world.json run /usr/share/doc/errand/scripts/onboard.lua --csv /usr/share/doc/errand/scripts/people.csv" &&
  ! grep -q "created" "$tmp/out"
result $? "the demo again: nothing is created twice"
for page in errand errand-library errand-topics errand-config errand-schedule errand-catalogue; do
  try "man -w $page" "man -w $page"
done
try_says "ERRAND-SCHEDULE(5)" "the manual can be read" "man errand-schedule | cat"
try_says "complete -F _errand errand" "bash finds the completion" \
  "bash -c '. /usr/share/bash-completion/bash_completion; _completion_loader errand; complete -p errand'"
try_says "ixon" "and errand answers it" "errand __complete -- call ix"
try_says "access audit" "schedule check" "errand schedule check /usr/share/doc/errand/scripts/schedule.lua"
try "stubs for editors" "test -s /usr/share/errand/stubs/errand.lua && test -s /usr/share/errand/stubs/ixon.lua"
try_says "errand:x:" "the user of the service" "getent passwd errand"
within "test -e /etc/systemd/system/multi-user.target.wants/errand.service"
result $((! $?)) "the service is not enabled"
try "nobody's environment is needed" "env -i /usr/bin/errand -e 'return 1'"
# As an administrator would, with what the package did not put there.
try "a person uses it" "mkdir -p /etc/errand /var/lib/errand/errand && echo '-- mine' >/etc/errand/schedule.lua && touch /var/lib/errand/errand/store.db"

try "the same version again, as an upgrade" "dpkg -i /errand.deb"
try "removed by apt" "apt-get remove -y -q errand"
within "test -e /usr/bin/errand"
result $((! $?)) "the program is gone"
try "what was recorded is kept" "test -e /var/lib/errand/errand/store.db"
try "purged" "dpkg --purge errand"
within "test -e /var/lib/errand"
result $((! $?)) "what was recorded is gone"
try "what the administrator wrote is kept" "grep -qx -- '-- mine' /etc/errand/schedule.lua"
rm -rf "${root:?}/etc/errand" "$root/root/.local" "$root/root/.cache"
files | grep -vE '^\./etc/(passwd|group|shadow|gshadow|subuid|subgid)-$' >"$tmp/after"
diff "$tmp/before" "$tmp/after" >"$tmp/out"
result $? "nothing is left"
within "dpkg -l errand 2>/dev/null | grep -q '^.[^n]  *errand'"
result $((! $?)) "dpkg knows nothing of it"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
