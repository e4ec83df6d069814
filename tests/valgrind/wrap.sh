#!/bin/sh
# wrap.sh BUILD - makes a folder in BUILD/valgrind and prints its path: in it
# "errand", which runs BUILD/errand under valgrind's memcheck, its children of
# that name too, "errand-libedit" likewise, and "log", with a file for each
# process.
# SPDX-License-Identifier: MIT
#
# The log holds what memcheck has to say, for tests look at what errand writes.
# The paths are written into the wrapper, for many tests start errand in an
# environment and a folder of their own.
set -eu
build=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
mkdir -p "$build/valgrind"
dir=$(mktemp -d "$build/valgrind/XXXXXX")
mkdir "$dir/log"
chmod 755 "$dir"
chmod 1777 "$dir/log"    # some tests become nobody

"${CC:-cc}" -D_GNU_SOURCE -shared -fPIC -o "$dir/exec.so" "$here/exec.c"

# Not under valgrind: the shells, pagers and mailers that errand starts. No
# debugger is to come, whose pipe would be in a folder that the test takes away.
for name in errand errand-libedit; do
  cat >"$dir/$name" <<END
#!/bin/sh
LD_PRELOAD='$dir/exec.so' exec valgrind -q --error-exitcode=99 --num-callers=30 \\
  --vgdb=no --leak-check=full --errors-for-leak-kinds=definite --show-leak-kinds=definite \\
  --suppressions='$here/errand.supp' --log-file='$dir/log/%p' \\
  --trace-children=yes --trace-children-skip='/bin/*,/usr/*,/sbin/*' \\
  '$build/$name' "\$@"
END
  chmod +x "$dir/$name"
done
echo "$dir"
