#!/bin/sh
# plansecret.sh - plans: no secret of a workflow's input in them, and nothing goes past them.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh

secret=canary-7d20-of-an-input
cd "$tmp" || exit 1
cat >role.lua <<'END'
-- role.lua - a role with a secret in its description.
return workflow.define("role", { args = { { "token", required = true } }, secret = { "token" } }, function(run, i)
  run:step("role", ixon.roles.create, { { name = "Plain", description = "with " .. i.token } })
  error("bad " .. i.token)
end)
END

# clean WHAT FILE...: none of the files has the secret
clean() {
  what=$1
  shift
  ! grep -raqF -- "$secret" "$@"
  result $? "no secret in $what"
}

try errand --sandbox="$tmp/w.json" plan role.lua --token "$secret"
outputs "ixon.roles.create" "plan lists the write"
clean "what plan prints" "$tmp/out" "$tmp/err"
sed -i '/error(/d' role.lua
try errand --sandbox="$tmp/w.json" plan --digest plan.json role.lua --token "$secret"
exits 0 "plan --digest"
clean "the plan" plan.json
try errand --sandbox="$tmp/w.json" plan -o json role.lua --token "$secret"
clean "the plan as JSON" "$tmp/out" "$tmp/err"
try errand --sandbox="$tmp/w.json" run --plan plan.json role.lua --token "$secret"
exits 0 "run --plan"
clean "the store" "$tmp"/w.json.store*
cat >fails.lua <<'END'
-- fails.lua - tells its secret.
return workflow.define("fails", { args = { { "token", required = true } }, secret = { "token" } }, function(_, i)
  error("bad " .. i.token)
end)
END
try errand --sandbox="$tmp/w.json" run fails.lua --token "$secret"
exits 3 "a workflow that tells its secret"
clean "what run tells" "$tmp/out" "$tmp/err"

# ---- what no plan would hold ----

echo 'ixon.roles.create{ { name = "Unplanned" } }' >plain.lua
try errand --sandbox="$tmp/w.json" run --plan plan.json plain.lua
refused 2 "--plan works with a workflow" "a plan and a plain script"
try errand --sandbox="$tmp/w.json" -e 'assert(not ixon.roles.find{ name = "Unplanned" })'
exits 0 "which was not run"
try errand --sandbox="$tmp/w.json" run --plan plan.json fails.lua --token "$secret"
refused 2 "the plan plan.json is of workflow role, and fails.lua is fails" "the plan of another workflow"

# ---- a planned run that died goes on with its plan only ----

cat >two.lua <<'END'
-- two.lua - two roles.
return workflow.define("two", { key = function() return "k" end }, function(run)
  run:step("first", ixon.roles.create, { { name = "First" } })
  run:step("second", ixon.roles.create, { { name = "Second" } })
end)
END
try errand --sandbox="$tmp/w.json" plan --digest two.json two.lua
exits 0 "a plan of two steps"
try ERRAND_CRASH=8 errand --sandbox="$tmp/w.json" run --plan two.json two.lua
[ "$code" -ge 128 ]
result $? "a planned run that dies"
run=$(errand --sandbox="$tmp/w.json" runs list --workflow two -o json 2>/dev/null | sed -n 's/.*"id":"\([^"]*\)".*/\1/p')
try errand --sandbox="$tmp/w.json" runs resume "$run"
exits 8 "is not resumed without its plan"
says "goes on with a plan only" "and says so"
try errand --sandbox="$tmp/w.json" run --plan two.json two.lua
exits 0 "with it, it goes on"

done_testing
