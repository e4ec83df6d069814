#!/bin/sh
# repl_docs.sh - the screens in docs/repl.md are what the prompt shows.
# SPDX-License-Identifier: MIT
#
# Above each screen of the document stands, as a comment, what was typed:
#
#   <!-- screen WIDTHxHEIGHT [OPTION...]
#   a statement; Enter follows, and the next line when the next prompt is there
#   for a key that is not Enter<Tab><Tab>
#   -->
#
# Keys have tmux's names; <Asked> waits for a question. A line that ends with a
# key gets no Enter. Times, ports and days are those of the document. UPDATE=1
# writes the screens anew.
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/screen.sh
. tests/e2e/lib/prompt.sh
document=$here/docs/repl.md
cd "$tmp" || exit 1
mkdir work
mkdir -p home/.config/errand
cat >home/.config/errand/config.lua <<'END'
return {
  default = "prod",
  profiles = {
    prod = {
      protected = true,
      intrexx = { url = "http://127.0.0.1:9", user = "admin", password = "intrexx-password" },
    },
  },
}
END
chmod 600 home/.config/errand/config.lua

# screen.N.keys, screen.N.want, and in `skeleton` the document with a line
# "@screen N" in place of each
awk '
/^<!-- screen / { n++; keys = "screen." n ".keys"; sub(/^<!-- screen /, ""); print >keys; in_keys = 1
                  print "<!-- screen " $0 >"skeleton"; next }
in_keys && /^-->$/ { in_keys = 0; waits = 1; print >"skeleton"; next }
in_keys { print >keys; print >"skeleton"; next }
waits && /^```text$/ { waits = 0; inside = 1; print >"skeleton"; print "@screen " n >"skeleton"; printf "" >("screen." n ".want"); next }
inside && /^```$/ { inside = 0; print >"skeleton"; next }
inside { print >("screen." n ".want"); next }
{ print >"skeleton" }
END { print n + 0 >"screens" }' "$document"

# What is not the same twice is as in the document.
settled() {
  screen_text | sed 's/[0-9][0-9]*\.[0-9][0-9]* s/0.004 s/g; s/\( *\)[0-9][0-9]*\.[0-9]\{3\}$/\10.004/
s/127\.0\.0\.1:[0-9]*/127.0.0.1:40123/g; s/at the prompt on [0-9-]*/at the prompt on 2026-11-22/' |
    sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' >now
}

same() {
  settled
  cmp -s now "$1"
}

asked() {
  screen_cursor | grep -q '[]:?]$'
}

# press LINE: a line of the keys
press() {
  begin
  printf '%s\n' "$1" | sed 's/<\([A-Z][A-Za-z-]*\)>/\
<\1>\
/g' | sed '/^$/d' >pieces
  while IFS= read -r piece <&6; do
    case $piece in
      '<Asked>') screen_until asked ;;
      '<'*'>') key_name=${piece#<} && screen_key "${key_name%>}" ;;
      *) screen_type "$piece" ;;
    esac
  done 6<pieces
  case $1 in
    *'>') ;;
    *) screen_key Enter && await_prompt ;;
  esac
}

i=0
while [ $i -lt "$(cat screens)" ]; do
  i=$((i + 1))
  { read -r dimensions options && cat >keys; } <"screen.$i.keys"
  rm -rf "$HOME/.local"
  cd work || exit 1
  # shellcheck disable=SC2086
  prompt_run "${dimensions%x*}" "${dimensions#*x}" errand $options
  cd "$tmp" || exit 1
  while IFS= read -r typed <&5; do press "$typed"; done 5<keys
  last=$(tail -n 1 keys)
  if [ "${UPDATE:-}" = 1 ]; then
    # A list of candidates ends without a sign of it: two equal looks.
    until settled && cp now before && sleep 0.3 && same before; do :; done
    cp now "screen.$i.want"
  else
    screen_until same "screen.$i.want" >/dev/null
    result $? "screen $i: $last" || diff "screen.$i.want" now | sed 's/^/# /'
  fi
  screen_stop
done
[ "$i" -gt 5 ]
result $? "the document has screens"
if [ "${UPDATE:-}" = 1 ]; then
  while IFS= read -r text; do
    case $text in
      '@screen '*) cat "screen.${text#@screen }.want" ;;
      *) printf '%s\n' "$text" ;;
    esac
  done <skeleton >"$document"
fi

cd "$here" || exit 1
done_testing
