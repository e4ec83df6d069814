#!/bin/sh
# transfer.sh - files on their way: broken off, refused, killed, resumed.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh

cd "$tmp" || exit 1
mkdir got
printf 'the old ones' >got/x.zip
printf 'PK zip bytes' >up.bin

# sent_line N LINE WHAT: the nth request had the line
sent_line() {
  tr -d '\r' <"$tmp/seen/$1" | grep -aqxF -- "$2"
  result $? "$3"
}

# holds TEXT WHAT: so the target has it, and nothing lies beside it
holds() {
  [ "$(cat got/x.zip)" = "$1" ] && [ "$(ls -A got)" = x.zip ]
  result $? "$2" || ls -lA got
}

# requests N WHAT
requests() {
  [ "$(find "$tmp/seen" -type f | wc -l)" = "$1" ]
  result $? "$2: $1 requests"
}

# A server that signs in whoever asks, and then does what standard input says.
peer_of() {
  {
    printf '=== reply POST /auth times=0\nHTTP/1.1 200 OK\nContent-Type: text/plain\n\ntoken-1\n'
    cat
  } >"$tmp/of"
  serve "$tmp/of"
  accounts "$at"
  export ERRAND_INTREXX_RETRY=3
}

export ERRAND_INTREXX_RETRY_DELAY=0.01
get='return intrexx.diagnosis.download("hr", { to = "got/x.zip" })'

peer_of <<'END'
=== reply GET /hr/diagnosis end=close
HTTP/1.1 200 OK
ETag: "v1"
Content-Length: 10

0123
=== reply GET /hr/diagnosis end=close
HTTP/1.1 206 Partial Content
ETag: "v1"
Content-Range: bytes 4-9/10
Content-Length: 6

45
=== reply GET /hr/diagnosis
HTTP/1.1 401 Unauthorized
Content-Type: application/json

{}
=== reply GET /hr/diagnosis
HTTP/1.1 206 Partial Content
ETag: "v1"
Content-Range: bytes 6-9/10

6789
END
try errand -v -e "$get"
exits 0 "a download that breaks off twice and is refused once"
holds 0123456789 "comes to its end"
requests 6 "with the login before it and the one after the refusal"
sent_line 3 'Range: bytes=4-' "the second try asks for the rest"
sent_line 3 'If-Range: "v1"' "of that version"
sent_line 4 'Range: bytes=6-' "the third for less"
sent_line 6 'Range: bytes=6-' "a new login loses nothing"
says 'resumed after 6 B' "and the trace tells"

printf 'the old ones' >got/x.zip
peer_of <<'END'
=== reply GET /hr/diagnosis end=close
HTTP/1.1 200 OK
ETag: "v1"
Content-Length: 10

0123
=== reply GET /hr/diagnosis
HTTP/1.1 416 Range Not Satisfiable
Content-Range: bytes */7

=== reply GET /hr/diagnosis
HTTP/1.1 200 OK
ETag: "v2"

another
END
try errand -e "$get"
exits 0 "a download whose file changed meanwhile"
holds another "starts over"
requests 4 "by itself"
! grep -aq '^Range' "$tmp/seen/4"
result $? "and asks for the whole file"

printf 'the old ones' >got/x.zip
peer_of <<'END'
=== reply GET /hr/diagnosis times=0
HTTP/1.1 200 OK
Content-Type: text/html; charset=utf-8

<html><title>Please sign in</title></html>
END
try errand -e "$get"
refused 7 'a page of HTML (a login page?) instead of the file' "a page instead of the file"
says 'it begins: <html><title>Please sign in' "is shown"
holds 'the old ones' "and leaves what was there"
try errand -e 'return intrexx.diagnosis.download("hr")'
refused 7 'a page of HTML (a login page?) instead of the file' "the same without a target"
try errand -e 'return intrexx.diagnosis.download("hr", { to = "page.html" })'
exits 0 "a target named .html may have one"

# Killed in the middle: the reply's head is in the trace, and half of its body
# with it.
peer_of <<'END'
=== reply GET /hr/diagnosis end=hang
HTTP/1.1 200 OK
Content-Length: 50

half of it
END
mkfifo trace
errand -vv -e "$get" >/dev/null 2>trace &
started=$!
exec 5<trace
while read -r line <&5; do
  case $line in *'< Content-Length: 50'*) break ;; esac
done
await_request
kill -KILL "$started"
wait "$started" 2>/dev/null
started=
exec 5<&-
holds 'the old ones' "a download that is killed leaves nothing, not even a temporary file"

# A body that is a file.
peer_of <<'END'
=== reply PUT /files/a times=1
HTTP/1.1 200 OK
Content-Type: application/json

{"ok":true}
=== reply PUT /files/a
HTTP/1.1 200 OK
Content-Type: application/json

{"ok":true}
END
try errand api intrexx PUT /files/a --upload-file up.bin
exits 0 "a file as the body"
outputs true "gets an answer"
sent_line 2 'Content-Type: application/octet-stream' "has a type"
sent_line 2 'Content-Length: 12' "and a length"
[ "$(tail -c 12 "$tmp/seen/2")" = 'PK zip bytes' ]
result $? "and is sent as it is"
try errand api intrexx PUT /files/a -T up.bin --header 'Content-Type: image/png'
sent_line 4 'Content-Type: image/png' "a header tells another type"
try errand api intrexx PUT /files/a -T up.bin --json '{}'
refused 2 'exclude each other' "two bodies"
try errand api intrexx PUT /files/a -T absent.bin
refused 1 'cannot read absent.bin' "a file that is not there"
try errand api intrexx GET /files/a -T up.bin
refused 2 "GET sends no file" "a GET has no body"
requests 4 "none of these is sent"

# Refused in the middle of a body that is not sent twice for any other reason.
truncate -s 20M big.bin
peer_of <<'END'
=== reply POST /files early
HTTP/1.1 401 Unauthorized
Content-Type: application/json

{}
=== reply POST /files
HTTP/1.1 200 OK
Content-Type: application/json

{"ok":true}
END
try errand api intrexx POST /files -T big.bin
exits 0 "an upload refused in the middle is sent after a new login"
requests 4 "once"
grep -aq '^\[20971520 bytes\]' "$tmp/seen/4"
result $? "from its first byte"
! grep -aq '^\[20971520 bytes\]' "$tmp/seen/2"
result $? "the first one broke off"

peer_of <<'END'
=== reply POST /files times=0 end=close
END
try errand api intrexx POST /files -T up.bin
exits 4 "an upload whose answer is lost is in doubt"
requests 2 "and is sent once"
done_testing
