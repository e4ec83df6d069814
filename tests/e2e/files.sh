#!/bin/sh
# files.sh - uploads and downloads, from the command to the sandbox's stores.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh

cd "$tmp" || exit 1
printf 'PK\003\004 an export\000of "zip" bytes\r\n--' >export.zip
mkdir got

# seen TEXT WHAT: the state that the sandbox keeps holds the text
seen() {
  grep -qF -- "$1" "$tmp/world.json"
  result $? "$2"
}

run() {
  try errand "--sandbox=$tmp/world.json" "$@"
}

run -e 'return intrexx.applications.import("hr", "export.zip")'
exits 0 "an upload by a script"
seen '"size":33' "reaches the server whole"
run call intrexx templates upload export.zip
exits 0 "an upload by the command line"
run call intrexx templates list
outputs '"name":"export"' "is there afterwards"
run call intrexx applications overwrite hr --files export.zip
exits 0 "a file may be given by name"
seen 'intrexx.applications.overwrite' "PATCH is no POST"

run -e 'return intrexx.templates.upload("export.zip", {}, { field = "template" })'
refused 6 'Unknown part' "another name of the part is sent as asked for"
run -e 'return intrexx.applications.import("hr", "absent.zip")'
refused 1 'cannot read absent.zip' "a file that is not there"
run -e 'return intrexx.applications.import("nowhere", "absent.zip")'
refused 1 'cannot read absent.zip' "is told before anything is sent"
run -e 'return intrexx.applications.import("hr")'
refused 2 'files: required, but missing' "a file that is not given"
run -e 'return intrexx.applications.import("hr", { files = "export.zip", name = "x" })'
refused 2 "unknown parameter" "a form has no other members"
run -e 'return intrexx.users.get("hr", 1, {}, { to = "x" })'
refused 2 "gives no file" "only downloads have a target"

run -e 'local path, reply = intrexx.diagnosis.download("hr", { to = "got/hr.zip" }) return { path, reply.size }'
exits 0 "a download"
outputs '["got/hr.zip",22]' "gives the path and the size"
[ "$(od -An -c got/hr.zip | tr -d ' \n')" = 'PK005006\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' ]
result $? "the file has every byte"
run call intrexx diagnosis download hr --to got/cli.zip
exits 0 "a download by the command line"
cmp -s got/hr.zip got/cli.zip
result $? "gives the same file"
run -e 'return #intrexx.diagnosis.download("hr")'
outputs 22 "without a target the bytes come back"

cp export.zip got/kept.zip
for fault in status=503 truncate empty drop; do
  run --fault "intrexx.diagnosis.download:$fault" \
    -e 'return intrexx.diagnosis.download("hr", { to = "got/kept.zip" })'
  exits 7 "a download that fails ($fault)"
  cmp -s export.zip got/kept.zip
  result $? "leaves the old file ($fault)"
done
run -e 'return intrexx.diagnosis.download("nowhere", { to = "got/kept.zip" })'
refused 6 'Not found' "an error reply"
cmp -s export.zip got/kept.zip
result $? "never gets into the file"
run --fault intrexx.diagnosis.download:latency=30 \
  -e 'return deadline(0.2, function() return intrexx.diagnosis.download("hr", { to = "got/kept.zip" }) end)'
[ "$code" != 0 ] && cmp -s export.zip got/kept.zip
result $? "a download that is cancelled leaves the old file"
run -e 'return intrexx.diagnosis.download("hr", { to = "absent/hr.zip" })'
refused 1 'cannot create a file beside absent/hr.zip' "a folder that is not there"
[ "$(ls got)" = "cli.zip
hr.zip
kept.zip" ]
result $? "no temporary files are left"

run --fault intrexx.applications.import:drop-reply@1 -e 'return intrexx.applications.import("hr", "export.zip")'
refused 4 'look before repeating it' "an upload whose answer is lost"
run --fault intrexx.applications.import:status=500@1 -e 'return intrexx.applications.import("hr", "export.zip")'
exits 4 "an upload that fails with 500 is in doubt"
done_testing
