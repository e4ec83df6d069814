#!/bin/sh
# The network half of the measurements: errand beside its peers on loopback, the
# server on one core and the clients on another, each peer's turn after the
# other's. Ratios are medians over rounds; what is less than a yardstick says so.
# net.sh BUILD [ROW...]: get many post fresh pages call memory, all by default.
# NET_ROUNDS=5 rounds, NET_SCALE=100 per cent of the work, NET_PEERS="bare cjson
# bun pycurl aiohttp undici requests httpx node socket luacurl" to choose.
set -eu
build=$1
shift
: "${NET_ROUNDS:=5}" "${NET_SCALE:=100}"
NET_PAGES=$((500 * NET_SCALE / 100))
[ "$NET_PAGES" -ge 10 ] || NET_PAGES=10
tmp=$(mktemp -d)
fast=$tmp
[ -d /dev/shm ] && [ -w /dev/shm ] && fast=$(mktemp -d -p /dev/shm)
pids=
cleanup() {
  for pid in $pids; do kill "$pid" 2>/dev/null || :; done
  rm -rf "$tmp" "$fast"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

if [ "$(nproc)" -gt 1 ] && command -v taskset >/dev/null; then
  on_server="taskset -c 0"
  NET_PIN="taskset -c 1"
else
  on_server=
  NET_PIN=
  echo "one core for server and clients: ratios are smaller than they should be"
fi

# bun and undici come from npm; without it they are missing, and said to be.
NET_MODULES=$(cd "$build" && pwd)/npm
NET_BUN=$NET_MODULES/node_modules/.bin/bun
if command -v npm >/dev/null && [ ! -d "$NET_MODULES/node_modules/undici" ]; then
  mkdir -p "$NET_MODULES"
  echo '{ "private": true }' >"$NET_MODULES/package.json"
  npm install --prefix "$NET_MODULES" --no-audit --no-fund bun@1 undici@6 >"$tmp/npm" 2>&1 || cat "$tmp/npm"
fi
[ -d "$NET_MODULES/node_modules/undici" ] || NET_MODULES=
"$NET_BUN" --version >/dev/null 2>&1 || NET_BUN=

# Nothing of the caller's own settings counts.
for name in $(env | sed -n 's/^\(ERRAND_[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
export HOME="$tmp" XDG_CONFIG_HOME="$tmp/none" XDG_STATE_HOME="$tmp/none"

# shellcheck disable=SC2086
$on_server "$build/tests/net_server" "$NET_PAGES" 5000 >"$tmp/port" &
pids=$!
tries=0
until [ -s "$tmp/port" ]; do
  tries=$((tries + 1))
  [ $tries -lt 100 ] || { echo "the server does not start" >&2; exit 1; }
  sleep 0.05
done
NET_SERVER=http://127.0.0.1:$(cat "$tmp/port")
NET_BUILD=$build
NET_STORE=$fast/store.db
NET_DISK=$tmp/store.db
export NET_ROUNDS NET_SCALE NET_PAGES NET_PIN NET_MODULES NET_BUN NET_SERVER NET_BUILD NET_STORE NET_DISK
export ERRAND_STORE="$NET_STORE" ERRAND_IXON_URL="$NET_SERVER" ERRAND_BOSSINSIGHTS_URL="$NET_SERVER" \
  ERRAND_IXON_APPLICATION=abcdefghijkl ERRAND_IXON_COMPANY=1111-2222-3333-4444-5555 ERRAND_IXON_TOKEN=secret-of-the-bench \
  ERRAND_IXON_RATE=none ERRAND_IXON_CONCURRENCY=64 ERRAND_BOSSINSIGHTS_ACCOUNT_KEY=5a50d8fed44aa9.76285894 \
  ERRAND_BOSSINSIGHTS_USER=key-of-the-bench ERRAND_BOSSINSIGHTS_PASSWORD=

# ---- one call by command ----

# tls: nginx with a certificate of a CA that this machine trusts as it does its
# others: one more in a bundle as large, one more in a directory as large.
tls() {
  command -v nginx >/dev/null && command -v openssl >/dev/null || return 1
  [ -r /etc/ssl/certs/ca-certificates.crt ] || return 1
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=Bench CA" \
    -keyout "$tmp/ca.key" -out "$tmp/ca.pem" 2>"$tmp/openssl" &&
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=127.0.0.1" \
      -keyout "$tmp/key.pem" -out "$tmp/csr.pem" 2>>"$tmp/openssl" || return 1
  echo "subjectAltName=IP:127.0.0.1" >"$tmp/san"
  openssl x509 -req -in "$tmp/csr.pem" -CA "$tmp/ca.pem" -CAkey "$tmp/ca.key" -CAcreateserial -days 2 \
    -extfile "$tmp/san" -out "$tmp/cert.pem" 2>>"$tmp/openssl" || return 1
  cat /etc/ssl/certs/ca-certificates.crt "$tmp/ca.pem" >"$tmp/bundle.pem"
  mkdir "$tmp/certs"
  for link in /etc/ssl/certs/*.0; do ln -s "$(readlink -f "$link")" "$tmp/certs/${link##*/}"; done
  ln -s "$tmp/ca.pem" "$tmp/certs/$(openssl x509 -hash -noout -in "$tmp/ca.pem").0"
  tls_port=$(($(cat "$tmp/port") + 1))
  mkdir "$tmp/nginx"
  cat >"$tmp/nginx.conf" <<EOF
daemon off; worker_processes 1; pid $tmp/nginx.pid; error_log $tmp/nginx.log;
events { worker_connections 64; }
http {
  access_log off; client_body_temp_path $tmp/nginx; proxy_temp_path $tmp/nginx;
  fastcgi_temp_path $tmp/nginx; uwsgi_temp_path $tmp/nginx; scgi_temp_path $tmp/nginx;
  server {
    listen 127.0.0.1:$tls_port ssl;
    ssl_certificate $tmp/cert.pem; ssl_certificate_key $tmp/key.pem;
    location / { proxy_pass $NET_SERVER; }
  }
}
EOF
  # shellcheck disable=SC2086
  $on_server nginx -p "$tmp" -c "$tmp/nginx.conf" 2>>"$tmp/nginx.log" &
  pids="$pids $!"
  tries=0
  until curl -s --cacert "$tmp/ca.pem" "https://127.0.0.1:$tls_port/roles/x" >"$tmp/reply"; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { cat "$tmp/nginx.log" >&2; return 1; }
    sleep 0.05
  done
}

beside() {
  # shellcheck disable=SC2086
  $NET_PIN "$build/tests/beside" "$@"
}

one_call() {
  runs=$((300 * NET_SCALE / 100))
  [ $runs -ge 20 ] || runs=20
  path=/roles/rAbCdEfGh123
  code='return ixon.roles.get("rAbCdEfGh123")'
  script='const r = await fetch(process.argv.at(-1)); console.log((await r.json()).data)'
  echo "$script" >"$tmp/call.mjs"
  printf '\none call by command, medians of %d: %s beside, errand, errand / beside\n' "$runs" "the one"
  beside "$runs" "http, beside curl -s" curl -s "$NET_SERVER$path" -- "$build/errand" -e "$code"
  if [ -n "$NET_BUN" ]; then
    beside "$runs" "http, beside bun" "$NET_BUN" "$tmp/call.mjs" "$NET_SERVER$path" -- "$build/errand" -e "$code"
  fi
  if ! tls; then
    echo "https: missing here (nginx-light, openssl, ca-certificates)"
    return
  fi
  export ERRAND_IXON_URL="https://127.0.0.1:$tls_port" ERRAND_IXON_CAPATH="$tmp/certs" \
    CURL_CA_BUNDLE="$tmp/bundle.pem" NODE_EXTRA_CA_CERTS="$tmp/ca.pem"
  beside -l 0.40 "$runs" "https, beside curl -s" curl -s "$ERRAND_IXON_URL$path" -- "$build/errand" -e "$code"
  if [ -n "$NET_BUN" ]; then
    beside -l 1.00 "$runs" "https, beside bun" "$NET_BUN" "$tmp/call.mjs" "$ERRAND_IXON_URL$path" -- "$build/errand" -e "$code"
  fi
  export ERRAND_IXON_URL="$NET_SERVER"
}

wants() {
  [ -z "$rows" ] && return 0
  case " $rows " in *" $1 "*) return 0 ;; *) return 1 ;; esac
}

rows=$*
echo "ratios to bare C on libcurl's multi interface that throws bodies away; medians of $NET_ROUNDS rounds, $NET_SCALE % of the work"
echo "time: of the clock, which counts; processor: what the client used of its core; load: $(cut -d' ' -f1 /proc/loadavg)"
if wants call; then one_call; fi
if [ "$rows" != call ]; then lua5.4 tests/bench/net_table.lua "$@"; fi
