/* lalloc.h - a Lua state whose Nth allocation fails. */
#ifndef LALLOC_H
#define LALLOC_H

#include <stdlib.h>
#include <lauxlib.h>
#include <lualib.h>

static long lalloc_left = -1;   /* allocations that succeed; -1 all */

static void *lalloc(void *ud, void *p, size_t old, size_t new) {
  (void)ud;
  (void)old;
  if (new == 0) {
    free(p);
    return NULL;
  }
  /* Lua counts on shrinking to succeed. */
  if (!p || new > old) {
    if (lalloc_left == 0) return NULL;
    if (lalloc_left > 0) lalloc_left--;
  }
  return realloc(p, new);
}

/* Calls the C function protected with the Nth allocation failing for N = 0,
   1, ... until it passes. Returns N, -1 if it never did. */
__attribute__((unused)) static long lalloc_loop(lua_State *L,
                                                lua_CFunction fn) {
  for (long n = 0; n < 10000; n++) {
    lua_gc(L, LUA_GCCOLLECT);
    lua_settop(L, 0);
    lua_pushcfunction(L, fn);
    lalloc_left = n;
    int status = lua_pcall(L, 0, 0, 0);
    lalloc_left = -1;
    if (status == LUA_OK) return n;
    if (status != LUA_ERRMEM) {
      printf("# %s\n", lua_tostring(L, -1));
      return -1;
    }
  }
  return -1;
}

#endif
