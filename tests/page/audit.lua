-- audit.lua - what is wrong with a page in a browser, for those who read, tab or listen.
-- SPDX-License-Identifier: MIT

local M = {}

-- Contrast as WCAG 2 reckons it: 4.5 for text, 3 for large text.
local SCRIPT <const> = [[
const faults = [];
const seen = el => { const r = el.getBoundingClientRect(); return r.width > 0 && r.height > 0; };
const parse = c => { const m = c.match(/[\d.]+/g).map(Number);
  return { r: m[0], g: m[1], b: m[2], a: m.length > 3 ? m[3] : 1 }; };
const light = c => { const f = v => { v /= 255; return v <= .03928 ? v / 12.92 : Math.pow((v + .055) / 1.055, 2.4); };
  return .2126 * f(c.r) + .7152 * f(c.g) + .0722 * f(c.b); };
const behind = el => { for (let e = el; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
  if (c.a > 0) return c; } return { r: 255, g: 255, b: 255, a: 1 }; };
const contrast = (a, b) => { const x = light(a), y = light(b); return (Math.max(x, y) + .05) / (Math.min(x, y) + .05); };

if (document.documentElement.scrollWidth > window.innerWidth + 1)
  faults.push('wider than the window: ' + document.documentElement.scrollWidth + ' of ' + window.innerWidth);
for (const el of document.querySelectorAll('main *')) {
  const r = el.getBoundingClientRect();
  if (r.width == 0 || r.right <= window.innerWidth + 1) continue;
  faults.push('beyond the right edge: ' + el.outerHTML.slice(0, 80));
  break;
}
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const el = walker.currentNode.parentElement, style = getComputedStyle(el);
  if (!walker.currentNode.data.trim() || !seen(el) || style.visibility == 'hidden') continue;
  const size = parseFloat(style.fontSize), large = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
  const ratio = contrast(parse(style.color), behind(el));
  if (ratio < (large ? 3 : 4.5)) faults.push('contrast ' + ratio.toFixed(2) + ': ' + walker.currentNode.data.trim().slice(0, 40));
  if (size < 12) faults.push('small: ' + size + ' px: ' + walker.currentNode.data.trim().slice(0, 40));
}
for (const el of document.querySelectorAll('.tick:not(.none), .bar')) {
  const style = getComputedStyle(el), ratio = contrast(parse(style.color), behind(el.parentElement));
  if (ratio < 3) { faults.push('contrast of a bar ' + ratio.toFixed(2) + ': ' + el.className); break; }
}
for (const el of document.querySelectorAll('input:not([type=hidden]), textarea, select')) {
  if (!el.labels || !el.labels.length) faults.push('without a label: ' + el.name);
  const edge = parse(getComputedStyle(el).borderTopColor);
  if (el.type == 'text' && contrast(edge, behind(el.parentElement)) < 3) faults.push('faint edge: ' + el.name);
}
for (const el of document.querySelectorAll('button, .button')) {
  const r = el.getBoundingClientRect();
  if (seen(el) && (r.height < 24 || r.width < 24)) faults.push('too small to touch: ' + el.textContent);
  if (!el.textContent.trim()) faults.push('a button without words');
}
if (document.querySelectorAll('h1').length != 1) faults.push('not one main title');
let level = 0;
for (const el of document.querySelectorAll('h1, h2, h3, h4')) {
  const n = Number(el.tagName[1]);
  if (n > level + 1) faults.push('a title of level ' + n + ' behind one of ' + level + ': ' + el.textContent);
  level = n;
}
if (!document.documentElement.lang || !document.title) faults.push('no language or title');
const ids = [...document.querySelectorAll('[id]')].map(el => el.id);
if (new Set(ids).size != ids.length) faults.push('an id twice');
for (const el of document.querySelectorAll('[aria-describedby]'))
  if (!document.getElementById(el.getAttribute('aria-describedby'))) faults.push('described by nothing: ' + el.name);
if (document.querySelectorAll('script, [style], img, iframe').length) faults.push('what no page here may have');
if (getComputedStyle(document.querySelector('.top')).display != 'flex') faults.push('no style');
return faults.slice(0, 12);
]]

--- Faults of the page at which a browser is: a list of sentences.
function M.page(b)
  return b:run(SCRIPT)
end

return M
