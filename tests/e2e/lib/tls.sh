# tls.sh - certificates made on the spot and an nginx that shows them.
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# To be read after e2e.sh. Certificates and keys are in $tls.

tls=$tmp/tls
nginx=$(command -v nginx || echo /usr/sbin/nginx)
mkdir -m 700 "$tls"
: >"$tls/index.txt"
echo 01 >"$tls/serial"
echo 01 >"$tls/crlnumber"
cat >"$tls/ca.conf" <<END
[ca]
default_ca = here
[here]
database = $tls/index.txt
serial = $tls/serial
crlnumber = $tls/crlnumber
new_certs_dir = $tls
default_md = sha256
default_crl_days = 30
policy = any
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
subjectAltName = \${ENV::NAMES}
END

# certificates FUNCTION: runs it with openssl's words kept out of sight, and
# shows them if it fails
certificates() {
  if ! NAMES=DNS:none "$1" >"$tls/log" 2>&1; then
    sed 's/^/# /' "$tls/log"
    echo "Bail out! openssl makes no certificates"
    exit 1
  fi
}

new_key() {
  case $2 in
    rsa) openssl genrsa -out "$tls/$1.key" 2048 ;;
    *) openssl ecparam -name prime256v1 -genkey -noout -out "$tls/$1.key" ;;
  esac && chmod 600 "$tls/$1.key"
}

# authority NAME: NAME.pem, NAME.key, signed by itself
authority() {
  new_key "$1" &&
    openssl req -x509 -new -key "$tls/$1.key" -out "$tls/$1.pem" -days 30 -subj "/CN=$1" -config "$tls/ca.conf" \
      -extensions authority
}

# issue NAME AUTHORITY HOST [FROM TO [rsa]]: NAME.pem and NAME.key; FROM and TO
# as in 20200101000000Z; HOST "authority" makes one that can sign
issue() {
  part=leaf
  [ "$3" = authority ] && part=authority
  new_key "$1" "$6" &&
    openssl req -new -key "$tls/$1.key" -out "$tls/$1.csr" -subj "/CN=$1" -config "$tls/ca.conf" &&
    NAMES=DNS:$3 openssl ca -batch -notext -config "$tls/ca.conf" -cert "$tls/$2.pem" -keyfile "$tls/$2.key" \
      -in "$tls/$1.csr" -out "$tls/$1.pem" -extensions $part -startdate "${4:-20200101000000Z}" \
      -enddate "${5:-20491231235959Z}"
}

# revoke NAME AUTHORITY: and AUTHORITY.crl, the list that says so
revoke() {
  openssl ca -config "$tls/ca.conf" -cert "$tls/$2.pem" -keyfile "$tls/$2.key" -revoke "$tls/$1.pem" &&
    revoked "$2"
}

revoked() {
  openssl ca -config "$tls/ca.conf" -cert "$tls/$1.pem" -keyfile "$tls/$1.key" -gencrl -out "$tls/$1.crl"
}

# start_nginx FUNCTION: an nginx with the servers that FUNCTION prints. @N@ in
# them is the Nth of ten ports, $base + N. nginx tells of a port that
# somebody else has only when it starts: then others are tried.
start_nginx() {
  mkdir -p "$tmp/nginx"
  for _ in 1 2 3 4 5; do
    base=$((15000 + $(od -An -N2 -tu2 /dev/urandom) % 1500 * 10))
    {
      cat <<END
daemon off;
master_process off;
pid $tmp/nginx/pid;
error_log $tmp/nginx/errors info;
events { worker_connections 512; }
http {
  log_format calls '\$server_port \$host \$request_method \$uri \$server_protocol \$status \$connection \$ssl_protocol';
  access_log $tmp/nginx/calls calls;
  client_body_temp_path $tmp/nginx/body;
  proxy_temp_path $tmp/nginx/proxy;
  fastcgi_temp_path $tmp/nginx/fastcgi;
  uwsgi_temp_path $tmp/nginx/uwsgi;
  scgi_temp_path $tmp/nginx/scgi;
  default_type application/json;
END
      "$1"
      echo "}"
    } | sed "s/@\([0-9]\)@/$((base / 10))\1/g" >"$tmp/nginx/conf"
    rm -f "$tmp/nginx/pid"
    : >"$tmp/nginx/calls"
    "$nginx" -p "$tmp/nginx" -e "$tmp/nginx/errors" -c "$tmp/nginx/conf" 2>"$tmp/nginx/said" &
    pids="$pids $!"
    while [ ! -s "$tmp/nginx/pid" ] && alive $!; do :; done
    [ -s "$tmp/nginx/pid" ] && return
    grep -q 'Address already in use' "$tmp/nginx/said" "$tmp/nginx/errors" || break
  done
  sed 's/^/# /' "$tmp/nginx/said"
  echo "Bail out! nginx does not start"
  exit 1
}

# calls PATTERN: how many requests that match (grep) nginx has answered. What
# it writes of one comes after the reply, but before what it writes of the
# next: the last line is one of ours.
calls() {
  mark=/_mark_$(wc -l <"$tmp/nginx/calls")
  curl -sS --noproxy '*' --max-time 30 -o /dev/null "http://127.0.0.1:$base$mark"
  tries=0
  while ! grep -q " $mark " "$tmp/nginx/calls" && [ $tries -lt 3000 ]; do tries=$((tries + 1)); done
  grep -v ' /_mark_' "$tmp/nginx/calls" | grep -c -- "$1"
}

# called N PATTERN WHAT
called() {
  seen=$(calls "$2")
  [ "$seen" = "$1" ]
  result $? "$3: $1 requests came" || sed 's/^/# came: /' "$tmp/nginx/calls"
}

forget_calls() {
  calls x >/dev/null
  : >"$tmp/nginx/calls"
}
