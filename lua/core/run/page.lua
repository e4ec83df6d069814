-- core/run/page.lua - pieces of a web page: escaping, elements, the style.
-- SPDX-License-Identifier: MIT

local M = {}

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

--- Text as it may stand in a page: nothing in it is mark-up, and what no page
-- may hold, such as control characters, is shown as U+FFFD.
function M.text(value)
  local text = tostring(value)
  if not utf8.len(text) then text = text:gsub("[\x80-\xff]", "\u{FFFD}") end
  text = text:gsub("[%z\1-\8\11\12\14-\31\127]", "\u{FFFD}")
  return (text:gsub("[&<>\"']", entities))
end

-- elements without an end tag
local void = { meta = true, br = true, hr = true, input = true, link = true }

-- { class = "x", id = "y" } in one order
local function attributes(list)
  local names = {}
  for name in pairs(list or {}) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do names[i] = (' %s="%s"'):format(name, M.text(list[name])) end
  return table.concat(names)
end

--- An element. Its content is mark-up already; M.text makes that of text.
-- @tparam string name
-- @tparam ?table attrs by name
-- @tparam ?string|table content a list is joined
function M.element(name, attrs, content)
  if void[name] then return ("<%s%s />"):format(name, attributes(attrs)) end
  if type(content) == "table" then content = table.concat(content, "\n") end
  return ("<%s%s>%s</%s>"):format(name, attributes(attrs), content or "", name)
end

--- The whole page. It loads nothing and runs nothing, and says so.
function M.page(title, body)
  local e = M.element
  local head = e("head", nil, {
    e("meta", { charset = "utf-8" }),
    e("meta", { name = "viewport", content = "width=device-width, initial-scale=1" }),
    e("meta", { ["http-equiv"] = "Content-Security-Policy", content = "default-src 'none'; style-src 'unsafe-inline'" }),
    e("meta", { name = "color-scheme", content = "light dark" }),
    e("title", nil, M.text(title)),
    e("style", nil, M.STYLE),
  })
  return "<!DOCTYPE html>\n" .. e("html", { lang = "en" }, { head, e("body", nil, body) }) .. "\n"
end

M.STYLE = [[

:root {
  --paper: #ffffff; --ink: #1c2024; --soft: #5b6470; --line: #d8dde3; --wash: #f4f6f8;
  --good: #1a7f4b; --bad: #b3261e; --ask: #9a5b00; --calm: #2f6fb0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181c; --ink: #e6e9ed; --soft: #9aa4b0; --line: #343b44; --wash: #1e2329;
    --good: #5fd08f; --bad: #ff8a80; --ask: #f0b455; --calm: #7ab4f0;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 62rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
}
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
p { margin: .4rem 0; }
code, pre { font: .86em/1.45 ui-monospace, "Cascadia Mono", "Liberation Mono", monospace; overflow-wrap: anywhere; }
pre { margin: .3rem 0; padding: .6rem .7rem; background: var(--wash); border-radius: 6px; white-space: pre-wrap; }
.soft { color: var(--soft); }
.state {
  display: inline-block; padding: .05rem .6rem; border-radius: 1rem; border: 1px solid currentColor;
  font-size: .85rem; white-space: nowrap;
}
.good { color: var(--good); } .bad { color: var(--bad); } .ask { color: var(--ask); } .calm { color: var(--calm); }
.outcome { font-size: 1.1rem; margin: .7rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .6rem 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: .85rem; }
th, td { padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
.word { white-space: nowrap; }
.doubt {
  border-left: 4px solid var(--ask); border-radius: 0 6px 6px 0; background: var(--wash); padding: .6rem .9rem; margin: .7rem 0;
}
.steps { list-style: none; margin: 0; padding: 0; }
.steps > li { padding: .55rem 0; border-bottom: 1px solid var(--line); break-inside: avoid; }
.head { display: flex; flex-wrap: wrap; gap: .1rem .7rem; align-items: baseline; }
.head .name { font-weight: 600; overflow-wrap: anywhere; }
.head .time { margin-left: auto; color: var(--soft); font-size: .85rem; }
.track { display: block; width: 100%; height: .5rem; margin: .35rem 0; background: var(--wash); border-radius: .25rem; }
.bar { fill: currentColor; }
details { margin: .3rem 0; } summary { cursor: pointer; color: var(--soft); font-size: .9rem; }
@media (max-width: 34rem) {
  thead { display: none; } tr { display: block; padding: .4rem 0; border-bottom: 1px solid var(--line); }
  td { display: block; border: 0; padding: .05rem 0; }
  td[data-name]::before { content: attr(data-name) ": "; color: var(--soft); }
}
@media print {
  :root { --paper: #fff; --ink: #000; --soft: #444; --line: #bbb; --wash: #f2f2f2;
    --good: #0b5d33; --bad: #8c1a14; --ask: #7a4700; --calm: #1f4e7d; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  .track { border: 1px solid var(--line); }
  details::details-content { content-visibility: visible; height: auto; }
}
]]

return M
