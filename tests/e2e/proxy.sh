#!/bin/sh
# proxy.sh - proxies of every kind, as settings and in the environment: which
# one is used, what it is told, and how its failures are told.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/reach.sh

everything() {
  serve - <<'END'
=== reply times=0
HTTP/1.1 200 OK
Content-Type: application/json

{"isSuccess":true,"data":[]}
END
}

certificate server
certificate other
everything
tls server "$port"
plain=http://127.0.0.1:$port
secure=https://127.0.0.1:$listens
export ERRAND_QALYPTUS_URL="$secure" ERRAND_QALYPTUS_CACERT="$tmp/server.crt"
tiny 'DisableViaHeader Yes'
open_port=$listens
http=http://127.0.0.1:$listens
tiny 'BasicAuth proxy-user proxy-pw.1'
guarded=127.0.0.1:$listens
tls other "$open_port"
https=https://127.0.0.1:$listens
listen 127.0.0.1 microsocks -i 127.0.0.1 -p PORT
socks=127.0.0.1:$listens
listen 127.0.0.1 microsocks -i 127.0.0.1 -p PORT -u proxy-user -P proxy-pw.1
socks_guarded=127.0.0.1:$listens
user="ERRAND_QALYPTUS_PROXY_USER=proxy-user"
password="ERRAND_QALYPTUS_PROXY_PASSWORD=proxy-pw.1"
wrong="ERRAND_QALYPTUS_PROXY_PASSWORD=proxy-pw.2"
setting=ERRAND_QALYPTUS_PROXY

# through COUNT WHAT: the open proxy has led on so many connections in all
through() {
  lines=$(grep -c "Established connection to host" log)
  [ "$lines" = "$1" ]
  result $? "$2" || echo "# connections through the proxy: $lines, expected $1"
}

# ---- each kind leads there ----

# Plain http through a proxy is only for who says so.
export ERRAND_QALYPTUS_INSECURE_HTTP=true
for url in $plain $secure; do
  for proxy in $http "${http#http://}" "$https" "socks5://$socks" "socks5h://$socks"; do
    get ERRAND_QALYPTUS_URL="$url" $setting="$proxy" ERRAND_QALYPTUS_PROXY_CACERT="$tmp/other.crt"
    exits 0 "${url%%:*} through $proxy"
  done
  for proxy in "http://$guarded" "socks5://$socks_guarded" "socks5h://$socks_guarded"; do
    get ERRAND_QALYPTUS_URL="$url" $setting="$proxy" "$user" "$password"
    exits 0 "${url%%:*} through $proxy with user and password"
  done
done
sent 16 "through every proxy"
through 8 "the HTTP proxies were used"
make $setting="$http"
grep -q '^Authorization: Bearer qalyptus-key-1' "seen/17"
result $? "the service gets its credential"
! grep -qi '^Proxy-' seen/*
result $? "the service gets nothing that is meant for the proxy"
try $setting="http://$guarded" "$user" "$password" errand -vv api qalyptus GET /x
exits 0 "a call in full detail"
says "Proxy-Authorization: [secret]" "what the proxy is told is shown without the secret"
! grep -q 'proxy-pw' err
result $? "no password is shown"

# ---- a proxy of our own sees what is sent ----

serve_other - <<'END'
=== reply times=0
HTTP/1.1 502 Bad Gateway

END
make $setting="$other" "$user" "$password"
exits 7 "a proxy that gives up"
[ "$(head -n 1 seen2/1 | tr -d '\r')" = "CONNECT ${secure#https://} HTTP/1.1" ]
result $? "it is asked for a tunnel"
grep -q "^Proxy-Authorization: Basic $(printf 'proxy-user:proxy-pw.1' | base64)" seen2/1
result $? "it gets its user and password"
! grep -qi 'qalyptus\|^Authorization\|Bearer\|groups' seen2/*
result $? "it sees nothing of the call and its credential"
make ERRAND_QALYPTUS_URL="$plain" $setting="$other"
exits 4 "without TLS the proxy's 502 may be the service's"
unset ERRAND_QALYPTUS_INSECURE_HTTP

# ---- plain http: the credential is not for the proxy ----

serve_other - <<'END'
=== reply times=0
HTTP/1.1 200 OK
Content-Type: application/json

{"isSuccess":true,"data":[]}
END
hears_nothing() {
  [ -z "$(ls seen2)" ]
  result $? "$1: the proxy hears nothing"
}
for name in http_proxy all_proxy ALL_PROXY; do
  get $name="$other" ERRAND_QALYPTUS_URL="$plain"
  exits 0 "$name, and plain http to this machine"
  get $name="$other" ERRAND_QALYPTUS_URL="$plain" ERRAND_QALYPTUS_INSECURE_HTTP=true
  exits 0 "$name, and plain http to this machine with insecure_http"
done
get http_proxy="$other" ERRAND_QALYPTUS_URL=http://127.0.0.1:1
exits 7 "http_proxy, and nobody there"
hears_nothing "plain http to this machine"
try http_proxy="http://proxy-user:proxy-pw@127.0.0.1:1" ERRAND_QALYPTUS_URL="$plain" errand doctor
outputs "no proxy, for plain http to this machine goes past the variable http_proxy" "doctor: plain http to this machine"
make ERRAND_QALYPTUS_URL="$plain" $setting="$other"
refused 2 "the setting 'proxy' of qalyptus would show the credential to the proxy, since 'url' is plain http; use https" "the setting, and plain http"
says "set 'insecure_http' to true" "and names the other setting"
hears_nothing "the setting, and plain http"
get ERRAND_QALYPTUS_URL=http://reports.example.com http_proxy="$other"
exits 2 "plain http to another machine"
hears_nothing "plain http to another machine"
get ERRAND_QALYPTUS_URL=http://reports.example.com ERRAND_QALYPTUS_INSECURE_HTTP=true http_proxy="$other"
exits 0 "plain http to another machine with insecure_http"
grep -q '^GET http://reports.example.com/' seen2/1
result $? "it goes through the proxy of the environment"

# ---- which one is in force ----

# used TIMES WHAT [VARIABLE=VALUE...]: a read succeeds, by the open proxy or not
used() {
  times=$1
  what=$2
  shift 2
  before=$(grep -c "Established connection to host" log)
  get "$@"
  [ $code = 0 ] && [ $(($(grep -c "Established connection to host" log) - before)) = "$times" ]
  result $? "$what"
}

while IFS='|' read -r times url words; do
  eval "used $times \"\${url%%:*}, $words: used $times times\" ERRAND_QALYPTUS_URL=$url $words"
done <<END
1|$secure|https_proxy=$http
1|$secure|HTTPS_PROXY=$http
1|$secure|all_proxy=$http
1|$secure|ALL_PROXY=$http
0|$secure|http_proxy=$http
0|$plain|http_proxy=$http
0|$plain|HTTP_PROXY=$http
0|$plain|https_proxy=$http HTTPS_PROXY=$http
0|$plain|all_proxy=$http
0|$plain|all_proxy=$http ERRAND_QALYPTUS_INSECURE_HTTP=true
1|$plain|$setting=$http ERRAND_QALYPTUS_INSECURE_HTTP=true
1|$secure|https_proxy= HTTPS_PROXY=$http
1|$secure|https_proxy=$http HTTPS_PROXY=http://127.0.0.1:1 all_proxy=http://127.0.0.1:1
1|$secure|https_proxy=${http#http://}
0|$secure|https_proxy=$http no_proxy=127.0.0.1
0|$secure|https_proxy=$http NO_PROXY='*'
0|$secure|https_proxy=$http no_proxy=127.0.0.0/8
1|$secure|https_proxy=$http no_proxy=.example.com,10.0.0.0/8
1|$secure|https_proxy=$http no_proxy=127.0.0.1 ERRAND_QALYPTUS_NOPROXY=reports.example.com
0|$secure|https_proxy=$http ERRAND_QALYPTUS_NOPROXY=127.0.0.1
0|$secure|$setting=$http ERRAND_QALYPTUS_NOPROXY=127.0.0.1
0|$secure|$setting=$http no_proxy=127.0.0.1
1|$secure|$setting=$http https_proxy=http://127.0.0.1:1
1|$secure|https_proxy=$http $setting=
END
cat >config.lua <<END
return { profiles = {
  none = { qalyptus = { url = "$secure", key = "k-value", cacert = "$tmp/server.crt", proxy = "" } },
  all = { qalyptus = { url = "$secure", key = "k-value", cacert = "$tmp/server.crt", noproxy = "" } },
  hidden = { qalyptus = { url = "$secure", key = "k-value", cacert = "$tmp/server.crt", proxy = "http://$guarded",
    proxy_user = "proxy-user", proxy_password = secret.command "printf proxy-pw.1" } },
} }
END
chmod 600 config.lua
unset ERRAND_QALYPTUS_URL ERRAND_QALYPTUS_KEY ERRAND_QALYPTUS_CACERT
export ERRAND_CONFIG="$tmp/config.lua"
used 0 'proxy = "" switches the environment off' ERRAND_PROFILE=none https_proxy="$http"
used 1 'noproxy = "" switches no_proxy off' ERRAND_PROFILE=all https_proxy="$http" no_proxy='*'
get ERRAND_PROFILE=hidden
exits 0 "a password from a command"
try ERRAND_PROFILE=none https_proxy="http://proxy-user:proxy-pw@127.0.0.1:1" errand doctor
outputs "https_proxy = http://[secret]@127.0.0.1:1" "doctor: the variable, without its password"
outputs 'qalyptus in profile none: no proxy, says the setting '"'proxy'"', which is empty' "doctor: none, by the setting"
outputs "qalyptus in profile all: proxy http://[secret]@127.0.0.1:1 (variable https_proxy)" "doctor: by the variable"
outputs "qalyptus in profile hidden: proxy http://[secret]@$guarded (setting 'proxy')" "doctor: by the setting"
! grep -q 'proxy-pw' out err
result $? "doctor: no password"
try ERRAND_PROFILE=none https_proxy="$http" no_proxy="10.0.0.1 127.0.0.1" errand doctor
outputs "qalyptus in profile hidden: no proxy, says the variable no_proxy" "doctor: none, by no_proxy"
unset ERRAND_CONFIG
try http_proxy=http://127.0.0.1:1 errand --sandbox -e 'return qalyptus.groups.list{ get_all = true }'
exits 0 "the sandbox needs no proxy"

# ---- failures ----

export ERRAND_QALYPTUS_URL="$secure" ERRAND_QALYPTUS_CACERT="$tmp/server.crt" ERRAND_QALYPTUS_KEY=qalyptus-key-1
everything
tls server "$port"
secure=https://127.0.0.1:$listens
export ERRAND_QALYPTUS_URL="$secure"
peer=${secure#https://}
fails 5 auth $setting="http://$guarded" -- "no user" "the proxy http://$guarded wants a user and password (status 407)" \
  "set the settings 'proxy_user' and 'proxy_password' of qalyptus"
fails 5 auth $setting="http://$guarded" "$user" "$wrong" -- "a wrong password" \
  "the proxy http://$guarded does not accept the user and password it was given (status 401)" "check the settings 'proxy_user'"
fails 5 auth https_proxy="http://proxy-user:proxy%2Dpw%2e2@$guarded" -- "a wrong password in the environment" \
  "does not accept the user and password it was given (status 401); check the variable https_proxy"
serve_other - <<'END'
=== reply times=0
HTTP/1.1 407 Proxy Authentication Required

END
fails 5 auth ERRAND_QALYPTUS_URL="$at" ERRAND_QALYPTUS_INSECURE_HTTP=true $setting="$other" -- "no user, and no tunnel either" \
  "the proxy $other wants a user and password (status 407)"
get https_proxy="http://proxy-user:proxy%2Dpw%2E1@$guarded"
exits 0 "an escaped password in the environment"
sent 1 "an escaped password in the environment"
everything
tls server "$port"
secure=https://127.0.0.1:$listens
export ERRAND_QALYPTUS_URL="$secure"
peer=${secure#https://}
fails 5 auth $setting="socks5://$socks_guarded" -- "SOCKS without a user" \
  "the proxy socks5://$socks_guarded wants a user and password; set the settings 'proxy_user'"
fails 5 auth all_proxy="socks5h://proxy-user:proxy-pw@$socks_guarded" -- "SOCKS with a wrong password" \
  "does not accept the user and password it was given; check the variable all_proxy"
fails 7 network $setting="http://127.0.0.1:1" -- "a proxy that is down" \
  "cannot connect to the proxy http://127.0.0.1:1: Connection refused; check that it runs there and the setting 'proxy' of qalyptus"
fails 7 network ALL_PROXY="socks5://127.0.0.1:1" -- "a SOCKS proxy that is down" \
  "cannot connect to the proxy socks5://127.0.0.1:1: Connection refused" "the variable ALL_PROXY"
fails 7 network $setting="http://proxy.invalid" -- "an unknown proxy" \
  "the name of the proxy http://proxy.invalid:1080 cannot be resolved; check the setting 'proxy' of qalyptus"
fails 7 network ERRAND_QALYPTUS_URL=https://127.0.0.1:1 $setting="http://${http#http://}" -- "a service that is down" \
  "the proxy $http does not reach 127.0.0.1:1 (status 500)"
fails 7 network ERRAND_QALYPTUS_URL=https://127.0.0.1:1 $setting="socks5://$socks" -- "a service that is down, by SOCKS" \
  "the proxy socks5://$socks does not reach 127.0.0.1:1: connection refused"
fails 7 network ERRAND_QALYPTUS_URL=https://reports.invalid $setting="socks5://$socks" -- "a name for this machine" \
  "the host name in reports.invalid cannot be resolved" "socks5h://"
fails 7 network ERRAND_QALYPTUS_URL=https://reports.invalid $setting="socks5h://$socks" -- "a name for the proxy" \
  "the proxy socks5h://$socks does not reach reports.invalid"
fails 7 network $setting="https://${https#https://}" -- "an https proxy of an unknown authority" \
  "the TLS certificate of the proxy $https is not accepted" "the setting 'proxy_cacert' of qalyptus"
fails 7 network $setting="https://$socks" -- "an https proxy that is none" \
  "no TLS connection with the proxy https://$socks" "check scheme and port in the setting 'proxy'"
fails 7 network $setting="http://$socks" -- "HTTP to a SOCKS proxy" "does not answer as an HTTP proxy does"
listen 127.0.0.1 socat TCP-LISTEN:PORT,bind=127.0.0.1,reuseaddr,fork 'SYSTEM:echo 220 mail.example.com ESMTP'
fails 7 network $setting="socks5://127.0.0.1:$listens" -- "SOCKS to what is none" "does not answer as a SOCKS proxy does"
for status in 403 404 407 502 503; do
  serve_other - <<END
=== reply times=0
HTTP/1.1 $status No

END
  case $status in
  407) text="wants a user and password (status 407)" code=5 kind=auth ;;
  403) text="does not allow the way to $peer (status 403); ask who runs it, or name the host in 'noproxy'" code=7 kind=network ;;
  404) text="does not open the way to $peer (status 404)" code=7 kind=network ;;
  *) text="does not reach $peer (status $status)" code=7 kind=network ;;
  esac
  fails $code $kind https_proxy="$other" -- "a tunnel refused by $status" "$text"
done
serve_other - <<'END'
=== reply times=0
HTTP/1.1 407 Proxy Authentication Required
Proxy-Authenticate: NTLM

END
fails 5 auth $setting="$other" "$user" "$wrong" -- "another way to sign in" "takes no user and password by Basic authentication"
serve_other - <<'END'
=== reply raw times=0 end=close
220 mail.example.com ESMTP
END
fails 7 network $setting="$other" -- "a proxy that speaks something else" "does not answer as an HTTP proxy does"
serve_other - <<'END'
=== reply raw times=0 end=hang
END
fails 7 timeout $setting="$other" ERRAND_QALYPTUS_CONNECT_TIMEOUT=0.3 -- "a proxy that is silent" \
  "no connection to $peer through the proxy $other after" "raise 'connect_timeout' of qalyptus"
serve_other - <<'END'
=== reply raw times=0 end=hang
HTTP/1.1 200 Connected

END
fails 7 timeout $setting="$other" ERRAND_QALYPTUS_CONNECT_TIMEOUT=0.3 -- "a tunnel to nowhere" "spent last on negotiating TLS"

# ---- values that cannot be meant ----

while IFS='|' read -r words text; do
  eval "try $words errand -e 'return qalyptus.groups.create{ name = \"New\" }'"
  refused 2 "$text" "$words"
  ! grep -qF 'proxy-pw' err && ! grep -q '^errand: qalyptus: .* of qalyptus' err
  result $? "$words: no password is told, and the service only once"
done <<END
$setting=http://u:proxy-pw@127.0.0.1:1|the setting 'proxy' of qalyptus holds a user or password, where others can read it; put them into the settings 'proxy_user' and 'proxy_password'
$setting=proxy-user@127.0.0.1:1|put them into the settings 'proxy_user' and 'proxy_password'
$setting=ftp://127.0.0.1:1|the setting 'proxy' of qalyptus is 'ftp://127.0.0.1:1', which is not the address of a proxy; write it as http://HOST:PORT
$setting=socks4://127.0.0.1:1|is not the address of a proxy
$setting=http://127.0.0.1:port|is not the address of a proxy
$setting=http://127.0.0.1:99999|is not the address of a proxy
$setting=http://|is not the address of a proxy
$setting=http://127.0.0.1:1/path|is not the address of a proxy
$setting='http://127.0.0.1 :1'|is not the address of a proxy
https_proxy=gopher://proxy-user:proxy-pw@127.0.0.1:1|the variable https_proxy does not hold the address of a proxy
https_proxy=http://proxy-user:proxy-pw@127.0.0.1:x|the variable https_proxy does not hold the address of a proxy
$setting=$http $password|the setting 'proxy_password' of qalyptus needs 'proxy_user' beside it
$setting=$http ERRAND_QALYPTUS_UNIX_SOCKET=/run/x|the settings 'proxy' and 'unix_socket' of qalyptus exclude each other
ERRAND_QALYPTUS_NOPROXY=https://reports.example.com|the setting 'noproxy' of qalyptus is 'https://reports.example.com', but lists hosts
ERRAND_QALYPTUS_PROXY_CACERT=/nonexistent/ca.pem|the setting 'proxy_cacert' of qalyptus names a file that cannot be read
END
sent 0 "values that cannot be meant"

# ---- the same choice as curl's ----

serve_other - <<'END'
=== reply times=0
HTTP/1.1 403 No

END
listed() {
  case $(no_proxy="$2" https_proxy="$other" curl -sS --max-time 10 "https://$1:1/" 2>&1) in
  *"response 403"*) curl=yes ;;
  *) curl=no ;;
  esac
  try no_proxy="$2" https_proxy="$other" ERRAND_QALYPTUS_URL="https://$1:1" errand doctor
  if grep -q ': no proxy, says' out; then ours=no; else ours=yes; fi
  [ $curl = $ours ]
  result $? "no_proxy='$2' for $1 is what curl takes it for" || echo "# curl uses the proxy: $curl, errand: $ours"
}
listed a.invalid a.invalid
listed a.invalid .a.invalid
listed b.a.invalid a.invalid
listed ba.invalid a.invalid
listed A.Invalid a.invalid.
listed a.invalid 'x,, a.invalid'
listed a.invalid 'x a.invalid'
listed a.invalid 'x,*'
listed 127.0.0.1 127.0.0.0/24
listed 127.0.0.1 127.0.1.0/24
listed 127.0.0.1 127.0.0.1/32
listed 127.0.0.1 0.0.0.0/0
listed 127.0.0.1 127.0.0
listed 127.0.0.1 .1
done_testing
