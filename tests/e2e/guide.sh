#!/bin/sh
# guide.sh - docs/guide.md as its reader does it: every command and file, from top to bottom.
# SPDX-License-Identifier: MIT
#
# The scripts of its reference are only written here; demo.sh runs them.
# What the guide does for real is done with a sandbox in the place of the
# systems: its addresses come from the environment. UPDATE=1 writes what the
# page shows anew.
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/shown.sh

errand sandbox >"$tmp/sandbox" 2>&1 &
pids=$!
tries=0
until grep -q 'serving on' "$tmp/sandbox" || [ $tries -gt 600 ]; do tries=$((tries + 1)) && sleep 0.05; done
grep -E '_(URL|COMPANY|APPLICATION)=' "$tmp/sandbox" | grep -E 'IXON|QALYPTUS|INTREXX' >"$tmp/real"

shown docs/guide.md "$tmp/real"
