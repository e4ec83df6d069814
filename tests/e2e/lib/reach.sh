# reach.sh - proxies and other servers for proxy.sh and reach.sh.
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# To be read after e2e.sh. All listen on free ports of loopback and are ended
# by e2e.sh, for their ids are in $pids.

cd "$tmp" || exit 1
export ERRAND_QALYPTUS_KEY=qalyptus-key-1 ERRAND_QALYPTUS_RETRY=0 ERRAND_QALYPTUS_CONNECT_TIMEOUT=20

# accepts ADDRESS: somebody listens at this socat address
accepts() {
  socat -u OPEN:/dev/null "$1" 2>/dev/null
}

# listen HOST COMMAND...: starts it with PORT in its words replaced by a port on
# which nobody listens, again if that was taken meanwhile; the port in $listens,
# its id in $started
listen() {
  host=$1
  shift
  tries=0
  while [ $tries -lt 5 ]; do
    tries=$((tries + 1))
    listens=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
    accepts "TCP:$host:$listens" && continue
    launch "$listens" "$@"
    await "TCP:$host:$listens" && return 0
    end_started
  done
  sed 's/^/# /' log
  echo "Bail out! cannot start $*"
  exit 1
}

# await ADDRESS: until what was launched last listens there
await() {
  looks=0
  while alive "$started" && [ $looks -lt 2000 ]; do
    looks=$((looks + 1))
    accepts "$1" && alive "$started" && return 0
  done
  return 1
}

# launch PORT COMMAND...
launch() {
  number=$1
  shift
  for word; do
    shift
    set -- "$@" "$(printf '%s' "$word" | sed "s/PORT/$number/g")"
  done
  "$@" >>"$tmp/log" 2>&1 &
  started=$!
  pids="$pids $started"
}

end_started() {
  stop_peer "$started"
  started=
}

# certificate NAME: key and certificate for all names used here, in NAME.pem
certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
    -addext "subjectAltName=DNS:localhost,DNS:reports.example.com,IP:127.0.0.1" -keyout "$1.key" -out "$1.crt" 2>/dev/null
  cat "$1.key" "$1.crt" >"$1.pem"
  chmod 600 "$1.pem" "$1.key"
}

# tls CERTIFICATE PORT: TLS in front of what listens on PORT; $listens
tls() {
  listen 127.0.0.1 socat "OPENSSL-LISTEN:PORT,bind=127.0.0.1,reuseaddr,fork,cert=$1.pem,verify=0" "TCP:127.0.0.1:$2"
}

# tiny [LINE...]: a tinyproxy that forwards to everywhere; $listens
tiny() {
  { printf '%s\n' 'Listen 127.0.0.1' 'Allow 127.0.0.1' 'Timeout 60' 'LogLevel Connect' 'MaxClients 20' "$@"; } >tiny.conf
  listen 127.0.0.1 sh -c 'sed "1i Port PORT" tiny.conf >tiny.PORT && exec tinyproxy -d -c tiny.PORT'
}

# answering SOCAT-ADDRESS [HOST]: a server at the address, which may hold PORT,
# that says in JSON from where it was asked and where
cat >answer <<'END'
while IFS= read -r line && [ "$line" != "$(printf '\r')" ]; do case $line in Host:*) asked=$line ;; esac; done
asked=$(printf '%s' "$asked" | tr -d '\r')
body="{\"from\":\"$SOCAT_PEERADDR\",\"to\":\"$SOCAT_SOCKADDR\",\"asked\":\"$asked\"}"
printf 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s' ${#body} "$body"
END

answering() {
  listen "${2:-127.0.0.1}" socat "$1,reuseaddr,fork" "EXEC:sh $tmp/answer"
}

# get [VARIABLE=VALUE...]: one read; make: one create
get() {
  try "$@" errand api qalyptus GET /x
}

make() {
  try "$@" errand -e 'return qalyptus.groups.create{ name = "New" }'
}

# fails CODE KIND [VARIABLE=VALUE...] -- WHAT TEXT...: a create that fails like
# this, in one sentence with these texts, and of which nothing reached the peer
fails() {
  want=$1 kind=$2
  shift 2
  set_by=
  while [ "$1" != -- ]; do
    set_by="$set_by '$1'"
    shift
  done
  what=$2
  shift 2
  eval "make $set_by"
  refused "$want" "$1" "$what"
  shift
  for text; do says "$text" "$what: \"$text\""; done
  ! grep -qF 'proxy-pw' err && ! grep -qF 'proxy%2Dpw' err
  result $? "$what: no password is told"
  eval "try $set_by errand -e 'local _, err = try(qalyptus.groups.create, { name = \"New\" }) print(err.kind)'"
  outputs "$kind" "$what: kind $kind"
  sent 0 "$what"
}
