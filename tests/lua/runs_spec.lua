-- runs_spec.lua - how runs are shown: what is said, and what a page may hold.
-- SPDX-License-Identifier: MIT

local t = require "test"
local journal = require "core.run.journal"
local json = require "host.json"
local page = require "core.run.page"
local report = require "core.run.report"
local show = require "core.run.show"
local view = require "core.run.view"

local at, J, id = 1700000000, nil, nil

local function begin()
  J = journal.open(require("host.store").open(), function() return at end)
  id = J:new_id()
  J:create { id = id, workflow = "w", key = "k<1>", input = '{"a":"<script>alert(1)</script>"}', file = "w.lua" }
  J:state(id, "running")
end

local function done(path, more)
  local step = { path = path, kind = "step", class = "create", operation = "ixon.roles.create", args = '[{"name":"x"}]',
    wall = at }
  for name, value in pairs(more or {}) do step[name] = value end
  J:intent(id, step)
  at = at + 2
  J:result(id, path, { value = '{"publicId":"p1"}', remote_id = "p1", seconds = 2 })
end

local function seen(process)
  return view.of(J, J:run(id), { full = true, process = process })
end

-- Every element is closed, and nothing is loaded or run.
local function is_page(html)
  t.ok(utf8.len(html), "UTF-8")
  local open, void = {}, { meta = true, br = true }
  for close, name, rest in html:gsub("^<!DOCTYPE html>", ""):gmatch "<(/?)(%w+)([^>]*)>" do
    if close == "/" then
      t.eq(name, table.remove(open))
    elseif rest:sub(-1) ~= "/" then
      t.ok(not void[name], name)
      open[#open + 1] = name
    end
  end
  t.eq(open, {})
  for _, word in ipairs { "<script", "src=", "href=", "url(", "@import", "http:", "https:" } do
    t.ok(not html:find(word, 1, true), word)
  end
end

t.describe("times in words", function()
  t.it("are short", function()
    local spans = {}
    for i, seconds in ipairs { 0.0042, 0.3, 9.96, 10, 119.5, 120, 245, 7200, 180000 } do spans[i] = view.span(seconds) end
    t.eq(spans, { "5 ms", "0.3 s", "10.0 s", "10 s", "119 s", "2 min", "4 min 5 s", "2 h 0 min", "2 days 2 h" })
    t.eq(view.span(nil), nil)
  end)
end)

t.describe("a run in words", function()
  t.it("says what has been done, and what can be done now", function()
    begin()
    done "first"
    J:state(id, "done", nil, '{"n":1}')
    local run = seen()
    t.eq(run.outcome, "The run is done: 1 change made, in 2.0 s.")
    t.eq(run.next, { ("errand runs undo %s --plan"):format(id) })
    t.eq(run.steps[1].state, "done")
    t.ok(show.text(run, { full = true }):find('arguments: [{"name":"x"}]', 1, true))
  end)

  t.it("tells a step that died under way from one that is under way", function()
    begin()
    J:intent(id, { path = "s", kind = "step", class = "create", operation = "ixon.roles.create" })
    t.ok(seen().steps[1].doubt.why:find("may or may not", 1, true))
    t.ok(seen().outcome:find("was interrupted", 1, true))
    local run = seen(77)
    t.eq(run.steps[1].doubt, nil)
    t.ok(run.outcome:find("process 77", 1, true))
    t.eq(run.next, { ("errand runs cancel %s"):format(id) })
  end)

  t.it("knows of no doubt where nothing has an effect", function()
    begin()
    J:sleep(id, "nap", 1, at + 60)
    J:intent(id, { path = "r", kind = "step", class = "read" })
    for _, step in ipairs(seen().steps) do t.eq(step.doubt, nil) end
  end)

  t.it("has a sentence for every state", function()
    for state in pairs(journal.STATES) do
      begin()
      J:state(id, state, '{"kind":"x","message":"because"}', nil, { reason = "why" })
      local run = seen()
      t.ok(run.outcome:find "^%u.*%.$", state .. ": " .. run.outcome)
      t.ok(view.WORDS[state], state)
      is_page(report.page(run))
    end
  end)

  t.it("has an undo that failed, and what to type", function()
    begin()
    done "first"
    J:undo_intent(id, "first", { class = "set", operation = "ixon.roles.delete" })
    J:undo_failed(id, "first", { kind = "conflict", message = "it is in use" })
    J:state(id, "held", '{"kind":"undo_failed","message":"undo of step first failed: it is in use"}')
    local run = seen()
    t.eq(run.steps[1].state, "undo failed")
    t.eq(run.next[1], ("errand runs undo %s"):format(id))
    t.ok(show.text(run, {}):find("it is in use", 1, true))
  end)
end)

t.describe("the page of a run", function()
  t.it("shows text as text, whatever it is", function()
    t.eq(page.text [[<a href="x">'&]], "&lt;a href=&quot;x&quot;&gt;&#39;&amp;")
    t.eq(page.text "a\0b\27c\127", "a\u{FFFD}b\u{FFFD}c\u{FFFD}")
    t.eq(page.text "\xff\u{e9}", ("\u{FFFD}"):rep(3))
    t.eq(page.text "a\tb\nc", "a\tb\nc")
    t.eq(page.element("p", { title = '"' }, "x"), '<p title="&quot;">x</p>')
  end)

  t.it("cannot be broken by names and values", function()
    begin()
    done("</li><img src=x onerror=alert(1)>", { operation = "<i>.<b>.c", args = '["</pre><script>alert(1)</script>"]' })
    J:approval(id, "ask</p>", { ordinal = 2, ask = "<b>May they?</b>" })
    J:decide(id, "ask</p>", { approved = true, by = "<x>@y", comment = "</details>" })
    J:state(id, "failed", json.encode { kind = "x", message = "</p><script>" })
    local html = report.page(seen())
    t.ok(not html:find("<img", 1, true), "<img")
    t.ok(not html:find("<b>", 1, true), "<b>")
    is_page(html:gsub("src=x", ""):gsub("&lt;script", ""))
    t.ok(html:find("&lt;b&gt;May they?", 1, true))
  end)

  t.it("has what was made where, the bars of the steps, and what is in doubt", function()
    begin()
    done "first"
    J:intent(id, { path = "second", kind = "step", class = "create", operation = "ixon.roles.create" })
    J:doubt(id, "second", { kind = "in_doubt", message = "no answer came" })
    J:state(id, "in_doubt", '{"message":"no answer came"}')
    local html = report.page(seen())
    t.ok(html:find('<td data-name="Id"><code>p1</code></td>', 1, true))
    t.ok(html:find '<rect class="bar good" height="1" width="%d+%.%d%d" x="0%.00"></rect>')
    t.ok(not html:find(" style=", 1, true), "a page without styles inside can have its pieces")
    t.ok(html:find("no answer came.", 1, true))
    t.ok(html:find(("errand runs settle %s second absent"):format(id), 1, true))
    for _, needed in ipairs { "prefers-color-scheme: dark", "@media print", "max-width: 34rem", "<!DOCTYPE html>",
      'lang="en"' } do
      t.ok(html:find(needed, 1, true), needed)
    end
  end)
end)
