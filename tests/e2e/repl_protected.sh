#!/bin/sh
# repl_protected.sh - the prompt on a profile marked protected: a context line
# and a question before each statement that writes.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/screen.sh
. tests/e2e/lib/prompt.sh
cd "$tmp" || exit 1

cat >replies <<'END'
=== reply GET /organizations times=0
HTTP/1.1 200 OK
Content-Type: application/json

{"isSuccess":true,"data":[]}
=== reply POST /groups times=0
HTTP/1.1 200 OK
Content-Type: application/json

{"isSuccess":true,"data":{"id":"g-1","name":"New"}}
END
serve replies
mkdir -p home/.config/errand
cat >home/.config/errand/config.lua <<END
return {
  default = "prod",
  profiles = {
    prod = {
      protected = true,
      qalyptus = { url = "$at", key = "qalyptus-QzCanary-1", retry = 0 },
      intrexx = { url = "$at", user = "admin", password = "intrexx-QzCanary-2", retry = 0 },
    },
    test = { qalyptus = { url = "$at", key = "qalyptus-QzCanary-3", retry = 0 } },
  },
}
END
chmod 600 home/.config/errand/config.lua

# asked: the question stands below the step's first line
asked() {
  gather && sed '1d; /^$/d' out | tail -n 1 | grep -q ':$'
}

# answer TEXT
answer() {
  screen_until asked
  screen_type "$1"
  screen_key Enter
  await_prompt
}

prompt_start 80 24
[ "$(sed -n 2p out)" = 'errand(prod!)>' ]
result $? "the prompt says that the profile is protected"
enter 'qalyptus.organizations.list{ get_all = true }'
lacks "protected" "a read is not asked for"
sent 1 "the read"

begin
screen_type 'qalyptus.groups.create{ name = "New" }'
screen_key Enter
screen_until asked
gather
shows "qalyptus, profile 'prod' (protected)" "a write shows service and profile"
shows "groups.create" "and what would be done"
[ "$(grep -c "(protected)" out)" = 1 ]
result $? "in one line"
sent 1 "nothing before the answer"
screen_type 'no'
screen_key Enter
await_prompt
shows "nothing was sent" "another answer than the profile's name"
sent 1 "nothing after it"

begin
screen_type 'qalyptus.groups.create{ name = "New" }'
screen_key Enter
screen_until asked
screen_key C-c
await_prompt
result $? "Ctrl-C at the question"
sent 1 "sends nothing"

begin
screen_type 'for i = 1, 3 do qalyptus.groups.create{ name = "New " .. i } end'
screen_key Enter
answer prod
[ "$(grep -c "(protected)" out)" = 1 ]
result $? "one question a statement"
sent 4 "all its writes"
begin
screen_type 'qalyptus.groups.create{ name = "New" }'
screen_key Enter
answer prod
shows "(protected)" "the next statement is asked for again"
sent 5 "and sent"

begin
screen_type 'intrexx.users.create("hr", { account = { login_username = "new.hire" }, general_settings = { object_name = "x" } })'
screen_key Enter
screen_until asked
gather
shows "as admin" "the account is named where it is known"
screen_type 'no'
screen_key Enter
await_prompt

enter 'qalyptus.with{ profile = "test" }.groups.create{ name = "New" }'
lacks "protected" "a profile that is not protected is not asked for"
sent 6 "but written to"
screen_all >all
! grep -q QzCanary all
result $? "no credential is on the screen"
prompt_end
exits 0 "the end"

prompt_start 80 24 --profile test
[ "$(sed -n 2p out)" = 'errand(test)>' ]
result $? "the prompt names the profile"
prompt_end
prompt_start 80 24 --yes
enter 'qalyptus.groups.create{ name = "New" }'
lacks "protected" "--yes agrees in advance"
sent 7 "and the write is sent"
prompt_end

cd "$here" || exit 1
screen_stop
done_testing
