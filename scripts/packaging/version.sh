#!/bin/sh
# version.sh [commit | time] - the version of this source: the one in host/sys.h.
# SPDX-License-Identifier: MIT
#
# In a git tree whose commit is not that release, what was done since is added,
# so that packages are ordered as they were made: 0.1.0~git250.f9eaa50 comes
# before 0.1.0, 0.1.0+git3.1a2b3c4 after it. `commit` prints what git calls the
# commit, nothing where there is none. `time` prints the second of the commit, or
# of the changelog, which is what a package is dated with.
set -eu
cd "$(dirname "$0")/../.."

version=$(sed -n 's/^#define ERRAND_VERSION "\(.*\)"$/\1/p' host/sys.h)
[ -n "$version" ] || { echo "version.sh: no ERRAND_VERSION in host/sys.h" >&2; exit 1; }

# Somebody else's tree above this one does not count.
in_git() {
  [ -e .git ] && git rev-parse --verify -q HEAD >/dev/null 2>&1
}

case ${1:-} in
  commit)
    ! in_git || GIT_OPTIONAL_LOCKS=0 git describe --tags --always --dirty --abbrev=7 --match "v[0-9]*" 2>/dev/null
    ;;
  time)
    if in_git; then git log -1 --format=%ct; else stat -c %Y CHANGELOG.md; fi
    ;;
  "")
    if in_git && [ "$(git describe --tags --exact-match --match "v$version" 2>/dev/null)" != "v$version" ]; then
      if git merge-base --is-ancestor "v$version" HEAD 2>/dev/null; then
        mark='+' count=$(git rev-list --count "v$version..HEAD")
      else
        mark='~' count=$(git rev-list --count HEAD)
      fi
      version=$version${mark}git$count.$(git rev-parse --short=7 HEAD)
    fi
    echo "$version"
    ;;
  *)
    echo "usage: version.sh [commit | time]" >&2
    exit 2
    ;;
esac
