-- doc.lua - what help says about the script library; one entry a global.
-- SPDX-License-Identifier: MIT
--
-- name, signature, summary (one sentence), doc, parameters { { name, text } },
-- example (runs as it stands).

return {
  { name = "args", signature = "args{ summary = TEXT, ROW, ... } -> table",
    summary = "Declare, read and check the arguments of the script.",
    doc = "A row is { \"first_name\", \"string\", required = true, doc = \"...\" } and is given as "
      .. "--first-name VALUE. --help is made from the rows. All faults are reported at once, with exit "
      .. "code 2. Reading a name that no row declares is an error.",
    parameters = {
      { "summary, doc", "shown by --help" },
      { "type", "string, integer, number, boolean (--x, --no-x), flag (--x), list (repeated), file "
        .. "(must exist), date (YYYY-MM-DD)" },
      { "required", "true: must be given" },
      { "unless", "name of another argument without which this one must be given" },
      { "default", "value when it is left out" },
      { "enum", "list of accepted values" },
      { "min, max", "range of a number, length of a text" },
      { "pattern", "Lua pattern the whole text must match" },
      { "of", "type of a list's elements" },
      { "short", "one letter: -x" },
      { "value", "what help shows for the value" },
      { "positional", "true: a plain word instead of an option" },
      { "secret", "true: a text that help, errors and logs never show. It may be given as @FILE, from a file that only "
        .. "you can read, or as -, one line of standard input; where it is required and missing it is "
        .. "asked for on the terminal" },
    },
    example = [[
local opt = args{
  summary = "Greet somebody.",
  { "name", "string", default = "world", doc = "Who." },
  { "times", "integer", default = 1, min = 1, max = 9 },
}
for _ = 1, opt.times do print("hello " .. opt.name) end]] },
  { name = "array", signature = "array(t) -> t",
    summary = "Mark a table as a JSON array, so that an empty one is written as [].",
    parameters = { { "t", "table; left out: a new one" } },
    example = [[print(json.encode{ tags = array{} })   --> {"tags":[]}]] },
  { name = "deadline", signature = "deadline(time, fn, ...) -> what fn returns",
    summary = "Run fn, but raise kind timeout when it still waits after that time.",
    parameters = { { "time", "seconds, or text such as \"90s\", \"2h\", \"1m30s\"" },
                   { "fn", "function; the rest are its arguments" } },
    example = [[local n = deadline("5s", function() sleep(0.01) return 7 end)
print(n)]] },
  { name = "help", signature = "help(topic)",
    summary = "Print help on an operation, a resource, a service or a name of this library.",
    parameters = { { "topic", "text such as \"ixon.invites.create\"; left out: the contents" } },
    example = [[help "args"]] },
  { name = "json", signature = "json.encode(v) json.pretty(v) json.decode(text)",
    summary = "JSON text from values and back; raises kind validation on bad data.",
    doc = "Integers of 64 bits stay exact, empty lists and objects stay what they were, keys are "
      .. "written sorted. json.null, json.array and json.object are the globals of that name.",
    parameters = { { "v", "value to write" }, { "text", "JSON document" } },
    example = [[print(json.encode{ id = 42, tags = array{} })   --> {"id":42,"tags":[]}]] },
  { name = "log", signature = "log(...) log.warn(...) log.error(...) log.debug(...)",
    summary = "Write a line to standard error, with secrets taken out.",
    doc = "log.info is log itself; log.debug is shown with -vv only.",
    parameters = { { "...", "values, as print shows them; tables as JSON" } },
    example = [[log("three people,", 2, "of them new")]] },
  { name = "null", signature = "null",
    summary = "The value that is written as JSON's null.",
    doc = "A null member of a reply reads as nil; null is what you send.",
    example = [[print(json.encode{ description = null })   --> {"description":null}]] },
  { name = "object", signature = "object(t) -> t",
    summary = "Mark a table as a JSON object, so that an empty one is written as {}.",
    parameters = { { "t", "table; left out: a new one" } },
    example = [[print(json.encode(object{}))   --> {}]] },
  { name = "parallel", signature = "parallel(items, fn, { limit = 8 }) -> outcomes",
    summary = "Run fn for every item, several at a time; one bad item harms no other.",
    doc = "The outcomes are in the order of the items: { item, ok = true, value } or { item, "
      .. "ok = false, error }. A cancellation, such as Ctrl-C, ends them all.",
    parameters = { { "items", "list" }, { "fn", "function(item, position) -> value" },
                   { "limit", "how many at a time, 8" },
                   { "on_progress", "function(done, total, outcome), called after each" },
                   { "progress", "function(item, outcome) -> text of a line shown on a terminal" } },
    example = [[
for _, outcome in ipairs(parallel({ 1, 2, 3 }, function(n) return n * n end)) do
  print(outcome.item, outcome.value)
end]] },
  { name = "print_table", signature = "print_table(list, { columns = NAMES })",
    summary = "Print a list of records as aligned columns, fitted to the terminal.",
    parameters = { { "list", "records" },
                   { "columns", "names in the order wanted; \"a.b\" reaches into nested values" } },
    example = [[print_table({ { id = 1, name = "hr" } }, { columns = { "id", "name" } })]] },
  { name = "read_csv", signature = "read_csv(path, { separator = \",\" }) -> records",
    summary = "Read a CSV file with a header row into a list of records, all values text.",
    doc = "RFC 4180: quoted fields may hold separators and line breaks. Faults are named with their "
      .. "line: a row of the wrong length, a stray quote, a column that comes twice, an empty file, "
      .. "text that is no UTF-8.",
    parameters = { { "path", "file, or \"-\" for standard input" },
                   { "columns", "names that must be there, with no cell empty" },
                   { "unique", "column that holds no value twice" },
                   { "separator", "one character, a comma" },
                   { "max", "largest size in bytes, 64 MiB" } },
    example = [[
for _, person in ipairs(read_csv "scripts/people.csv") do print(person.email) end]] },
  { name = "sleep", signature = "sleep(time)",
    summary = "Wait while other tasks go on.",
    parameters = { { "time", "seconds, or text such as \"500ms\", \"90s\", \"2h\"" } },
    example = [[sleep "10ms"]] },
  { name = "spawn", signature = "spawn(fn, ...) -> task",
    summary = "Run fn as a task beside the script.",
    doc = "task:join() waits and returns what fn returned, or raises what it raised; task:cancel() "
      .. "stops it where it waits.",
    parameters = { { "fn", "function; the rest are its arguments" } },
    example = [[
local task = spawn(function(n) sleep(0.01) return n + 1 end, 41)
print(task:join())]] },
  { name = "try", signature = "try(f, ...) -> results, or nil and the error",
    summary = "Call f and get a raised error as a value.",
    doc = "The error is a table: kind, message, status, problems and more. A cancellation goes on "
      .. "upwards.",
    parameters = { { "f", "function; the rest are its arguments" } },
    example = [[
local value, err = try(error, "no luck")
print(value, err.kind, err.message)]] },
  { name = "workflow", signature = "workflow.define(name, options, function(run, input) ... end) -> workflow",
    summary = "Make a script whose run survives a crash, goes on where it was, and does nothing twice.",
    doc = "A file that returns it is run by errand run FILE. Every call is a step, run:step(name, operation, "
      .. "arguments...): it is in the store before it is sent and when it is answered; when the run goes on, the "
      .. "function starts anew and each step that was done gives what it gave. A call outside a step is an error. "
      .. "workflow.fail(reason) ends a step or the run as failed, workflow.retry(time) has the step tried again then. "
      .. "run has step, sleep(name, time), approve(name, { ask, timeout, on_timeout }), parallel(name, branches), "
      .. "each(name, list, key, function(run, item)), pivot(name), note(text), now(), uuid(name), random(), hold(reason) and "
      .. "undo(reason); in a run that a schedule began, run.slot says for which time.",
    parameters = {
      { "args", "rows as args{} has them: the input of the run" },
      { "input", "function(args) -> input; runs once and may read files" },
      { "key", "function(input) -> text; one live run for each" },
      { "on_fail", "\"hold\" (a person looks) or \"undo\"" },
      { "timeout", "of the whole run, such as \"14d\"; then it is held" },
      { "secret", "names of members of the input that are never kept; a row of args with secret = true is one" },
      { "summary, doc", "shown by --help" },
    },
    example = [[
local greet = workflow.define("greet", {
  args = { { "name", default = "world" } },
  key = function(input) return input.name end,
}, function(run, input)
  run:sleep("a moment", "10ms")
  return { hello = input.name, at = run:now() }
end)
print(greet.name)   -- a file that ends with "return greet" is run by errand run]] },
}
