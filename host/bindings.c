/* bindings.c - one table of the Lua modules that are written in C. */
/* SPDX-License-Identifier: MIT */

#include "bindings.h"

#include <lauxlib.h>

#include "module.h"

static const luaL_Reg bindings[] = {
  {"host.err", luaopen_host_err},
  {"host.json", luaopen_host_json},
  {"host.http", luaopen_host_http},
  {"host.config", luaopen_host_config},
  {"host.store", luaopen_host_store},
  {"host.sandbox", luaopen_host_sandbox},
  {"host.server", luaopen_host_server},
  {"host.proc", luaopen_host_proc},
  {"host.notify", luaopen_host_notify},
  {"host.clock", luaopen_host_clock},
  {"host.signal", luaopen_host_signal},
  {"host.sys", luaopen_host_sys},
  {"host.facts", luaopen_host_facts},
  {"host.task", luaopen_host_task},
  {"host.state", luaopen_host_state},
  {"host.repl", luaopen_host_repl},
  {"host.progress", luaopen_host_progress},
  {"host.cron", luaopen_host_cron},
  {"host.declare", luaopen_host_declare},
  {"host.own", luaopen_host_own},
  {"cjson", luaopen_errand_cjson},
  {NULL, NULL}};

void bindings_open(lua_State *L) {
  for (const luaL_Reg *b = bindings; b->name; b++)
    module_preload(L, b->name, b->func);
}
