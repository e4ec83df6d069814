-- helptopics.lua - what errand help says about work that takes more than one command.
-- SPDX-License-Identifier: MIT
--
-- name, also (another word for it), summary (a line of the list), about (commands and names of the script
-- library that lead on to it), parts: a text is a paragraph, { code } stands as
-- it is. A code whose first line is "-- NAME.lua" is a file that works as it
-- stands, "$ " begins a command; tests/e2e/readme.sh runs all of them, in order.

return {
  { name = "start", summary = "The first quarter of an hour, without an account.", about = { "help", "call", "search", "sandbox" },
    parts = {
      "errand runs scripts that call the APIs of business systems. With --sandbox all of these systems are simulated on this "
        .. "machine: nothing can go wrong, and no account is needed.",
      { "$ errand --sandbox call ixon users list --fields publicId,emailAddress\n"
        .. "$ errand help ixon.users.list\n"
        .. "$ errand search reset password" },
      "errand --sandbox alone opens a prompt; Tab completes, and :tour leads through it in five minutes.",
      "Ready-made scripts: onboard.lua brings people into three systems, offboard.lua out of them, audit.lua lists who has access "
        .. "to what. They are in the folder scripts of the source, installed in share/doc/errand/scripts. plan shows what one "
        .. "would do, run does it; the simulation is kept in world.json from command to command:",
      { "$ errand --sandbox=world.json plan scripts/onboard.lua --csv scripts/people.csv\n"
        .. "$ errand --sandbox=world.json run scripts/onboard.lua --csv scripts/people.csv\n"
        .. "$ errand --sandbox=world.json runs" },
      "On: errand help configuration (your own systems), workflows (your own scripts), schedules (every night), services (a "
        .. "system that errand does not know). docs/guide.md has all of it, step by step.",
    } },
  { name = "workflows", summary = "Writing a script that survives a crash, and what to do when one stops.",
    about = { "run", "runs", "plan", "prove", "workflow" },
    parts = {
      "A workflow is a Lua script whose calls are steps. errand writes down each step before and after it is made, so that the "
        .. "same command, given again after a crash, goes on where it was and does nothing twice.",
      { "-- guest.lua\n"
        .. "return workflow.define(\"guest\", {\n"
        .. "  summary = \"Let a guest see a plant.\",\n"
        .. "  args = { { \"email\", required = true }, { \"group\", default = \"Plant A\" } },\n"
        .. "  key = function(input) return input.email end,\n"
        .. "}, function(run, input)\n"
        .. "  local group = run:step(\"group\", ixon.groups.find, { name = input.group })\n"
        .. "  local role = run:step(\"role\", ixon.roles.find, { name = \"Operator\" })\n"
        .. "  if not group then workflow.fail(\"no group '\" .. input.group .. \"'\") end\n"
        .. "  run:step(\"invite\", ixon.invites.create, {\n"
        .. "    emailAddress = input.email,\n"
        .. "    groupRoles = { { group = { publicId = group.publicId },\n"
        .. "                     role = { publicId = role.publicId } } },\n"
        .. "  })\n"
        .. "end)" },
      "run:step(NAME, OPERATION, ...) gives the operation what follows; errand help OPERATION says what that is. Every call of a "
        .. "service is a step. What stands between steps sees neither clock nor files; run:now() is the time. run:each does "
        .. "the same for many: errand help workflow lists what there is.",
      { "$ errand --sandbox=world.json plan guest.lua --email guest@example.com\n"
        .. "$ errand --sandbox=world.json run guest.lua --email guest@example.com\n"
        .. "$ errand prove --limit 40 guest.lua --email guest@example.com" },
      "plan sends reads only and lists the changes. prove kills the workflow at every point in a simulation and counts what "
        .. "happened twice. For real it is the same without --sandbox.",
      "A run that is done ends with exit code 0, failed with 1. With 3 it is held or waits: when the reason is gone, errand runs "
        .. "resume ID. With 4 it is in doubt: a change may have been made, and nobody could look. errand runs show ID says which; "
        .. "look into that system, then say what you saw with errand runs settle. errand runs undo ID --plan shows what "
        .. "taking the run back would do.",
      "A run keeps the script that it began with. After mending a mistake in the script: errand runs abandon ID --reason TEXT, "
        .. "then the same command again.",
      "On: errand help schedules. docs/durable-runs.md says what is promised.",
    } },
  { name = "schedules", summary = "Running scripts by themselves, seeing that they ran, being told when not.",
    about = { "schedule", "serve" },
    parts = {
      "What is to happen by itself stands in a Lua file; paths begin at its folder:",
      { "-- schedule.lua\n"
        .. "defaults { tz = \"Europe/Berlin\", notify = { on = \"failure\", mail = \"ops@example.com\" } }\n"
        .. "\n"
        .. "schedule \"access audit\" {\n"
        .. "  at = \"15 6 * * 1-5\",     -- minute, hour, day, month, day of the week\n"
        .. "  run = \"scripts/audit.lua\",\n"
        .. "}" },
      { "$ errand schedule check schedule.lua\n"
        .. "$ errand --sandbox schedule run \"access audit\" --schedule schedule.lua" },
      "errand serve --schedule schedule.lua does it at the times given, until it is told to stop; with --page 127.0.0.1:8700 there "
        .. "is a page to look at. As a service of systemd it reads /etc/errand/schedule.lua and /etc/errand/config.lua: "
        .. "systemctl enable --now errand.",
      "Every time at which something is due is a slot, with its outcome or the reason why it did not run: errand schedule list, "
        .. "errand schedule log NAME. notify sends a mail, runs a command or calls a webhook when something failed, was missed, or "
        .. "waits for somebody. ping = URL asks a watching service at each start and end, which raises an alarm when this "
        .. "machine is dead.",
      "On: errand schedule --help. docs/schedules.md has every field and every rule.",
    } },
  { name = "services", also = "catalogue", summary = "Adding an API that errand does not know.",
    about = { "api", "export", "list-operations" },
    parts = {
      "A service is described by one file, its catalogue, as data. Put it into ~/.config/errand/services/NAME/catalogue.lua; "
        .. "ERRAND_SERVICES names another folder than ~/.config/errand/services. Nothing has to be built. For a trial in this "
        .. "folder:",
      { "$ mkdir -p services/helpdesk" },
      { "-- services/helpdesk/catalogue.lua\n"
        .. "return {\n"
        .. "  format = 1, name = \"helpdesk\", title = \"Helpdesk, tickets\",\n"
        .. "  url = { example = \"https://helpdesk.example.com/api\" },\n"
        .. "  settings = { { \"key\", \"string\", required = true, secret = true } },\n"
        .. "  auth = { { needs = { \"key\" },\n"
        .. "             send = { { \"Authorization\", value = \"Bearer {key}\" } } } },\n"
        .. "  envelope = { data = \"/data\", message = { \"/error\" } },\n"
        .. "  resources = {\n"
        .. "    { \"tickets\", operations = {\n"
        .. "      { \"list\", http = \"GET /tickets\", effect = \"read\", returns = \"[object]\",\n"
        .. "        query = { { \"state\", \"string\", enum = { \"open\", \"closed\" } } },\n"
        .. "        summary = \"List tickets.\", example = \"return helpdesk.tickets.list()\" },\n"
        .. "      { \"create\", http = \"POST /tickets\", effect = \"create\", returns = \"object\",\n"
        .. "        body = { { \"title\", \"string\", required = true } },\n"
        .. "        summary = \"Open a ticket.\",\n"
        .. "        example = [[helpdesk.tickets.create{ title = \"No paper\" }]] },\n"
        .. "    } },\n"
        .. "  },\n"
        .. "}" },
      "url is where it is; the real address comes into the configuration. settings are what an account has, auth puts them on "
        .. "each request. envelope says where the data and the error are in an answer. A row is a name, a type and what is known "
        .. "of it. effect says what repeating does: read, set (same end), create, send.",
      "All mistakes in the file are told as soon as the service is used:",
      { "$ ERRAND_SERVICES=services errand help helpdesk\n"
        .. "$ ERRAND_SERVICES=services errand help helpdesk.tickets.create" },
      "A second file, sandbox.lua beside it, lets --sandbox play the service:",
      { "-- services/helpdesk/sandbox.lua\n"
        .. "return {\n"
        .. "  base = \"/helpdesk\", ids = \"integer\", id = \"id\",\n"
        .. "  account = { key = \"sandbox-helpdesk-key\" },\n"
        .. "  reply = { success = { data = \"{data}\" }, failure = { error = \"{message}\" } },\n"
        .. "  seed = { tickets = { { id = 1, title = \"No paper\", state = \"open\" } } },\n"
        .. "}" },
      { "$ export ERRAND_SERVICES=services\n"
        .. "$ errand --sandbox call helpdesk tickets list --state open\n"
        .. "$ errand --sandbox -e 'return helpdesk.tickets.create{ title = \"New screen\" }'" },
      "errand api SERVICE GET /PATH sends what a catalogue does not describe. docs/guide.md goes on with this example: pages, "
        .. "find, what undoes a call; docs/catalogue.md has all that a catalogue can say.",
    } },
  { name = "configuration", summary = "Telling errand about your systems and accounts.",
    about = { "config", "doctor", "login", "whoami" },
    parts = {
      "The file is ~/.config/errand/config.lua; --config FILE or ERRAND_CONFIG name another one. It must be yours alone: chmod 600. "
        .. "A profile is a set of accounts; --profile NAME picks one. errand help SERVICE lists the settings of a service, "
        .. "docs/http.md those that all have: certificates, proxies, timeouts.",
      { "-- config.lua\n"
        .. "return {\n"
        .. "  default = \"prod\",\n"
        .. "  profiles = {\n"
        .. "    prod = {\n"
        .. "      protected = true,         -- writes ask for the name of the profile\n"
        .. "      qalyptus = {\n"
        .. "        url = \"https://reports.example.com/api/v1\",\n"
        .. "        key = secret.file \"~/.config/errand/qalyptus.key\",\n"
        .. "      },\n"
        .. "    },\n"
        .. "  },\n"
        .. "}" },
      "Each setting may come from a variable instead, which needs no file: ERRAND_QALYPTUS_URL, ERRAND_QALYPTUS_KEY.",
      { "$ chmod 600 config.lua\n"
        .. "$ errand --config config.lua config check" },
      "config check tells all mistakes and where each setting comes from, never a secret; with --resolve it fetches the secrets. "
        .. "errand login SERVICE signs in, errand doctor --online looks whether all systems can be reached.",
      "On: errand help secrets.",
    } },
  { name = "secrets", also = "secret", summary = "Where passwords and keys come from, and where they never appear.", about = { "logout" },
    parts = {
      "A secret stands in the configuration by where it is:",
      { "secret.file \"/run/secrets/x\"      a file that only you can read\n"
        .. "secret.command \"pass show x\"      the first line that a command prints\n"
        .. "secret.env \"NAME\"                 a variable, which is then taken away\n"
        .. "secret.credential \"errand_x\"      systemd: /etc/errand/credentials/x\n"
        .. "secret.prompt()                   you are asked on the terminal" },
      "It is fetched when it is first needed. It never gets into Lua, so no script can print it, and it is cut out of every log, "
        .. "trace, error text and record. To give a script a secret of its own, mark the row of its args with secret = true: it "
        .. "is then given as --password @FILE, or asked for.",
      "Tokens that a login buys are forgotten at the end, unless the setting cache_tokens is true; errand logout removes them.",
      "On: docs/configuration.md, docs/security.md.",
    } },
}
