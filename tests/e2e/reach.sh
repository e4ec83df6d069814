#!/bin/sh
# reach.sh - which way a request takes: sockets, addresses given by hand,
# interfaces, kinds of address, versions of HTTP. Proxies are in proxy.sh.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/reach.sh

# reached TEXT WHAT [VARIABLE=VALUE...]: a read succeeds, and the server says so
reached() {
  text=$1
  what=$2
  shift 2
  get "$@"
  [ $code = 0 ] && grep -qF -- "$text" out
  result $? "$what" || echo "# wanted: $text"
}

# not_tried CODE TEXT VARIABLE=VALUE...: a create is refused before it is sent
not_tried() {
  want=$1
  text=$2
  shift 2
  make "$@"
  refused "$want" "$text" "$*"
}

socket=ERRAND_QALYPTUS_UNIX_SOCKET
interface=ERRAND_QALYPTUS_INTERFACE
resolve=ERRAND_QALYPTUS_RESOLVE
connect_to=ERRAND_QALYPTUS_CONNECT_TO
url=ERRAND_QALYPTUS_URL
serve - <<'END'
=== reply times=0
HTTP/1.1 200 OK

[]
END
export ERRAND_QALYPTUS_URL="$at" ERRAND_QALYPTUS_INSECURE_HTTP=true

# ---- a socket ----

launch 0 socat "UNIX-LISTEN:$tmp/web.sock,fork" "EXEC:sh $tmp/answer"
await "UNIX-CONNECT:$tmp/web.sock"
reached '"asked":"Host: reports.example.com"' "a socket instead of the host" $socket="$tmp/web.sock" $url=http://reports.example.com
reached '"asked":"Host: reports.example.com"' "a socket goes before a proxy of the environment" $socket="$tmp/web.sock" \
  $url=http://reports.example.com http_proxy=http://127.0.0.1:1
try $socket="$tmp/web.sock" http_proxy=http://127.0.0.1:1 errand doctor
outputs "no proxy, says the setting 'unix_socket'" "doctor knows the socket"
make $socket="$tmp/absent.sock"
refused 7 "cannot connect to $tmp/absent.sock: No such file or directory; check that the service runs there and the setting 'unix_socket' of qalyptus" \
  "a socket that is not there"
: >plain
not_tried 2 "the setting 'unix_socket' of qalyptus names $tmp/plain, which is no socket" $socket="$tmp/plain"
not_tried 2 "is 150 bytes long, but a socket's path has at most 107" $socket="$(printf '/%0149d' 0)"

# ---- addresses given by hand ----

answering TCP-LISTEN:PORT,bind=127.0.0.3 127.0.0.3
there=$listens
reached '"to":"127.0.0.3"' "resolve" $url="http://reports.example.com:$there" $resolve="reports.example.com:$there:127.0.0.3"
reached "\"asked\":\"Host: reports.example.com:$there\"" "under the same name" $url="http://reports.example.com:$there" \
  $resolve="reports.example.com:$there:127.0.0.3"
reached '"to":"127.0.0.3"' "resolve, the second address" $url="http://reports.example.com:$there" \
  $resolve="reports.example.com:$there:127.0.0.4,127.0.0.3"
reached '"to":"127.0.0.3"' "resolve, any host" $url="http://reports.example.com:$there" $resolve="*:$there:127.0.0.3"
reached '"to":"127.0.0.3"' "connect_to" $url=http://reports.example.com $connect_to="reports.example.com:80:127.0.0.3:$there"
reached '"asked":"Host: reports.example.com"' "connect_to, under the same name" $url=http://reports.example.com \
  $connect_to="::127.0.0.3:$there"
reached '"to":"127.0.0.3"' "connect_to, a name that resolve knows" $url=http://reports.example.com \
  $connect_to="reports.example.com:80:inside.example.com:$there" $resolve="inside.example.com:$there:127.0.0.3"
certificate server
listen 127.0.0.1 socat "OPENSSL-LISTEN:PORT,bind=127.0.0.1,reuseaddr,fork,cert=server.pem,verify=0" "EXEC:sh $tmp/answer"
reached '"asked":"Host: reports.example.com"' "connect_to, with the certificate of the name" \
  $url=https://reports.example.com $connect_to="::127.0.0.1:$listens" ERRAND_QALYPTUS_CACERT="$tmp/server.crt"
get $url=https://other.example.com $connect_to="::127.0.0.1:$listens" ERRAND_QALYPTUS_CACERT="$tmp/server.crt"
exits 7 "connect_to does not make another certificate right"
make $url=http://reports.example.com $connect_to=::127.0.0.1:1
refused 7 "cannot connect to reports.example.com: Connection refused; check that the service runs there and the setting 'connect_to' of qalyptus" \
  "connect_to where nobody listens"

# Two profiles with one host name at two servers: neither the addresses nor a
# kept connection of one may serve the other.
serve_other - <<'END'
=== reply times=0
HTTP/1.1 200 OK

["there"]
END
cat >config.lua <<END
local function at(port)
  return { qalyptus = { url = "http://reports.example.com:$port", insecure_http = true, key = "k-value",
    resolve = { "reports.example.com:$port:" .. port } } }
end
return { profiles = { here = at "127.0.0.1", there = at "127.0.0.3" } }
END
chmod 600 config.lua
launch 0 socat "TCP-LISTEN:$port,bind=127.0.0.3,reuseaddr,fork" "TCP:127.0.0.1:$port2"
await "TCP:127.0.0.3:$port"
try -u ERRAND_QALYPTUS_URL ERRAND_CONFIG="$tmp/config.lua" ERRAND_PROFILE=here errand -e '
  for _ = 1, 3 do
    for _, profile in ipairs { "here", "there" } do
      print(profile, #qalyptus.with{ profile = profile }.organizations.list{})
    end
  end'
[ $code = 0 ] && [ "$(tr '\t\n' '=,' <out)" = "here=0,there=1,here=0,there=1,here=0,there=1," ]
result $? "two profiles, one name, two servers"

while IFS='|' read -r name value form; do
  make "ERRAND_QALYPTUS_$(printf '%s' "$name" | tr a-z A-Z)=$value"
  refused 2 "the setting '$name' of qalyptus holds '$value', but an entry is written $form" "$name=$value"
done <<'END'
resolve|reports.example.com|HOST:PORT:ADDRESS
resolve|reports.example.com:443|HOST:PORT:ADDRESS
resolve|reports.example.com:443:|HOST:PORT:ADDRESS
resolve|reports.example.com:443:inside.example.com|HOST:PORT:ADDRESS
resolve|reports.example.com:https:127.0.0.1|HOST:PORT:ADDRESS
resolve|reports.example.com:70000:127.0.0.1|HOST:PORT:ADDRESS
resolve|reports.example.com:443:127.0.0.1,|HOST:PORT:ADDRESS
resolve|:443:127.0.0.1|HOST:PORT:ADDRESS
resolve|-reports.example.com:443|HOST:PORT:ADDRESS
connect_to|reports.example.com|HOST1:PORT1:HOST2:PORT2
connect_to|reports.example.com:443:inside.example.com|HOST1:PORT1:HOST2:PORT2
connect_to|reports.example.com:443:inside.example.com:x|HOST1:PORT1:HOST2:PORT2
connect_to|::inside.example.com:443:|HOST1:PORT1:HOST2:PORT2
connect_to|::[::1:443|HOST1:PORT1:HOST2:PORT2
END

# ---- from where ----

answering TCP-LISTEN:PORT,bind=127.0.0.1
here_at=http://127.0.0.1:$listens
reached '"from":"127.0.0.1"' "from the usual address" $url="$here_at"
reached '"from":"127.0.0.2"' "interface: an address" $url="$here_at" $interface=127.0.0.2
reached '"from":"127.0.0.1"' "interface: a name" $url="$here_at" $interface=lo
reached '"from":"127.0.0.1"' "interface: a name that can be no host" $url="$here_at" $interface='if!lo'
reached '"from":"127.0.0.1"' "interface: a host" $url="$here_at" $interface='host!localhost'
for one in absent0 'if!absent0' 'if!127.0.0.1' 192.0.2.77 2001:db8::77; do
  not_tried 2 "the setting 'interface' of qalyptus is '$one', which is neither an interface nor an address of this machine" \
    $interface="$one"
done

# ---- kinds of address ----

not_tried 2 "the settings 'ipv4' and 'ipv6' of qalyptus exclude each other" ERRAND_QALYPTUS_IPV4=true ERRAND_QALYPTUS_IPV6=true
reached '"to":"127.0.0.1"' "ipv4" $url="http://localhost:${here_at##*:}" ERRAND_QALYPTUS_IPV4=true
if grep -q '^00000000000000000000000000000001 ' /proc/net/if_inet6 2>/dev/null; then
  launch 0 socat "TCP6-LISTEN:${here_at##*:},bind=[::1],ipv6only,reuseaddr,fork" "EXEC:sh $tmp/answer"
  await "TCP6:[::1]:${here_at##*:}"
  local_both="$resolve=reports.example.com:${here_at##*:}:127.0.0.1,[::1]"
  both="$url=http://reports.example.com:${here_at##*:}"
  reached '"to":"[0000:0000:0000:0000:0000:0000:0000:0001]"' "ipv6" "$both" "$local_both" ERRAND_QALYPTUS_IPV6=true
  reached '"to":"127.0.0.1"' "ipv4, where both are there" "$both" "$local_both" ERRAND_QALYPTUS_IPV4=true
  reached '"to":"[0000:0000:0000:0000:0000:0000:0000:0001]"' "an IPv6 address in the URL" $url="http://[::1]:${here_at##*:}"
  reached '"to":"[0000:0000:0000:0000:0000:0000:0000:0001]"' "connect_to an IPv6 address" $url=http://reports.example.com \
    $connect_to="::[::1]:${here_at##*:}"
  make $url="http://127.0.0.1:${here_at##*:}" ERRAND_QALYPTUS_IPV6=true
  refused 7 "has no IPv6 address that can be found; check the settings 'ipv6' and 'url' of qalyptus" "ipv6 to an IPv4 address"
else
  count=$((count + 1))
  echo "ok $count - ipv6 # SKIP no IPv6 on this machine"
fi
# ---- told by config check as well ----

try ERRAND_QALYPTUS_IPV4=true ERRAND_QALYPTUS_IPV6=true errand config check
exits 2 "config check finds what no connection can be made with"
outputs "the settings 'ipv4' and 'ipv6' of qalyptus exclude each other" "and says it as a call would"
try ERRAND_QALYPTUS_CACERT=/absent.pem errand config check
outputs "/absent.pem" "a file that is not there"
try errand config check
outputs "no problems" "and nothing else"

sent 3 "what the peer was to get, and nothing of what was refused"
done_testing
