#!/bin/sh
# install.sh - make install and uninstall below a folder, as nobody in particular:
# what is put where, twice the same, a manual without warnings, completion in
# bash, zsh and fish, and nothing left in the end.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
build=${ERRAND%/*}
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL GNUMAKEFLAGS

# The program that is tested is the one that is installed, so it is not made.
# made TARGET DEST [VARIABLE=VALUE...]
made() {
  target=$1 dest=$2
  shift 2
  try make -s -o "$build/errand" -o "$build/commit" B="$build" DESTDIR="$dest" "$@" "$target"
}

# What an older program wrote may lie there, and -o hides that it is old.
rm -f "$build/share.built"

list() {
  (cd "$1" && find . -type f -printf '%m %P\n' | LC_ALL=C sort)
}

made install "$tmp/a"
exits 0 "make install"
made install "$tmp/b" PREFIX=/usr UNITDIR=/lib/systemd/system ZSHDIR=/usr/share/zsh/vendor-completions
exits 0 "make install with other places"
share=$tmp/a/usr/local/share

missing=
for file in bin/errand share/man/man1/errand.1 share/man/man3/errand-library.3 share/man/man7/errand-topics.7 share/man/man5/errand-config.5 \
  share/man/man5/errand-schedule.5 share/man/man5/errand-catalogue.5 share/bash-completion/completions/errand \
  share/zsh/site-functions/_errand share/fish/vendor_completions.d/errand.fish share/errand/stubs/errand.lua \
  share/errand/stubs/ixon.lua share/doc/errand/README.md share/doc/errand/guide.md share/doc/errand/scripts/onboard.lua \
  share/doc/errand/scripts/people.csv lib/systemd/system/errand.service lib/sysusers.d/errand.conf; do
  [ -s "$tmp/a/usr/local/$file" ] || missing="$missing $file"
done
[ -z "$missing" ]
result $? "everything is there$missing"
! list "$tmp/a" | grep -v '^644 ' | grep -qv '^755 usr/local/bin/errand$'
result $? "modes: 755 the program, 644 the rest"
[ -s "$tmp/b/lib/systemd/system/errand.service" ] && [ -s "$tmp/b/usr/share/zsh/vendor-completions/_errand" ] &&
  [ "$(find "$tmp/b" -type f | wc -l)" = "$(find "$tmp/a" -type f | wc -l)" ]
result $? "the places of a distribution"
grep -q '^ExecStart=/usr/bin/errand serve' "$tmp/b/lib/systemd/system/errand.service" &&
  grep -q '^Documentation=file:/usr/share/doc/errand/schedules.md' "$tmp/b/lib/systemd/system/errand.service"
result $? "the unit names the program where it is"
! grep -rlF "$tmp" "$tmp/a" "$tmp/b" && ! grep -rlF "$tmp" "$build/share"
result $? "the staging folder is named nowhere"

# ---- the same bytes twice ----

cp -R "$build/share" "$tmp/share"
rm -f "$build/share.built"
# Whoever builds it may have described services that others do not have.
mkdir -p "$HOME/.config/errand/services/helpdesk"
echo 'return {}' >"$HOME/.config/errand/services/helpdesk/catalogue.lua"
made install "$tmp/c"
rm -r "$HOME/.config"
diff -r "$tmp/a" "$tmp/c" >"$tmp/out" && diff -r "$tmp/share" "$build/share" >>"$tmp/out"
result $? "made anew: the same bytes"

# ---- the manual ----

for page in "$share"/man/man*/*; do
  name=${page##*/}
  MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" >/dev/null 2>"$tmp/err" && [ ! -s "$tmp/err" ]
  result $? "$name: man has nothing to complain about"
  lexgrog "$page" >"$tmp/out" 2>&1 && grep -q "\"${name%.*} - " "$tmp/out"
  result $? "$name: whatis finds its line"
done
MANWIDTH=80 man -l "$share/man/man1/errand.1" >"$tmp/man" 2>/dev/null
for command in $(errand __complete -- '' | tail -n +2 | cut -f 1); do
  grep -q "^   $command\$" "$tmp/man" || missing="$missing $command"
done
[ -z "$missing" ] && [ -s "$tmp/man" ]
result $? "errand(1) has every command$missing"

# ---- completion, by the shells themselves ----

cd scripts || exit 1
for shell in bash zsh fish; do
  expect ../tests/package/shells.exp $shell "$share" >"$tmp/out" 2>&1
  good=$?
  sed 's/^/# /' "$tmp/out"
  [ $good = 0 ] && [ "$(grep -c '^ok ' "$tmp/out")" -ge 9 ]
  result $? "$shell completes"
done
cd ..

# ---- the version of a package, with and without git ----

mkdir -p "$tmp/src/scripts/packaging" "$tmp/src/host"
cp scripts/packaging/version.sh "$tmp/src/scripts/packaging/"
cp host/sys.h "$tmp/src/host/"
echo x >"$tmp/src/CHANGELOG.md"
version=$(sed -n 's/^#define ERRAND_VERSION "\(.*\)"$/\1/p' host/sys.h)

# versioned WANTED WHAT: a pattern of the shell
versioned() {
  try sh "$tmp/src/scripts/packaging/version.sh"
  # shellcheck disable=SC2254
  case $(cat "$tmp/out") in $1) true ;; *) false ;; esac
  result $? "$2"
}

repository() {
  git -C "$tmp/src" -c user.name=x -c user.email=x@example.com -c init.defaultBranch=x -c commit.gpgsign=false \
    -c tag.gpgsign=false "$@" >/dev/null
}

versioned "$version" "a source without git: the version as it stands"
repository init -q && repository add . && repository commit -q -m one
versioned "$version~git1.???????" "before the release"
repository tag "v$version"
versioned "$version" "the release"
repository commit -q --allow-empty -m two
versioned "$version+git1.???????" "after the release"
try sh "$tmp/src/scripts/packaging/version.sh" commit
outputs "v$version-1-g" "and its commit"
dpkg --compare-versions "$version~git1.0" lt "$version" && dpkg --compare-versions "$version" lt "$version+git1.0"
result $? "dpkg orders them so"

# ---- and off again ----

echo mine >"$share/doc/errand/mine"
cp "$tmp/a/usr/local/bin/errand" "$tmp/kept"
made uninstall "$tmp/a"
exits 0 "make uninstall"
[ "$(find "$tmp/a" -type f)" = "$share/doc/errand/mine" ]
result $? "only what somebody else put there is left"
made uninstall "$tmp/b" PREFIX=/usr UNITDIR=/lib/systemd/system ZSHDIR=/usr/share/zsh/vendor-completions
[ -z "$(find "$tmp/b" -type f)" ] && [ ! -e "$tmp/b/usr/share/errand" ] && [ ! -e "$tmp/b/usr/share/doc/errand" ]
result $? "nothing is left, nor its folders"
made uninstall "$tmp/a"
exits 0 "make uninstall where nothing is"
done_testing
