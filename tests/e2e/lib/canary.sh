# canary.sh - secrets that are found in whatever form they come out.
# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154
#
# To be read after e2e.sh. A secret holds a word that no escape changes, between
# characters that all of them change; to be looked for are the words and their
# base64 forms.

umask 077

# secret_of WORD, json_of WORD, url_of WORD: the secret, in a string of JSON (or
# of Lua), in a URL
secret_of() {
  printf '%s' "%x/+\"\\$1&=z"
}

json_of() {
  secret_of "$1" | sed 's/[\\"]/\\&/g'
}

url_of() {
  secret_of "$1" | sed 's/%/%25/g; s!/!%2F!g; s/+/%2b/g; s/"/%22/g; s/\\/%5C/g; s/&/%26/g; s/=/%3D/g'
}

# forms_of WORD: the word, and what base64 makes of it behind 0, 1 and 2 other
# bytes, in both alphabets. Digits that other bytes share are left out.
forms_of() {
  echo "$1"
  behind=0
  for before in '' A AA; do
    first=$(((behind * 8 + 5) / 6 + 1))
    last=$(((behind + ${#1}) * 8 / 6))
    printf '%s' "$before$1" | base64 -w 0 | cut -c "$first-$last"
    behind=$((behind + 1))
  done | sed 'p; y!+/!-_!'
}

# canaries WORD...: what clean looks for, and the proof that it would be found
canaries() {
  for word in "$@"; do forms_of "$word"; done >"$tmp/forms"
  for word in "$@"; do
    for before in '' A AA; do printf '%s' "$before$(secret_of "$word")" | base64 -w 0 | grep -cFf "$tmp/forms"; done
    json_of "$word" | grep -cFf "$tmp/forms"
    url_of "$word" | grep -cFf "$tmp/forms"
  done >"$tmp/out"
  [ "$(sort -u "$tmp/out")" = 1 ]
  result $? "what is looked for can be found"
}

# clean WHAT [FILE...]: no form of any secret in these files, or else in what
# the last command wrote
clean() {
  what=$1
  shift
  [ $# -gt 0 ] || set -- "$tmp/out" "$tmp/err"
  ! grep -aqFf "$tmp/forms" "$@"
  result $? "$what" || grep -anFf "$tmp/forms" "$@" | head -n 5 | cut -c 1-300 | sed 's/^/# leak: /'
}

# echoed WORD...: what a server that means harm, or has a bad day, makes of the
# secrets that it was sent, in $all, and inside a string of JSON in $all_json
echoed() {
  all=
  all_json=
  for word in "$@"; do
    all="$all $(secret_of "$word") $(url_of "$word") $(secret_of "$word" | base64 -w 0)"
    all_json="$all_json $(json_of "$word") $(url_of "$word") $(printf 'user:%s' "$(secret_of "$word")" | base64 -w 0)"
  done
}
