-- man_spec.lua - the manual pages, and how Markdown becomes one.
-- SPDX-License-Identifier: MIT

local t = require "test"
local man = require "core.export.man"
local markdown = require "core.export.markdown"
local roff = require "core.export.roff"

local function body(text)
  local page = roff.page("x", 5, "y")
  markdown.add(page, text)
  return page:text():match '%.SH "DESCRIPTION"\n(.*)$'
end

t.describe("the manual", function()
  t.it("has every command, every option and every exit code of errand --help", function()
    local text = man.errand()
    for _, name in ipairs(require("core.cli").commands) do
      t.ok(text:find('.SS "' .. roff.escape(name) .. '"', 1, true), name)
      for _, row in ipairs(require("core.cli").module(name).options or {}) do
        t.ok(text:find(roff.bold("--" .. row[1]), 1, true), name .. " --" .. row[1])
      end
    end
    for _, row in ipairs(require "core.cli.globals") do t.ok(text:find(roff.bold("--" .. row[1]), 1, true), row[1]) end
    local status = text:match '%.SH "EXIT STATUS"\n(.-)%.SH'
    for _, code in ipairs { "0", "1", "2", "3", "4", "5", "6", "7", "8", "130" } do
      t.ok(status:find(roff.bold(code), 1, true), code)
    end
  end)

  t.it("has the script library and all settings", function()
    local text = man.library()
    for _, entry in ipairs(require "std.doc") do
      t.ok(text:find((".SH \"%s\""):format(roff.escape(entry.name:upper())), 1, true), entry.name)
    end
    local pages = {}
    for _, page in ipairs(man.pages "docs") do pages[page[1]] = page[2] end
    for _, name in ipairs { "errand.1", "errand-library.3", "errand-topics.7", "errand-config.5", "errand-schedule.5",
                            "errand-catalogue.5" } do
      t.ok(pages[name], name)
      t.ok(pages[name]:find '\n%.SH "NAME"\nerrand', name)
    end
    for _, row in ipairs(require("core.settings").rows) do t.ok(pages["errand-config.5"]:find(roff.bold(row[1]), 1, true), row[1]) end
    for _, row in ipairs(require("core.schedule.fields").rows) do
      t.ok(pages["errand-schedule.5"]:find(roff.bold(row[1]), 1, true), row[1])
    end
  end)

  t.it("has the topics of errand help", function()
    local text = man.topics()
    for _, topic in ipairs(require "core.helptopics") do
      t.ok(text:find(('.SH "%s"'):format(topic.name:upper()), 1, true), topic.name)
    end
  end)

  t.it("is the same each time", function()
    t.eq(man.pages "docs", man.pages "docs")
    t.eq(#man.pages(), 3)
  end)
end)

t.describe("roff", function()
  t.it("shows each character as it is", function()
    t.eq(roff.escape [[a-b\c 'd' `e` ^~]], [[a\-b\ec \(aqd\(aq \(gae\(ga \(ha\(ti]])
    local page = roff.page("x", 1, "y")
    page:paragraph ".TH not a macro"
    page:code ".dot\n'quote\n\nend"
    local text = page:text()
    t.ok(text:find("\n\\&.TH not", 1, true))
    t.ok(text:find("\n\\&.dot\n\\(aqquote\n\nend\n", 1, true), text)
  end)
end)

t.describe("Markdown as a manual page", function()
  t.it("keeps paragraphs, code, emphasis and links", function()
    t.eq(body "One\ntwo `a-b` **c** and [d](e.md), [f](https://x.example.com).\n",
      ".PP\nOne two \\fBa\\-b\\fR c and d, f (https://x.example.com).\n")
    t.eq(body "*in doubt*", ".PP\nin doubt\n")
    t.eq(body "a_b_c * d * e", ".PP\na_b_c * d * e\n")
    t.eq(body "`` a`b ``", ".PP\n\\fBa\\(gab\\fR\n")
    t.eq(body "open ` tick", ".PP\nopen \\(ga tick\n")
  end)

  t.it("makes sections of headings", function()
    t.eq(body "# Title\n\nText\n\n## The `run`\n\n### Sub\n", '.PP\nText\n.SH "THE RUN"\n.SS "Sub"\n')
  end)

  t.it("keeps fenced code as it is", function()
    t.eq(body "```lua\nx = '-'\n\n.y\n```\nAfter\n", ".PP\n.RS 4\n.nf\nx = \\(aq\\-\\(aq\n\n\\&.y\n.fi\n.RE\n.PP\nAfter\n")
    t.eq(body "```\nno end", ".PP\n.RS 4\n.nf\nno end\n.fi\n.RE\n")
  end)

  t.it("makes items of tables and lists", function()
    t.eq(body "| a | b |\n|---|---|\n| `x` | one \\| two |\n| y | |\n", ".TP\n\\fBx\\fR\none | two\n.TP\ny\n\\&\n")
    t.eq(body "| a | b | c |\n|---|:-:|---|\n| x | 1 | 2 |\n", ".TP\nx\nb: 1; c: 2\n")
    t.eq(body "- one\n  more\n- two\n\n1. three\n", ".IP \\(bu 4\none more\n.IP \\(bu 4\ntwo\n.IP 1. 4\nthree\n")
  end)
end)
