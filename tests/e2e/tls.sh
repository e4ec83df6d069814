#!/bin/sh
# tls.sh - certificates of every kind of badness, at a real web server.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/tls.sh

make_certificates() {
  authority ca && authority other && revoked ca &&
    issue server ca '*.example.com' && issue rsa ca rsa.example.com '' '' rsa &&
    issue expired ca expired.example.com 20200101000000Z 20200102000000Z &&
    issue early ca early.example.com 20490101000000Z && issue elsewhere ca elsewhere.example.org &&
    issue unknown other unknown.example.com && issue sub ca authority && issue below sub chain.example.com &&
    cat "$tls/below.pem" "$tls/sub.pem" >"$tls/chain.pem" && cp "$tls/below.key" "$tls/chain.key" &&
    issue lost ca lost.example.com && revoke lost ca &&
    openssl genrsa -out "$tls/weak.key" 1024 &&
    openssl req -x509 -new -key "$tls/weak.key" -out "$tls/weak.pem" -days 30 -subj /CN=weak -config "$tls/ca.conf" \
      -addext subjectAltName=DNS:weak.example.com &&
    openssl req -x509 -new -key "$tls/server.key" -out "$tls/self.pem" -days 30 -subj /CN=self -config "$tls/ca.conf" \
      -addext subjectAltName=DNS:self.example.com && cp "$tls/server.key" "$tls/self.key" &&
    issue client ca client && issue old ca client 20200101000000Z 20200102000000Z && issue foreign other client &&
    (umask 077 && cat "$tls/client.pem" "$tls/client.key" >"$tls/both.pem" &&
      openssl pkey -in "$tls/client.key" -aes256 -passout pass:door-bell-7 -out "$tls/locked.key" &&
      openssl pkcs12 -export -in "$tls/client.pem" -inkey "$tls/client.key" -out "$tls/client.p12" \
        -passout pass:door-bell-7 && echo "no key" >"$tls/text") &&
    openssl x509 -in "$tls/ca.pem" -outform DER -out "$tls/ca.der" &&
    openssl x509 -in "$tls/server.pem" -pubkey -noout >"$tls/server.pub" &&
    mkdir "$tls/some" "$tls/hashed" && cp "$tls/ca.pem" "$tls/some" && cp "$tls/ca.pem" "$tls/hashed" &&
    openssl rehash "$tls/hashed" && : >"$tls/empty"
}

# server N HOST CERTIFICATE [LISTEN [MORE [PROTOCOLS]]]
server() {
  cat <<END
  server {
    listen 127.0.0.1:@$1@ ssl $4;
    server_name $2.example.com;
    ssl_certificate $tls/$3.pem;
    ssl_certificate_key $tls/$3.key;
    ssl_protocols ${6:-TLSv1.2 TLSv1.3};
    location / {
      if (\$request_method = POST) { return 201 '{"isSuccess":true,"data":{"id":"2","name":"New"}}'; }
      return 200 '{"isSuccess":true,"data":[{"id":"1","name":"One"}]}';
    }
    $5
  }
END
}

servers() {
  echo 'server { listen 127.0.0.1:@0@; location / { return 200 "{}"; } }'
  server 1 good server default_server
  for name in rsa expired early elsewhere unknown chain lost self; do server 1 $name $name; done
  server 1 short below
  server 2 h2 server http2
  server 3 few server http2 'keepalive_requests 5;'
  server 4 narrow server http2 'http2_max_concurrent_streams 2;'
  server 5 old server '' 'ssl_ciphers DEFAULT@SECLEVEL=0;' TLSv1.1
  server 6 two server '' '' TLSv1.2
  server 7 three server '' '' TLSv1.3
  server 8 mutual server '' "ssl_verify_client on; ssl_client_certificate $tls/ca.pem;"
  server 9 weak weak '' 'ssl_ciphers DEFAULT@SECLEVEL=0;'
}

# at HOST N: who is called from here on
at() {
  port=$((base + $2))
  export ERRAND_QALYPTUS_URL="https://$1.example.com:$port" ERRAND_QALYPTUS_RESOLVE="$1.example.com:$port:127.0.0.1"
}

# read_it, make_it SETTING=VALUE...: with these settings for qalyptus
read_it() {
  call_with "$@" errand api qalyptus GET /users
}

# Prints one line: kind, whether it may be repeated, text.
make_it() {
  call_with "$@" errand -o lua -e 'local ok, e = try(qalyptus.groups.create, { name = "New" })
    if ok then return "made" end
    return ("%s %s %s"):format(e.kind, e.retryable, e.message)'
}

call_with() {
  given=$*
  command=
  for word; do
    shift
    [ "$word" = errand ] && command=1
    [ "$command" ] || word=ERRAND_QALYPTUS_$(echo "${word%%=*}" | tr '[:lower:]' '[:upper:]')=${word#*=}
    set -- "$@" "$word"
  done
  try "$@"
}

works() {
  [ "$code" = 0 ] && [ ! -s "$tmp/err" ] && grep -q One "$tmp/out"
  result $? "$1" || echo "# $given"
}

certificates make_certificates
start_nginx servers
export ERRAND_QALYPTUS_KEY=qalyptus-key-1 ERRAND_QALYPTUS_RETRY=0

# ---- whom to trust ----

at good 1
cert="the TLS certificate of good.example.com:$port"
read_it "connect_timeout=10"
refused 7 "$cert comes from an authority this machine does not know" "an authority of one's own"
says "in the setting 'cacert' of qalyptus" "the setting that helps"
make_it "timeout=60"
outputs "network true $cert comes from" "a create: network, nothing is in doubt"
called 0 . "an unknown authority"
try -u ERRAND_QALYPTUS_RETRY errand api qalyptus GET /users
refused 7 "$cert comes from" "what will not pass is not tried again"
read_it "cacert=$tls/ca.pem"
works "cacert helps"
read_it "capath=$tls/hashed"
works "capath helps"
read_it "cacert=$tls/other.pem" "capath=$tls/hashed"
works "cacert and capath together: both count"
cp "$tls/ca.pem" "$HOME/ca.pem"
read_it "cacert=~/ca.pem"
works "a path may begin with ~/"
read_it "insecure=true"
[ "$code" = 0 ] && [ "$(cat "$tmp/err")" = "errand: warning: TLS certificates of qalyptus are not verified (setting 'insecure'): anyone on the way can read and change what is sent" ]
result $? "insecure helps, and warns"
try "ERRAND_QALYPTUS_INSECURE=true" errand -q -e 'qalyptus.groups.list() qalyptus.groups.list()'
[ "$code" = 0 ] && [ "$(grep -c 'warning: TLS certificates of qalyptus' "$tmp/err")" = 1 ]
result $? "insecure warns in every run, once, with --quiet too"
try "ERRAND_QALYPTUS_INSECURE=true" ERRAND_IXON_INSECURE=true ERRAND_IXON_URL="https://good.example.com:$port" ERRAND_IXON_TOKEN=ixon-token-1 \
  ERRAND_IXON_RESOLVE="good.example.com:$port:127.0.0.1" ERRAND_IXON_APPLICATION=App000000001 \
  ERRAND_IXON_COMPANY=1111-2222-3333-4444-5555 errand -q -e 'try(qalyptus.groups.list) try(ixon.users.list)'
says "TLS certificates of qalyptus are not verified" "each insecure service is named: the first"
says "TLS certificates of ixon are not verified" "each insecure service is named: the second"

export ERRAND_QALYPTUS_CACERT="$tls/ca.pem"
forget_calls
at expired 1
read_it
refused 7 "the TLS certificate of expired.example.com:$port has expired" "an expired certificate"
at early 1
read_it
refused 7 "the TLS certificate of early.example.com:$port is not valid yet" "one that is not valid yet"
says "this machine's clock" "what to compare"
at self 1
read_it
refused 7 "is self-signed; if it is the right one, name its file in the setting 'cacert' of qalyptus" "a self-signed one"
make_it
outputs "network true the TLS certificate of self" "a create there: network"
read_it "cacert=$tls/self.pem"
works "a self-signed one in cacert"
at unknown 1
read_it
refused 7 "comes from an authority this machine does not know" "another authority"
read_it "cacert=$tls/other.pem"
works "the other authority in cacert"
at chain 1
read_it
works "a chain with one between"
at short 1
read_it
refused 7 "or without the certificates between" "the one between is missing"
at elsewhere 1
read_it
refused 7 "is for another host name; write the name it is for in the setting 'url' of qalyptus" "another host name"
make_it
outputs "network true" "a create there: network"
at rsa 1
read_it
works "a certificate with an RSA key"
at lost 1
read_it
works "a revoked certificate: nobody asks"
read_it "crlfile=$tls/ca.crl"
refused 7 "was revoked; it must be replaced there; the list is the setting 'crlfile' of qalyptus" "a revoked certificate with crlfile"
at good 1
read_it "crlfile=$tls/ca.crl"
works "one that is not revoked"
at chain 1
read_it "crlfile=$tls/ca.crl"
refused 7 "without a list of revoked ones; add its list to the setting 'crlfile'" "an authority without a list"
at weak 9
read_it "cacert=$tls/weak.pem"
refused 7 "is too weak" "a short key"
says "DEFAULT@SECLEVEL=1 in the setting 'ciphers' of qalyptus" "what would allow it"
read_it "cacert=$tls/weak.pem" "ciphers=DEFAULT@SECLEVEL=1"
works "ciphers allows it"
at good 1
read_it "ciphers=NONSENSE"
refused 2 "the setting 'ciphers' of qalyptus is not usable" "ciphers that are none"
called 0 POST "no create arrived anywhere"

# ---- the key that the server must have ----

pin=$(openssl pkey -pubin -in "$tls/server.pub" -outform DER | openssl dgst -sha256 -binary | base64)
other=$(openssl x509 -in "$tls/other.pem" -pubkey -noout | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64)
read_it "pinnedpubkey=sha256//$pin"
works "the key that is pinned"
read_it "pinnedpubkey=$tls/server.pub"
works "by file"
read_it "pinnedpubkey=sha256//$other;sha256//$pin"
works "one of two"
read_it "pinnedpubkey=sha256//$other"
refused 7 "good.example.com:$port shows another key than the setting 'pinnedpubkey' of qalyptus says" "another key"
make_it "pinnedpubkey=sha256//$other"
outputs "network true" "a create there: network"
read_it "pinnedpubkey=sha256//abc"
refused 2 "the setting 'pinnedpubkey' of qalyptus is not of the form" "half a pin"
read_it "pinnedpubkey=$tls/server.pem"
refused 2 "holds no public key" "a certificate for a pin"
read_it "pinnedpubkey=$tls/absent"
refused 2 "the setting 'pinnedpubkey' of qalyptus names a file that cannot be read" "a pin that is not there"
called 0 POST "no create arrived with another key"

# ---- files that will not do ----

for file in absent:'cannot be read' empty:'is empty' text:'holds no text in PEM form' ca.der:'is in DER form' \
  ca.key:'holds something else' some:'is no regular file'; do
  read_it "cacert=$tls/${file%%:*}"
  refused 2 "the setting 'cacert' of qalyptus" "cacert: ${file%%:*}"
  says "${file#*:}" "cacert: ${file%%:*}, why"
done
read_it "capath=$tls/some"
refused 2 "run openssl rehash on it" "capath without names by hash"
read_it "capath=$tls/ca.pem"
refused 2 "the setting 'capath' of qalyptus cannot be used" "capath: a file"
read_it "crlfile=$tls/ca.pem"
refused 2 "the setting 'crlfile' of qalyptus cannot be used" "crlfile: no list"

# ---- versions ----

forget_calls
at old 5
read_it
refused 7 "old.example.com:$port does not offer TLS 1.2 or newer" "a server of TLS 1.1"
read_it "insecure=true" "ciphers=DEFAULT@SECLEVEL=0"
[ "$code" = 7 ]
result $? "no setting makes TLS 1.1 do"
make_it
outputs "network true" "a create there: network"
at two 6
read_it
works "a server of TLS 1.2"
read_it "tls_min=1.3"
refused 7 "does not offer TLS 1.3 or newer; it must be updated there, or the setting 'tls_min' lowered to \"1.2\" for qalyptus" "tls_min = 1.3 there"
at three 7
read_it "tls_min=1.3"
works "a server of TLS 1.3"
read_it
works "1.3 is taken without asking"
read_it "tls_min=1.1"
refused 2 "must be one of '1.2', '1.3'" "tls_min = 1.1"
try "ERRAND_QALYPTUS_URL=https://good.example.com:$base" "ERRAND_QALYPTUS_RESOLVE=good.example.com:$base:127.0.0.1" errand api qalyptus GET /users
refused 7 "good.example.com:$base does not speak TLS on this port; check the scheme and port in the setting 'url' of qalyptus" "TLS to a plain port"
make_it "url=https://good.example.com:$base" "resolve=good.example.com:$base:127.0.0.1"
outputs "network true" "a create there: network"
try "ERRAND_QALYPTUS_URL=http://127.0.0.1:$port" errand api qalyptus GET /users
refused 2 "the server speaks TLS on this port; write https in the setting 'url' of qalyptus" "plain HTTP to a TLS port"
called 0 POST "no create arrived"

# ---- a certificate of one's own ----

at mutual 8
read_it
refused 5 "the server wants a client certificate; name it in the settings 'cert' and 'tls_key' of qalyptus" "a server that wants one"
read_it "cert=$tls/client.pem" "tls_key=$tls/client.key"
works "cert and tls_key"
read_it "cert=$tls/both.pem"
works "both in one file"
read_it "cert=$tls/client.pem" "tls_key=$tls/locked.key" "tls_key_password=door-bell-7"
works "a key with a password"
read_it "cert=$tls/client.p12" "tls_key_password=door-bell-7"
works "a PKCS#12 file"
make_it "cert=$tls/client.p12" "tls_key_password=door-bell-7"
outputs "made" "a create with it"
for name in old foreign; do
  read_it "cert=$tls/$name.pem" "tls_key=$tls/$name.key"
  refused 5 "the server does not accept the client certificate; check the setting 'cert' of qalyptus" "the $name one"
done

forget_calls
read_it "cert=$tls/client.pem"
refused 2 "there is no private key with the client certificate $tls/client.pem; name its file in the setting 'tls_key' of qalyptus" "cert alone"
read_it "tls_key=$tls/client.key"
refused 2 "the setting 'tls_key' of qalyptus is of no use alone" "tls_key alone"
read_it "tls_key_password=door-bell-7"
refused 2 "the setting 'tls_key_password' of qalyptus is of no use alone" "a password alone"
read_it "cert=$tls/client.pem" "tls_key=$tls/foreign.key"
refused 2 "the private key $tls/foreign.key does not belong to the certificate of 'cert', or is damaged; check the setting 'tls_key' of qalyptus" "the key of another"
read_it "cert=$tls/client.pem" "tls_key=$tls/locked.key"
refused 2 "is encrypted; give its password in the setting 'tls_key_password' of qalyptus" "a password is missing"
read_it "cert=$tls/client.pem" "tls_key=$tls/locked.key" "tls_key_password=door-ball-7"
refused 2 "check 'tls_key_password' and 'tls_key' of qalyptus" "a wrong password"
read_it "cert=$tls/client.p12" "tls_key_password=door-ball-7"
refused 2 "the PKCS#12 file $tls/client.p12 cannot be opened; check the settings 'cert' and 'tls_key_password' of qalyptus" "a wrong password of PKCS#12"
read_it "cert=$tls/client.p12" "tls_key=$tls/client.key"
refused 2 "take out the setting 'tls_key' of qalyptus" "PKCS#12 and a key"
read_it "cert=$tls/client.pem" "tls_key=$tls/text"
refused 2 "$tls/text holds no private key in PEM form" "a key that is none"
read_it "cert=$tls/absent" "tls_key=$tls/client.key"
refused 2 "the setting 'cert' of qalyptus names a file that cannot be read" "a certificate that is not there"
for mode in 0640 0604; do
  chmod $mode "$tls/client.key" "$tls/both.pem" "$tls/client.p12"
  read_it "cert=$tls/client.pem" "tls_key=$tls/client.key"
  refused 2 "the setting 'tls_key' of qalyptus: $tls/client.key is open to others (mode $mode): run chmod 600 $tls/client.key" "a key of mode $mode"
  read_it "cert=$tls/both.pem"
  refused 2 "the setting 'cert' of qalyptus: $tls/both.pem is open to others (mode $mode)" "one file of mode $mode"
  read_it "cert=$tls/client.p12" "tls_key_password=door-bell-7"
  refused 2 "the setting 'cert' of qalyptus: $tls/client.p12 is open to others (mode $mode)" "PKCS#12 of mode $mode"
done
chmod 600 "$tls/client.key"
called 0 . "nothing was sent"

# A server that ends the connection by an alert. With TLS 1.3 it comes when
# the request has left, and tells all the same that nobody has read it.
alerts() {
  rm -f "$tmp/accept"
  mkfifo "$tmp/accept"
  openssl s_server -accept 127.0.0.1:0 -cert "$tls/server.pem" -key "$tls/server.key" "$1" -Verify 3 -verify_return_error \
    -CAfile "$tls/ca.pem" -www >"$tmp/accept" 2>"$tmp/alerts" &
  pids="$pids $!"
  exec 6<"$tmp/accept"
  while read -r word port <&6; do [ "$word" = ACCEPT ] && break; done
  port=${port##*:}
  export ERRAND_QALYPTUS_URL="https://alert.example.com:$port" ERRAND_QALYPTUS_RESOLVE="alert.example.com:$port:127.0.0.1"
}

alerts -tls1_3
read_it
refused 7 "alert.example.com:$port wants a client certificate; name it in the settings 'cert' and 'tls_key' of qalyptus" "TLS 1.3: the alert 'certificate required'"
make_it
outputs "network true" "a create there: network, not in doubt"
for version in 3 2; do
  [ $version = 3 ] || alerts -tls1_2
  for name in old:'it has expired' foreign:'it does not know the authority it comes from'; do
    file=$tls/${name%%:*}
    read_it "cert=$file.pem" "tls_key=$file.key"
    refused 7 "refuses the client certificate $file.pem: ${name#*:}; check the setting 'cert' of qalyptus" "TLS 1.$version: the ${name%%:*} certificate"
    make_it "cert=$file.pem" "tls_key=$file.key"
    outputs "network true" "TLS 1.$version: a create with it, network"
  done
done
read_it
refused 7 "if it wants a client certificate, see 'cert' and 'tls_key', else 'ciphers' of qalyptus" "TLS 1.2: none"
make_it
outputs "network true" "a create there: network"

# ---- HTTP/2 ----

# many HOST N: twenty at a time, all answered
many() {
  at "$1" "$2"
  try errand -e 'local n = {} for i = 1, 20 do n[i] = i end
    local done = 0
    for _, one in ipairs(parallel(n, function(i) return #qalyptus.groups.list() end, { limit = 20 })) do
      if one.ok and one.value == 1 then done = done + 1 end
    end
    return done'
  [ "$(cat "$tmp/out")" = 20 ]
  result $? "$1: twenty reads side by side" || echo "# $(cat "$tmp/out")"
}

forget_calls
at h2 2
read_it
works "a read over HTTP/2"
called 1 "GET .* HTTP/2.0 200" "over HTTP/2"
try errand -vv api qalyptus GET /users
says "< HTTP/2 200" "-vv shows it"
read_it "http_version=1.1"
works "http_version = 1.1"
called 1 "GET .* HTTP/1.1 200" "over HTTP/1.1"
try errand -e 'qalyptus.groups.list() qalyptus.groups.create{ name = "One" } qalyptus.groups.create{ name = "Two" } qalyptus.groups.list()'
exits 0 "reads and creates"
called 2 "POST .* HTTP/1.1 201" "creates go over HTTP/1.1"
connections=$(grep ' POST ' "$tmp/nginx/calls" | cut -d' ' -f7 | sort -u | wc -l)
[ "$connections" = 2 ]
result $? "each on a connection of its own"
forget_calls
many h2 2
called 20 "GET .* HTTP/2.0 200" "each once"
[ "$(cut -d' ' -f7 "$tmp/nginx/calls" | sort -u | wc -l)" -le 3 ]
result $? "they share a connection" || cut -d' ' -f7 "$tmp/nginx/calls" | sort | uniq -c | sed 's/^/# /'
forget_calls
many few 3
called 20 "GET .* HTTP/2.0 200" "a server that closes after five: each once"
forget_calls
many narrow 4
called 20 "GET .* HTTP/2.0 200" "two at a time: each once"

# ---- traces of keys ----

at good 1
try SSLKEYLOGFILE="$tmp/keys" errand api qalyptus GET /users
works "with SSLKEYLOGFILE"
[ ! -e "$tmp/keys" ]
result $? "no keys are logged"

done_testing
