#!/bin/sh
# repl_commands.sh - the lines of the prompt that begin with ":".
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/screen.sh
. tests/e2e/lib/prompt.sh
cd "$tmp" || exit 1
export PAGER=cat
umask 077

# asked: the question stands at the cursor
asked() {
  screen_cursor | grep -q '\[y/N\]$'
}

# answer TEXT
answer() {
  screen_until asked
  screen_type "$1"
  screen_key Enter
  await_prompt
}

# ask TEXT: a step that comes to a question
ask() {
  begin
  screen_type "$1"
  screen_key Enter
}

# prompts TEXT WHAT: the prompt of the next statement
prompts() {
  [ "$(screen_cursor)" = "$1" ]
  result $? "$2"
}

# keep: no output may hold a secret
keep() {
  screen_all >>"$tmp/seen.all"
}

# looking: at results, errors, plans
looking() {
  enter ':plan on'
  prompts "errand(sandbox plan)>" "$size: plan mode is in the prompt"
  enter 'i = ixon.invites.create{ emailAddress = "new.hire@example.com", groupRoles = x }'
  shows "would send: POST" "$size: a write is shown"
  shows "nothing was sent" "$size: and not sent"
  enter 'i.invites[1].publicId'
  shows "<planned 1.invites[1].publicId>" "$size: its result is a stand-in"
  enter ':plan off'
  prompts "errand(sandbox)>" "$size: and is off again"
  enter 'ixon.invites.find{ emailAddress = "new.hire@example.com" } ~= nil'
  shows "= false" "$size: nothing was made"

  enter ':time ixon.users.list{ ["page-size"] = 10 }'
  tells "waiting for the network" "$size: :time"
  enter 'ixon.users.get("nobodyatall1")'
  enter ':why'
  shows "404" "$size: :why has the status"
  shows "request and reply: :calls" "$size: and leads to the request"
  enter '("long "):rep(500)'
  enter ':v'
  [ "$(grep -c 'long long' out)" -gt 20 ]
  result $? "$size: :v shows all of it"
  enter ':har session.har'
  shows "wrote" "$size: :har writes a file"
  enter ':har session.har'
  shows "is there already" "$size: and overwrites none"
  rm -f session.har
  screen_type ':pro'
  screen_key Tab
  screen_until cursor_line_is 'errand(sandbox)> :profile'
  key Enter
  shows "* sandbox" "$size: Tab completes a command"
}

# ---- in the sandbox, in both windows ----

for size in "80 24" "40 10"; do
  # shellcheck disable=SC2086
  prompt_start $size --sandbox
  enter ':calls'
  tells "nothing was sent in this session yet" "$size: no calls yet"
  enter 'group = ixon.groups.find{ name = "Plant A" }'
  enter 'role = ixon.roles.find{ name = "Engineer" }'
  enter 'x = { { group = { publicId = group.publicId }, role = { publicId = role.publicId } } }'
  enter 'ixon.invites.create{ emailAddress = "new.hire@example.com", groupRoles = x }'
  shows "_1 = " "$size: an invite"
  enter ':calls'
  shows "invites.create" "$size: :calls lists it"
  enter ':calls 3'
  shows "Authorization: [secret]" "$size: :calls 3 shows it whole"
  enter ':curl 3'
  shows "Careful" "$size: :curl warns of a write"

  ask ':undo 3'
  answer n
  shows "nothing was sent" "$size: :undo asks first"
  shows "DELETE http" "$size: and shows what it would send"
  ask ':undo'
  screen_until asked
  key C-c
  shows "interrupted" "$size: Ctrl-C at the question"
  enter 'ixon.invites.find{ emailAddress = "new.hire@example.com" } ~= nil'
  shows "= true" "$size: takes nothing back"
  ask ':undo'
  answer yes
  shows "undone: " "$size: yes does"
  enter 'ixon.invites.find{ emailAddress = "new.hire@example.com" } ~= nil'
  shows "= false" "$size: the invite is gone"
  enter ':undo 3'
  tells "was undone by call" "$size: and is not undone twice"

  looking
  enter ':help'
  shows ":search WORDS" "$size: :help"
  enter ':help calls'
  [ "$(wc -l <out)" -le 7 ] && ! grep -q '^    ' out
  result $? "$size: :help NAME is broken once"
  enter ':search withdraw invite'
  shows "ixon.invites.delete" "$size: :search"
  enter ':search membership role'
  ! grep -q '^    ' out
  result $? "$size: and has a line for each"
  enter '?ixon.roles'
  tells "gives the one record or nil, and raises kind conflict" "$size: help fits the window"
  enter '?'
  tells ":help lists the commands of the prompt, :tour shows them." "$size: so does the list of all"
  lacks "Run a script" "$size: which has no commands of the shell"
  enter ':serch invite'
  shows ":search?" "$size: a misspelt command"
  screen_type ':q'
  screen_key Enter
  screen_ended
  [ "$code" = 0 ]
  result $? "$size: :q leaves"
done

# ---- where calls go ----

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
configuration() {
  cat >home/.config/errand/config.lua <<END
return {
  default = "test",
  profiles = {
    prod = { protected = true, qalyptus = { url = "$at", key = "qalyptus-QzCanary-1", retry = 0 } },
    test = { qalyptus = { url = "$at", key = secret.env "QALYPTUS_KEY", retry = $1 } },
  },
}
END
}
configuration 0
export QALYPTUS_KEY=qalyptus-QzCanary-2
list='#qalyptus.organizations.list{ get_all = true }'
create='qalyptus.groups.create{ name = "New", organizationId = "11111111-2222-3333-4444-555555555555" }'

prompt_start 80 24
prompts "errand(test)>" "the profile in force"
enter "$list"
sent 1 "a read"
enter ':plan on'
enter "$create"
shows "would send: POST $at/groups" "plan mode, a real profile"
sent 1 "nothing left"
enter ':plan off'
enter ':sandbox on'
prompts "errand(sandbox)>" "the sandbox is in the prompt"
enter "$list"
enter 'ixon.users.list{ ["page-size"] = 10 }'
sent 1 "calls go to the sandbox"
enter ':profile prod'
shows "the sandbox has no other profile" "which has no other profile"
enter ':sandbox off'
prompts "errand(test)>" "and back"
[ ! -e home/.local/state/errand/store.db ]
result $? "the record of writes was not touched"
enter "$list"
sent 2 "calls go to the service again, with the key that the environment no longer has"

enter ':profile'
shows "* test" "the profiles"
enter ':profile prdo'
tells "there is no profile 'prdo'" "a profile that is not there"
prompts "errand(test)>" "changes nothing"
enter ':profile prod'
prompts "errand(prod!)>" "a protected profile is in the prompt"
enter ':profile test'
enter 'task = spawn(function() sleep(600) end)'
enter ':profile prod'
shows "1 task still runs" "a task that would go elsewhere"
enter 'task:cancel()'

configuration '"x"'
enter ':reload'
shows "retry" "a configuration that is wrong is refused"
enter "$list"
sent 3 "and the one before stays"
configuration 1
echo 'return { n = 41 }' >mine.lua
enter 'require("mine").n'
shows "= 41" "a module of one's own"
echo 'return { n = 42 }' >mine.lua
enter ':reload'
shows "forgot mine" ":reload forgets it"
enter 'require("mine").n'
shows "= 42" "and it is read anew"
enter "$list"
sent 4 "the configuration is in force"
enter "$create"
sent 5 "a write"
keep
prompt_end
[ "$code" = 0 ]
result $? "the end"
grep -q QzCanary "$tmp/seen.all" home/.local/state/errand/history
[ $? = 1 ]
result $? "no secret was shown or kept"

done_testing
