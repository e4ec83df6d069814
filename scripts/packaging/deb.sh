#!/bin/sh
# deb.sh DIR - builds DIR/errand_VERSION_ARCH.deb from this source tree.
# SPDX-License-Identifier: MIT
#
# By dpkg's own tools from a staged tree: debhelper wants a folder debian/ at
# the top. Runs as anybody. The same source gives the same bytes: all that is in
# it is dated with the commit (or the changelog), and no path of this machine is
# in the program.
set -eu
dir=$1
here=scripts/packaging
version=$(sh $here/version.sh)-1
arch=$(dpkg --print-architecture)
maintainer="${DEBFULLNAME:-errand packagers} <${DEBEMAIL:-packagers@errand.invalid}>"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(sh $here/version.sh time)}
export SOURCE_DATE_EPOCH
LC_ALL=C.UTF-8 TZ=UTC
export LC_ALL TZ
umask 022

rm -rf "$dir/root" "$dir/late"
mkdir -p "$dir/root/DEBIAN"
root=$(realpath "$dir/root")
build=$dir/build

# ---- the program, hardened as Debian's are, and its files ----

flags() {
  DEB_BUILD_MAINT_OPTIONS=hardening=+all dpkg-buildflags --get "$1"
}

# Without debugging information, which is stripped anyway: it holds the paths of
# this machine, and the program's build id is a digest of them, too.
make --no-print-directory -s B="$build" CFLAGS="$(flags CFLAGS) $(flags CPPFLAGS) -g0" LDFLAGS="$(flags LDFLAGS)" \
  DESTDIR="$root" PREFIX=/usr ZSHDIR=/usr/share/zsh/vendor-completions UNITDIR=/lib/systemd/system install
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root/usr/bin/errand"

doc=$root/usr/share/doc/errand
rm "$doc/LICENSE" # in copyright
mv "$doc/CHANGELOG.md" "$doc/changelog"
cp $here/debian/copyright "$doc/copyright"
{
  echo "errand ($version) unstable; urgency=medium"
  echo
  echo "  * Built from the source of this version; changelog.gz says what is new."
  echo
  echo " -- $maintainer  $(date -R -d "@$SOURCE_DATE_EPOCH")"
} >"$doc/changelog.Debian"
gzip -9n "$doc/changelog" "$doc/changelog.Debian"
find "$root/usr/share/man" -type f -exec gzip -9n {} +
mkdir -p "$root/usr/share/lintian/overrides"
cp $here/debian/lintian-overrides "$root/usr/share/lintian/overrides/errand"

# ---- what it depends on ----

# The libraries that are loaded at their first call are in no header of the
# program: their names stand in host/late*.c, and not less than the version that
# was built with will do, for what they are asked to do are options, not symbols.
late_depends() {
  sed -n 's/.*LateLibrary .*\.name = "\([^"]*\)".*/\1/p' host/late*.c | while read -r name; do
    path=$(realpath "$(${CC:-cc} -print-file-name="$name")")
    package=$(dpkg-query -S "$path" "/usr$path" 2>/dev/null | sed -n '1s/[:,].*//p')
    [ -n "$package" ] || { echo "deb.sh: no package has $name" >&2; exit 1; }
    least=$(dpkg-query -W -f '${source:Upstream-Version}' "$package")
    printf ', %s (>= %s)' "$package" "$least"
  done
}

mkdir -p "$dir/late/debian"
printf 'Source: errand\n\nPackage: errand\nArchitecture: any\n' >"$dir/late/debian/control"
shared=$(cd "$dir/late" && dpkg-shlibdeps -O -e"$root/usr/bin/errand" 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
[ -n "$shared" ] || { echo "deb.sh: dpkg-shlibdeps says nothing" >&2; exit 1; }
late=$(late_depends)
[ -n "$late" ] || { echo "deb.sh: host/late*.c names no library" >&2; exit 1; }

# Of which sources there are parts in the program, from their archives.
static=
for package in liblua5.4-dev lua-cjson-dev libsqlite3-dev libreadline-dev libncurses-dev; do
  static="$static, $(dpkg-query -W -f '${source:Package} (= ${source:Version})' $package)"
done

# ---- control ----

size=$(($(find "$root" -type f -not -path '*/DEBIAN/*' -printf '%s\n' | awk '{ n += int(($1 + 1023) / 1024) } END { print n }')))
sed -e "s|@VERSION@|$version|" -e "s|@ARCH@|$arch|" -e "s|@MAINTAINER@|$maintainer|" -e "s|@SIZE@|$size|" \
  -e "s|@DEPENDS@|$shared$late, adduser, tzdata|" -e "s|@STATIC@|${static#, }|" \
  $here/debian/control >"$root/DEBIAN/control"
for script in postinst prerm postrm; do install -m 755 "$here/debian/$script" "$root/DEBIAN/$script"; done
(cd "$root" && find . -type f -not -path './DEBIAN/*' -printf '%P\0' | LC_ALL=C sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
chmod 644 "$root/DEBIAN/control" "$root/DEBIAN/md5sums"

dpkg-deb --root-owner-group -Zxz --build "$root" "$dir/errand_${version}_$arch.deb"
