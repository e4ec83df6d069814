/* lenviron.c - the environment that a child gets. */
/* SPDX-License-Identifier: MIT */

/* Credentials of the environment were taken out of it at start, see env.h. A
   child that is errand itself gets them back here, without Lua seeing them. */

#include "lenviron.h"

#include <lauxlib.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "env.h"

#define BLOCK "host.proc.environment"

typedef struct Block {
  size_t size, used;     /* bytes of text behind the pointers */
  size_t n, room;        /* pointers, one more for the NULL */
  const char **list;     /* in the same userdata */
  char *text;
} Block;

typedef struct Pass {
  lua_State *L;
  int changes;           /* stack index of a table by name, 0 for none */
  Block *block;          /* NULL while bytes and pointers are counted */
  size_t n, bytes;
} Pass;

static int block_gc(lua_State *L) {
  lenviron_wipe(L, 1);
  return 0;
}

void lenviron_wipe(lua_State *L, int index) {
  Block *b = luaL_testudata(L, index, BLOCK);
  if (b) explicit_bzero(b->text, b->size);
}

void lenviron_open(lua_State *L) {
  luaL_newmetatable(L, BLOCK);
  lua_pushcfunction(L, block_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}

/* ---- what is in it ---- */

static bool is_changed(const Pass *p, const char *name, size_t n) {
  if (!p->changes) return false;
  lua_pushlstring(p->L, name, n);
  bool changed = lua_rawget(p->L, p->changes) != LUA_TNIL;
  lua_pop(p->L, 1);
  return changed;
}

/* By a finalizer, between counting and copying. */
static void refuse_change(lua_State *L) {
  luaL_error(L, "the environment changes while it is read; try again");
}

static void add_text(Pass *p, const char *name, const char *value) {
  size_t all = strlen(name) + strlen(value) + 2;
  p->n++;
  p->bytes += all;
  if (!p->block) return;
  if (p->bytes > p->block->size || p->n > p->block->room) refuse_change(p->L);
  char *text = p->block->text + p->block->used;
  (void)snprintf(text, all, "%s=%s", name, value);
  p->block->used += all;
  p->block->list[p->block->n++] = text;
}

static void add_taken(void *ctx, const char *name, const char *value) {
  Pass *p = ctx;
  if (!is_changed(p, name, strlen(name))) add_text(p, name, value);
}

static void add_ours(Pass *p) {
  for (char **e = environ; e && *e; e++) {
    const char *equals = strchr(*e, '=');
    if (!equals || is_changed(p, *e, (size_t)(equals - *e))) continue;
    p->n++;
    if (!p->block) continue;
    if (p->n > p->block->room) refuse_change(p->L);
    p->block->list[p->block->n++] = *e;
  }
}

/* The strings of the table of changes. */
static void add_changes(Pass *p) {
  lua_State *L = p->L;
  if (!p->changes) return;
  lua_pushnil(L);
  while (lua_next(L, p->changes)) {
    if (lua_type(L, -1) == LUA_TSTRING)
      add_text(p, lua_tostring(L, -2), lua_tostring(L, -1));
    lua_pop(L, 1);
  }
}

static void add_all(Pass *p, bool ours, bool credentials) {
  if (ours) add_ours(p);
  if (credentials) env_each_taken(add_taken, p);
  add_changes(p);
}

/* ---- from the options ---- */

/* The table in field, checked: texts by name, and false where that is good for
   something. Its stack index, or 0 with a nil there. */
static int read_table(lua_State *L, int index, const char *field,
                      bool removes) {
  if (lua_getfield(L, index, field) == LUA_TNIL) return 0;
  luaL_checktype(L, -1, LUA_TTABLE);
  int table = lua_gettop(L);
  lua_pushnil(L);
  while (lua_next(L, table)) {
    bool removed = removes && lua_isboolean(L, -1) && !lua_toboolean(L, -1);
    if (lua_type(L, -2) != LUA_TSTRING ||
        (!removed && lua_type(L, -1) != LUA_TSTRING))
      luaL_error(L, "option '%s': texts by name expected", field);
    size_t n, value_n = 0;
    const char *name = lua_tolstring(L, -2, &n);
    const char *value = removed ? "" : lua_tolstring(L, -1, &value_n);
    if (n == 0 || strlen(name) != n || strchr(name, '=') ||
        strlen(value) != value_n)
      luaL_error(L, "option '%s': %s cannot be set", field, name);
    lua_pop(L, 1);
  }
  return table;
}

static Block *new_block(lua_State *L, size_t n, size_t bytes) {
  size_t pointers = (n + 1) * sizeof(const char *);
  Block *b = lua_newuserdatauv(L, sizeof *b + pointers + bytes, 0);
  *b = (Block){.size = bytes, .room = n, .list = (const char **)(b + 1)};
  b->text = (char *)(b->list + n + 1);
  b->list[0] = NULL;
  luaL_setmetatable(L, BLOCK);
  return b;
}

const char *const *lenviron_push(lua_State *L, int index, bool credentials) {
  index = lua_absindex(L, index);
  int only = read_table(L, index, "environment", false);
  int set = read_table(L, index, "set", true);
  if (only && (set || credentials))
    luaL_error(L, "option 'environment': it is the whole environment; leave "
               "out 'set' and 'credentials'");
  if (!only && !set && !credentials) {
    lua_pushnil(L);
    return NULL;
  }
  Pass pass = {.L = L, .changes = only ? only : set};
  add_all(&pass, !only, credentials);
  Pass copy = {.L = L, .changes = pass.changes,
               .block = new_block(L, pass.n, pass.bytes)};
  add_all(&copy, !only, credentials);
  copy.block->list[copy.block->n] = NULL;
  return copy.block->list;
}
