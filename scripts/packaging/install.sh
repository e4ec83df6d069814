#!/bin/sh
# install.sh BUILD DESTDIR PREFIX MANDIR DOCDIR BASHDIR ZSHDIR FISHDIR UNITDIR
#   SYSUSERSDIR STUBDIR - what make install and make uninstall do.
# SPDX-License-Identifier: MIT
#
# With UNINSTALL set the same files are removed, and those folders of ours that
# are empty then; what somebody else put there stays.
set -eu
build=$1 dest=$2 prefix=$3 man=$4 doc=$5 bash=$6 zsh=$7 fish=$8 units=$9
shift 9
sysusers=$1 stubs=$2
umask 022

# put MODE FILE DIR [NAME]
put() {
  target=$dest$3/${4:-${2##*/}}
  if [ -n "${UNINSTALL:-}" ]; then rm -f "$target"; else install -D -m "$1" "$2" "$target"; fi
}

put 755 "$build/errand" "$prefix/bin"
for page in "$build"/share/man/*; do put 644 "$page" "$man/man${page##*.}"; done
put 644 "$build/share/bash" "$bash" errand
put 644 "$build/share/zsh" "$zsh" _errand
put 644 "$build/share/fish" "$fish" errand.fish
for file in "$build"/share/stubs/*.lua; do put 644 "$file" "$stubs"; done
for file in README.md LICENSE CHANGELOG.md docs/*.md; do put 644 "$file" "$doc"; done
for file in scripts/*.lua scripts/*.csv; do put 644 "$file" "$doc/scripts"; done
put 644 scripts/systemd/errand.sysusers "$sysusers" errand.conf

# The unit names the program and its manual by their place.
unit=$(mktemp)
trap 'rm -f "$unit"' EXIT
sed -e "s|/usr/local/share/doc/errand|$doc|" -e "s|/usr/local/|$prefix/|" scripts/systemd/errand.service >"$unit"
put 644 "$unit" "$units" errand.service

[ -n "${UNINSTALL:-}" ] || exit 0
for dir in "$stubs" "${stubs%/*}" "$doc/scripts" "$doc"; do
  rmdir "$dest$dir" 2>/dev/null || :
done
