-- core/schedule/page/style.lua - how the status page looks.
-- SPDX-License-Identifier: MIT

-- It goes on from the style of a report, so that a run looks the same in both.
-- What a colour says is said by a word or a shape as well.

local M = {}

local OWN <const> = [[
:root { --edge: #7a8591; --fill: #1f5f9e; --on-fill: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --edge: #717d8a; --fill: #7ab4f0; --on-fill: #10151b; } }
html { scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; }
body { padding-top: 0; max-width: 68rem; }
main { overflow-wrap: break-word; }
main:focus { outline: none; }
a { color: var(--calm); text-underline-offset: .15em; }
a:hover { text-decoration-thickness: .12em; }
:focus-visible { outline: 3px solid var(--calm); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--paper); padding: .5rem .8rem; z-index: 1; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
h1 { margin-top: 1.6rem; }
h2 { font-size: 1.15rem; }
h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }

.top {
  display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; align-items: center; padding: .7rem 0;
  border-bottom: 1px solid var(--line);
}
.brand { overflow-wrap: anywhere; min-width: 0; }
.brand a { color: inherit; font-weight: 700; text-decoration: none; }
.brand .soft { font-size: .9rem; }
.top nav { display: flex; gap: .3rem; }
.top nav a { padding: .45rem .7rem; border-radius: 6px; text-decoration: none; color: inherit; }
.top nav a:hover { background: var(--wash); }
.top nav a[aria-current] { font-weight: 600; box-shadow: inset 0 -3px 0 var(--calm); border-radius: 6px 6px 0 0; }
.top form { margin-left: auto; }
.trail { margin: 1.2rem 0 -1rem; font-size: .9rem; }

button, .button {
  display: inline-flex; align-items: center; justify-content: center; min-height: 2.5rem; padding: .45rem .9rem;
  border-radius: 6px; border: 1px solid var(--edge); background: var(--paper); color: var(--ink); font: inherit;
  font-size: .95rem; line-height: 1.3; text-decoration: none; text-align: center; white-space: nowrap; cursor: pointer;
}
button:hover, .button:hover { background: var(--wash); }
.primary { background: var(--fill); border-color: var(--fill); color: var(--on-fill); font-weight: 600; }
.primary:hover { background: var(--fill); text-decoration: underline; }
.danger { border-color: var(--bad); color: var(--bad); font-weight: 600; }
.quiet { border-color: transparent; background: none; color: var(--soft); text-decoration: underline; padding: .45rem .5rem; }
.actions { display: flex; flex-wrap: wrap; gap: .6rem; margin: .8rem 0; align-items: center; }
.small .button, .button.small { min-height: 2.25rem; padding: .3rem .7rem; font-size: .9rem; }
form { margin: 0; }

.health {
  display: grid; grid-template-columns: auto 1fr; gap: .2rem .9rem; align-items: center; margin: .9rem 0; padding: .9rem 1.1rem;
  border: 1px solid var(--line); border-left: .4rem solid currentColor; border-radius: 8px; background: var(--wash);
}
.health .sign { font-size: 1.6rem; line-height: 1; font-weight: 700; }
.health strong { font-size: 1.15rem; }
.health p { color: var(--ink); margin: 0; }
.health ul { grid-column: 2; margin: .3rem 0 0; padding-left: 1.1rem; color: var(--ink); }
.facts dl { margin: .9rem 0; }

.flash {
  border-left: .4rem solid currentColor; background: var(--wash); padding: .7rem 1rem; border-radius: 6px; margin-top: 1.2rem;
  overflow-wrap: anywhere;
}

.need {
  border: 1px solid var(--line); border-left: .4rem solid var(--ask); border-radius: 8px; padding: .8rem 1rem; margin: .8rem 0;
}
.need .head { align-items: center; }
.need ul { padding-left: 1.1rem; margin: .5rem 0; }
.need li { margin: .35rem 0; overflow-wrap: anywhere; }
.questions { list-style: none; }
.need .questions { padding: 0; }
.questions li {
  display: flex; flex-wrap: wrap; gap: .2rem 1rem; justify-content: space-between; align-items: center; padding: .4rem 0;
  border-top: 1px solid var(--line);
}
.questions li > div:first-child { flex: 1 1 16rem; min-width: 0; }
.need p { overflow-wrap: anywhere; }

.strip { display: flex; align-items: flex-end; gap: 2px; height: 1.75rem; width: 16.5rem; max-width: 100%; }
.tick { display: block; flex: 1 1 0; min-width: 3px; height: 100%; border-radius: 2px; background: currentColor; }
.tick.full { height: 60%; }
.tick.open { background: none; border: 1.5px solid currentColor; }
.tick.stub { height: 22%; color: var(--soft); }
.tick.none { height: 3px; background: var(--line); }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; list-style: none; padding: 0; margin: .6rem 0; font-size: .85rem; }
.legend li { display: flex; align-items: flex-end; gap: .4rem; color: var(--soft); }
.legend .tick { flex: 0 0 7px; height: 1.2rem; }
.legend .tick.full { height: .72rem; }
.legend .tick.stub { height: .27rem; }

.moment { overflow-wrap: anywhere; }
.moment .soft { font-size: .88rem; }
td .moment .soft { display: block; }
td .soft { font-size: .9rem; }
td .state { white-space: normal; overflow-wrap: anywhere; }
td { min-width: 7.5rem; }
td.tight { overflow-wrap: normal; white-space: nowrap; min-width: 0; }
td .actions { margin: 0; flex-wrap: nowrap; justify-content: flex-end; }
td .actions > * { flex: none; }
th, td { padding-right: 1rem; }
th:last-child, td:last-child { padding-right: 0; }
td.empty { padding: 0; min-width: 0; }
.schedules td { vertical-align: middle; }
.schedules td:first-child { width: 40%; }
.schedules h3 a { text-decoration-thickness: 1px; }
.refresh { display: flex; flex-wrap: wrap; gap: .2rem .6rem; align-items: center; margin-top: 2rem; font-size: .9rem; }
.log { padding: .8rem .9rem; font-size: .82rem; tab-size: 8; border: 1px solid var(--line); overflow-wrap: anywhere; }
ol.slots { padding-left: 1.4rem; margin: .4rem 0; }
ol.slots li { margin: .2rem 0; }

.card { max-width: 40rem; }
.field { margin: 1rem 0; }
label, legend { font-weight: 600; }
.option label { font-weight: 400; }
.hint { color: var(--soft); font-size: .9rem; margin: .15rem 0 .35rem; }
input[type=text], input[type=password], textarea {
  display: block; width: 100%; padding: .55rem .65rem; border: 1px solid var(--edge); border-radius: 6px;
  background: var(--paper); color: var(--ink); font: inherit;
}
textarea { font-family: ui-monospace, "Cascadia Mono", "Liberation Mono", monospace; font-size: .9rem; }
fieldset { border: 1px solid var(--line); border-radius: 8px; padding: .5rem 1rem .8rem; margin: 1rem 0; min-width: 0; }
.option { display: grid; grid-template-columns: auto 1fr; gap: .6rem; align-items: baseline; padding: .35rem 0; }
.option input { width: 1.15rem; height: 1.15rem; margin: 0; align-self: start; margin-top: .2rem; accent-color: var(--fill); }
.error {
  border-left: .4rem solid var(--bad); background: var(--wash); padding: .7rem 1rem; border-radius: 6px; overflow-wrap: anywhere;
}
.error { margin: .8rem 0; }
.error strong { color: var(--bad); }
.doubt .actions { margin-bottom: .2rem; }

@media (max-width: 46rem) {
  thead { display: none; }
  tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line); }
  td { display: block; border: 0; padding: .1rem 0; }
  td[data-name]::before { content: attr(data-name) ": "; color: var(--soft); }
  td.empty { display: none; }
  td.tight { white-space: normal; }
  .brief td { display: inline-block; margin-right: .7rem; vertical-align: baseline; }
  .brief td[data-name]::before { content: none; }
  .brief td[data-name="Why"] { display: block; color: var(--soft); }
  .brief td.empty { display: none; }
  td .actions { justify-content: flex-start; margin: .4rem 0; }
  td { min-width: 0; }
  .schedules td:first-child { width: auto; }
  .schedules td:first-child::before, .schedules td:nth-child(3)::before { content: none; }
  .schedules td .moment .soft { display: inline; }
  .schedules .strip { margin: .3rem 0; width: 100%; }
}
@media (max-width: 34rem) {
  body { padding-left: .9rem; padding-right: .9rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .45rem; }
  .facts dl { grid-template-columns: max-content 1fr; gap: .1rem .8rem; }
  .facts dd { margin: 0; }
  .top { gap: .1rem .6rem; }
  .actions > form, .actions > .button, .actions > button { flex: 1 1 auto; }
  .actions > form button { width: 100%; }
}
@media print { .top nav, .top form, .actions, .refresh { display: none; } }
]]

--- The whole style.
function M.text()
  return require("core.run.page").STYLE .. OWN
end

--- What stands in the tab of the browser.
M.ICON = [[<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#1f5f9e"/>]]
  .. [[<path d="M3 11V7M6.3 11V4M9.6 11V8M13 11V5" stroke="#fff" stroke-width="1.8" stroke-linecap="round"/></svg>]]

return M
