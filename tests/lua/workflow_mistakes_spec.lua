-- workflow_mistakes_spec.lua - what somebody is told whose workflow is wrong.
-- SPDX-License-Identifier: MIT

local t = require "test"

local error_ = require "core.error"
local json = require "host.json"
local lines = require "core.run.lines"
local runs = require "runs"
local workflow = require "std.workflow"

-- what lines say of a run of the text
local function said(text, input)
  local out = {}
  runs.run(text, input, { observer = lines.new(function(line) out[#out + 1] = line end) })
  return table.concat(out, "\n")
end

local function has(text, part)
  return t.ok(text:find(part, 1, true), ("%q has no %q"):format(text, part))
end

local HEAD <const> = "key = function() return 'k' end"
local CORRECT <const> = "a run keeps the script that it began with: to run a corrected one, end this run first with errand runs "
  .. "abandon r-"

t.describe("a workflow with a mistake", function()
  t.it("tells how a corrected one is run, for resuming keeps the mistake", function()
    runs.fresh()
    has(said(runs.wrap("local r; return r.name", HEAD)), CORRECT)
    has(said(runs.wrap("run:stop()", HEAD:gsub("'k'", "'l'"))), CORRECT)
  end)

  t.it("tells the line and the call that it is about", function()
    runs.fresh()
    local typo = said(runs.wrap("run:step('s', ixon.invites.craete, {})", HEAD))
    has(typo, CORRECT)
    t.ok(typo:find("held: [^ ]+:%d+: ixon.invites has no operation 'craete' %(did you mean 'create'%?%)"), typo)
    local member = said(runs.wrap("run:step('s', ixon.invites.create, { emialAddress = 'x' })", HEAD:gsub("'k'", "'l'")))
    has(member, CORRECT)
    t.ok(member:find("held: [^ ]+:%d+: ixon.invites.create: %d problems, nothing was sent %(.*did you mean 'emailAddress'%?"), member)
  end)

  t.it("is not what holds a run whose step failed, nor one that wants to be held", function()
    runs.fresh { "status=400:ixon.invites.create@1" }
    t.ok(not said(runs.wrap(runs.invite, HEAD), runs.people.a):find("corrected", 1, true))
    runs.fresh()
    t.ok(not said(runs.wrap("run:hold('look')", HEAD)):find("corrected", 1, true))
  end)

  t.it("is told apart from the corrected one that its run does not take", function()
    runs.fresh()
    t.ok(not said(runs.wrap("local r; return r.name", HEAD)):find("was changed", 1, true))
    t.ok(not said(runs.wrap("local r; return r.name", HEAD)):find("was changed", 1, true), "the same text")
    has(said(runs.wrap("local r = {}; return r.name", HEAD)),
      "goes on; the script was changed since, but the run keeps the one that it began with")
  end)

  t.it("is told that it was not run where it was not returned", function()
    local path = os.tmpname()
    local function run_file(text)
      require("host.sys").write_file(path, text)
      local ok, err = pcall(require("core.cli.run").run, { path })
      return ok or tostring(err)
    end
    has(run_file "workflow.define('forgotten', {}, function() end)",
      "defines the workflow 'forgotten' and does not return it, so it was not run")
    t.eq(run_file "local _ = 1", true) -- what was defined before counts no more
    os.remove(path)
  end)

  t.it("cannot name a secret that there is not", function()
    local function define(options)
      return function() return workflow.define("w", options, function() end) end
    end
    local args = { { "email" }, { "token" } }
    t.raises(define { args = args, secret = { "tokn" } }, "secret: there is no argument 'tokn' (did you mean 'token'?)")
    t.raises(define { args = args, secret = { 1 } }, "secret: names of input members expected, got number")
    t.raises(define { args = args, secret = { token = true } }, "secret: a list of names expected")
    t.eq(define { args = args, secret = { "token" } }().secret.token, true)
    t.eq(define { args = args, secret = { "made" }, input = function() return {} end }().secret.made, true)
  end)

  t.it("or without one is held by Ctrl-C as interrupted, which is not cancelled", function()
    local J = runs.fresh()
    J.hook = function(point)
      if point == "look" then error(error_.new("cancelled", "cancelled"), 0) end
    end
    t.ok(not pcall(runs.run, runs.wrap(runs.invite, HEAD), runs.people.a))
    local row = J:runs {}[1]
    t.eq({ row.state, json.decode(row.error).message }, { "held", "interrupted" })
  end)

  t.it("is told of a branch that failed in no step, though the body does not look", function()
    runs.fresh()
    local each = "run:each('p', { 1, 2 }, function(x) return x end, function(b, x) %s end)"
    local text = said(runs.wrap(each:format("local r; return r.name"), HEAD))
    has(text, "  p/1  failed: ")
    has(text, "  p/2  failed: ")
    runs.fresh { "status=400:ixon.invites.create@1" }
    text = said(runs.wrap("run:each('p', { i }, function(x) return x.email end, function(b, i) local run = b; "
      .. runs.invite .. " end)", HEAD), runs.people.a)
    has(text, "/invite  failed: ")
    local _, count = text:gsub("  failed: ", "")
    t.eq(count, 1, "a failed step is told once")
  end)

  t.it("is not told the address of a function as its name", function()
    runs.fresh()
    has(said(runs.wrap("run:step(ixon.roles.find, {})", HEAD)), "step: a name that is a text expected, got function\n")
    has(said(runs.wrap("run:step('', ixon.roles.find, {})", HEAD:gsub("'k'", "'l'"))), "got an empty one")
  end)
end)
