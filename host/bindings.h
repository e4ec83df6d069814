/* bindings.h - every Lua module that is written in C. */
/* SPDX-License-Identifier: MIT */
#ifndef BINDINGS_H
#define BINDINGS_H

#include <lua.h>

/* Offers all of them to require; none is opened before it is asked for. */
void bindings_open(lua_State *L);

int luaopen_host_err(lua_State *L);
int luaopen_host_json(lua_State *L);
int luaopen_host_http(lua_State *L);
int luaopen_host_config(lua_State *L);
int luaopen_host_store(lua_State *L);
int luaopen_host_sandbox(lua_State *L);
int luaopen_host_server(lua_State *L);
int luaopen_host_proc(lua_State *L);
int luaopen_host_notify(lua_State *L);
int luaopen_host_clock(lua_State *L);
int luaopen_host_signal(lua_State *L);
int luaopen_host_sys(lua_State *L);
int luaopen_host_facts(lua_State *L);
int luaopen_host_task(lua_State *L);
int luaopen_host_state(lua_State *L);
int luaopen_host_repl(lua_State *L);
int luaopen_host_progress(lua_State *L);
int luaopen_host_cron(lua_State *L);
int luaopen_host_declare(lua_State *L);
int luaopen_host_own(lua_State *L);
int luaopen_errand_cjson(lua_State *L);

#endif
