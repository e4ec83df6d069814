// net_js.mjs - the work of the network measurements in Node or bun.
//
// node net_js.mjs fetch|undici ROW URL COUNT AT_ONCE: prints the seconds of
// wall clock and of processor time that the work took, and the peak of memory
// in KB.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [how, row, url, countText, atOnceText] = process.argv.slice(2);
const count = Number(countText), atOnce = Number(atOnceText);

const headers = {
  "Api-Version": "2", "Api-Application": "abcdefghijkl",
  "Api-Company": "1111-2222-3333-4444-5555", Authorization: "Bearer secret",
};
const post = row === "post" || row === "fresh";
const body = JSON.stringify({ action: "update_account", account_key: "5a50d8fed44aa9.76285894", active: "1" });
const options = { method: post ? "POST" : "GET", headers };
if (post) {
  headers["Content-Type"] = "application/json";
  options.body = body;
}

let ask;
if (how === "undici") {
  const { request, Agent, setGlobalDispatcher } = createRequire(process.env.NET_MODULES + "/")("undici");
  setGlobalDispatcher(new Agent({ connections: atOnce, pipelining: row === "fresh" ? 0 : 1 }));
  ask = async (address) => (await request(address, options)).body.json();
} else {
  if (row === "fresh") options.keepalive = false;
  ask = async (address) => (await fetch(address, options)).json();
}

async function once() {
  const value = await ask(url);
  if (post ? value.status_code !== 200 : value.status !== "success") throw new Error("wrong reply");
}

async function pages() {
  const all = [];
  let value = await ask(url);
  for (;;) {
    for (const record of value.data) all.push(record);
    if (value.moreAfter === null) break;
    value = await ask(url + "&page-after=" + value.moreAfter);
  }
  if (all.length !== count * 100) throw new Error("records are missing");
}

async function sideBySide() {
  let left = count;
  const lane = async () => {
    while (left > 0) {
      left--;
      await once();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

await ask(url); // the first call is nobody's
const cpu = process.cpuUsage();
const wall = performance.now();
await (row === "pages" ? pages() : sideBySide());
const seconds = (performance.now() - wall) / 1e3;
const used = process.cpuUsage(cpu);
const peak = /VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1];
console.log(seconds.toFixed(6), ((used.user + used.system) / 1e6).toFixed(6), peak);
process.exit(0);
