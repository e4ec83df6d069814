/* lhandle.c - handles that Lua closes, and tasks that wait for one. */
/* SPDX-License-Identifier: MIT */
#include "lhandle.h"

#include <stddef.h>
#include "task.h"

#define WAITER "host.waiter"

struct Waiter {
  Wait wait;             /* first: both share an address */
  Waiter **list;         /* in the handle, the user value; NULL: in none */
  Waiter *next;
};

void lhandle_register(lua_State *L, const char *kind, const luaL_Reg *methods,
                      lua_CFunction close) {
  luaL_newmetatable(L, kind);
  lua_pushcfunction(L, close);
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "__gc");
  lua_setfield(L, -2, "__close");
  if (methods) {
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_setfield(L, -2, "__index");
  }
  lua_pop(L, 1);
}

static void leave(Waiter *w) {
  if (!w->list) return;
  Waiter **at = w->list;
  while (*at && *at != w) at = &(*at)->next;
  if (*at) *at = w->next;
  w->list = NULL;
}

static void waiter_cancel(Wait *w) {
  leave((Waiter *)w);
}

static int waiter_gc(lua_State *L) {
  leave(luaL_checkudata(L, 1, WAITER));
  return 0;
}

int lhandle_wait(lua_State *L, Waiter **list, lua_KFunction k) {
  Waiter *w = lua_newuserdatauv(L, sizeof *w, 1);
  *w = (Waiter){.wait.cancel = waiter_cancel};
  if (luaL_newmetatable(L, WAITER)) {
    lua_pushcfunction(L, waiter_gc);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  w->list = list;
  w->next = *list;
  *list = w;
  return wait_for(L, &w->wait, 0, k);
}

void lhandle_wake(Waiter **list) {
  Waiter *w = *list;
  *list = NULL;
  while (w) {
    Waiter *next = w->next;
    w->list = NULL;
    wait_done(&w->wait);
    w = next;
  }
}
