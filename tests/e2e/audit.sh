#!/bin/sh
# audit.sh - scripts/audit.lua: what it lists, what it calls new, and what it does when a system fails.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh

audit() {
  try errand --sandbox="$tmp/world.json" -o csv "$@"
}

# shows ROW WHAT, hides TEXT WHAT: of the rows printed as CSV
shows() {
  tr -d '\r' <"$tmp/out" | grep -qxF -- "$1"
  result $? "$2" || echo "# wanted: $1"
}

hides() {
  ! grep -qF -- "$1" "$tmp/out"
  result $? "$2" || echo "# not wanted: $1"
}

script=$here/scripts/audit.lua
cd "$tmp" || exit 1

audit run "$script"
exits 0 "the first audit"
shows 'anna.admin@example.com,ixon,Company viewer,Example Company,active' "an IXON membership, by names"
shows 'rudi.reader@example.com,qalyptus,member,Report readers,active' "a Qalyptus group"
shows 'rudi.reader@example.com,qalyptus,API key,Old script,expired' "a Qalyptus key and its owner"
shows 'olaf.operator@example.com,infoworks,domain,Sales,active' "an Infoworks domain, by name"
shows 'cfo@example.com,bossinsights,administrator,General Company Ltd,active' "an administrator of a Boss Insights account"
hides change "nothing to compare with: no such column"

audit run "$script" --last last.json
exits 0 "an audit that is kept"
audit run "$script" --last last.json --changes
[ "$code" = 0 ] && [ "$(grep -c @ out)" = 0 ]
result $? "nothing changed: no rows"
says '0 changes since' "and it is said"

audit run "$here/scripts/onboard.lua" --csv "$here/scripts/people.csv"
exits 0 "two people come"
audit run "$script" --last last.json --changes
shows 'new,new.hire@example.com,ixon,Engineer,Plant A,invited until 2031-12-31' "an invite is new"
shows 'new,second.hire@example.com,intrexx,Users,hr,active' "a portal user that errand made is found"
[ "$(grep -c '^new,' out)" = 8 ] && says '8 changes since' "eight rows are new, and said to be"

audit run "$here/scripts/offboard.lua" --email new.hire@example.com --portal hr
exits 0 "one goes"
cp last.json before.json
audit --fault 'ixon.memberships.list:status=503@1-9' --retry 0 run "$script" --last last.json --changes --html page.html
exits 1 "a system cannot be read"
says 'ixon was not read' "which one is said"
says '1 of the systems could not be read' "and that the audit lacks it"
hides ',ixon,' "nothing is told of it"
shows 'gone,new.hire@example.com,qalyptus,member,Report readers,active' "the others are told"
grep -q 'ixon was not read' page.html
result $? "the page says what is missing"
audit run "$script" --last last.json --changes
shows 'gone,new.hire@example.com,ixon,Engineer,Plant A,invited until 2031-12-31' "told the next time"

audit run "$script" --last last.json --without ixon --without infoworks
exits 0 "systems left out"
hides ,ixon, "they are not read"
audit run "$script" --last last.json --changes
says '0 changes since' "and are not forgotten"

audit -e 'for _, name in ipairs{ "<script>alert(1)</script>", "=1+1" } do
  bossinsights.accounts.create{ name = name, active = true, email_admin = "cfo@example.com", password = "", subdomain = "x" .. #name }
end'
exits 0 "accounts with hostile names"
audit run "$script" --last last.json --csv rows.csv --html page.html
exits 0 "they are audited"
grep -q "'=1+1" rows.csv && ! grep -q ',=1' rows.csv
result $? "a name is no formula in the CSV file"
grep -q '&lt;script&gt;' page.html && ! grep -qi '<script' page.html
result $? "a name is no mark-up in the page"

for text in 'not json' '{"kind":"else"}' '[]'; do
  printf '%s' "$text" >other.json
  audit run "$script" --last other.json
  refused 1 'not the file of an earlier audit' "--last with $text"
  [ "$(cat other.json)" = "$text" ]
  result $? "the file stays as it was"
done
audit run "$script" --without ixonn
refused 1 'no such system' "--without with a wrong name"
audit run "$script" --html "$tmp/nowhere/page.html"
exits 1 "a page that cannot be written"
says nowhere/page.html "which is said"
printf 'mail\nnew.hire@example.com\n' >people.csv
audit run "$script" --people people.csv
[ "$code" != 0 ] && grep -q email err
result $? "--people without a column email"
done_testing
