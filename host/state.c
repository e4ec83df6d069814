/* state.c - the Lua state: libraries, limits, one protected door. */
/* SPDX-License-Identifier: MIT */

#include "state.h"

#include <lauxlib.h>
#include <lualib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "bindings.h"
#include "lerr.h"
#include "module.h"
#include "pool.h"
#include "json.h"
#include "task.h"

struct State {
  lua_State *L;
  Loop *loop;       /* borrowed */
  size_t used, max;
  Pool pool;        /* the small objects of L */
  char *lua_dir;    /* nullable */
};

enum { DEFAULT_MEMORY = 1 << 30 };

/* The thread whose Lua code runs now; read by the signal handler. */
static lua_State *volatile running;
static volatile sig_atomic_t interrupted;
static volatile sig_atomic_t interrupts;    /* since one was heeded */
static volatile sig_atomic_t leaving;
static volatile sig_atomic_t in_statement;  /* of the prompt */
static volatile sig_atomic_t asked;         /* since that began */
static volatile sig_atomic_t urged;         /* after so many milliseconds */
static volatile sig_atomic_t urged_anew;
static double busy_since;                   /* with urged; 0: not known */
static state_stop_fn *on_stop;

static State *state_of(lua_State *L) {
  return *(State **)lua_getextraspace(L);
}

Loop *state_loop(lua_State *L) {
  return state_of(L)->loop;
}

const char *state_lua_dir(lua_State *L) {
  return state_of(L)->lua_dir;
}

size_t state_memory(lua_State *L, size_t limit) {
  State *s = state_of(L);
  if (limit > 0) s->max = limit > s->used ? limit : s->used;
  return s->used;
}

lua_State *state_lua(State *s) {
  return s->L;
}

/* Counts what the state holds; refuses growth beyond the ceiling. */
static void *allocate(void *ud, void *p, size_t old, size_t new) {
  State *s = ud;
  if (!p) old = 0;
  if (new > old && new - old > s->max - s->used) return NULL;
#ifdef __SANITIZE_ADDRESS__    /* which watches malloc, not our pool */
  void *q = new ? realloc(p, new) : NULL;
  if (!new) free(p);
#else
  void *q = pool_realloc(&s->pool, p, old, new);
#endif
  if (q || new == 0) s->used = s->used - old + new;
  return q;
}

/* ---- interruption ---- */

static bool is_own_frame(const lua_Debug *ar) {
  return strncmp(ar->source, "=errand:", 8) == 0;
}

/* Stays where a statement of the prompt is stopped for the second time; what
   is raised once is then raised again in the user's code alone, so that the
   library can note what became of a write. */
static void stop_hook(lua_State *L, lua_Debug *ar) {
  Err err;
  if (!state_insists()) {
    lua_sethook(L, NULL, 0, 0);
    if (!interrupted) return;      /* what was to be stopped is over */
  } else if (!interrupted) {
    lua_getinfo(L, "Sl", ar);
    if (ar->currentline <= 0 || is_own_frame(ar)) return;
  }
  interrupted = 0;
  if (on_stop) on_stop(L);
  err_set(&err, ERR_CANCELLED, "interrupted");
  lerr_raise(L, &err);
}

void state_stop(lua_State *L) {
  lua_sethook(L, stop_hook, LUA_MASKCALL | LUA_MASKRET | LUA_MASKCOUNT, 1);
}

/* Stays, for there may be more to stop. */
static void urge_hook(lua_State *L, lua_Debug *ar) {
  Err err;
  if (!urged) {
    lua_sethook(L, NULL, 0, 0);
    return;
  }
  if (urged_anew || busy_since <= 0) busy_since = loop_now();
  urged_anew = 0;
  if (loop_now() - busy_since < urged / 1000.0) return;
  lua_getinfo(L, "Sl", ar);
  if (ar->currentline <= 0 || is_own_frame(ar)) return;
  busy_since = 0;
  err_set(&err, ERR_CANCELLED, "interrupted");
  lerr_raise(L, &err);
}

static void urge(lua_State *L) {
  if (lua_gethook(L) != stop_hook)
    lua_sethook(L, urge_hook, LUA_MASKCOUNT, 1000);
}

void state_urge(double seconds) {
  lua_State *L = running;
  urged_anew = 1;
  urged = (int)(seconds * 1000);
  if (urged && L) urge(L);
}

int state_interrupt(void) {
  interrupted = 1;
  if (in_statement) asked++;
  lua_State *L = running;
  if (L) state_stop(L);
  return ++interrupts;
}

void state_statement(lua_State *L, bool begins) {
  in_statement = begins;
  asked = 0;
  if (!begins) lua_sethook(L, NULL, 0, 0);
}

bool state_insists(void) {
  return in_statement && asked > 1;
}

void state_heeded(void) {
  if (!leaving) interrupts = 0;
}

void state_leaving(void) {
  interrupts = 0;
  leaving = 1;
}

bool state_is_leaving(void) {
  return leaving;
}

void state_on_stop(state_stop_fn *fn) {
  on_stop = fn;
}

bool state_take_interrupt(void) {
  bool was = interrupted;
  interrupted = 0;
  return was;
}

lua_State *state_running(lua_State *L) {
  lua_State *before = running;
  running = L;
  if (urged && L) urge(L);
  if (!L) busy_since = 0;
  return before;
}

/* coroutine.resume and wrap of Lua itself would hide the running thread from
   the signal handler, so ours note it. Otherwise they are the same. */
static int resume(lua_State *L, lua_State *co, int nargs) {
  if (!lua_checkstack(co, nargs)) {
    lua_pushliteral(L, "too many arguments to resume");
    return -1;
  }
  lua_xmove(L, co, nargs);
  int nresults;
  lua_State *before = state_running(co);
  int status = lua_resume(co, L, nargs, &nresults);
  state_running(before);
  if (status == LUA_OK || status == LUA_YIELD) {
    if (!lua_checkstack(L, nresults + 1)) {
      lua_pop(co, nresults);
      lua_pushliteral(L, "too many results to resume");
      return -1;
    }
    lua_xmove(co, L, nresults);
    return nresults;
  }
  lua_xmove(co, L, 1);
  return -1;
}

static int l_resume(lua_State *L) {
  lua_State *co = lua_tothread(L, 1);
  luaL_argexpected(L, co, 1, "coroutine");
  luaL_argcheck(L, !task_owns(L, 1), 1, "a task goes on by itself");
  int n = resume(L, co, lua_gettop(L) - 1);
  if (n < 0) {
    lua_pushboolean(L, 0);
    lua_insert(L, -2);        /* false, error */
    return 2;
  }
  lua_pushboolean(L, 1);
  lua_insert(L, -(n + 1));
  return n + 1;
}

static int wrapped(lua_State *L) {
  lua_State *co = lua_tothread(L, lua_upvalueindex(1));
  int n = resume(L, co, lua_gettop(L));
  if (n >= 0) return n;
  int status = lua_status(co);
  if (status != LUA_OK && status != LUA_YIELD) {
    status = lua_resetthread(co);    /* closes its pending variables */
    if (status != LUA_OK) lua_xmove(co, L, 1);
  }
  return lua_error(L);
}

static int l_wrap(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_State *co = lua_newthread(L);
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 1);
  lua_pushcclosure(L, wrapped, 1);
  return 1;
}

static int l_close(lua_State *L) {
  luaL_argcheck(L, !lua_isthread(L, 1) || !task_owns(L, 1), 1,
                "a task is stopped by its method cancel");
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

/* ---- libraries ---- */

static int l_load(lua_State *L) {
  int top = lua_gettop(L);
  lua_settop(L, top < 3 ? 3 : top);
  lua_pushliteral(L, "t");
  lua_replace(L, 3);            /* mode: text, whatever was asked */
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

static int l_loadfile(lua_State *L) {
  int with_env = !lua_isnone(L, 3);
  const char *path = luaL_checkstring(L, 1);
  if (luaL_loadfilex(L, path, "t") != LUA_OK) {
    luaL_pushfail(L);
    lua_insert(L, -2);
    return 2;
  }
  if (with_env) {
    lua_pushvalue(L, 3);
    if (!lua_setupvalue(L, -2, 1)) lua_pop(L, 1);
  }
  return 1;
}

static int dofile_k(lua_State *L, int status, lua_KContext base) {
  (void)status;
  return lua_gettop(L) - (int)base;
}

static int l_dofile(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  lua_settop(L, 1);
  if (luaL_loadfilex(L, path, "t") != LUA_OK) return lua_error(L);
  lua_callk(L, 0, LUA_MULTRET, 1, dofile_k);
  return dofile_k(L, LUA_OK, 1);
}

/* lua_State as the global lookup would find it: what no library defined is
   asked of core.globals, which knows the script library and the services. */
static int global_index(lua_State *L) {
  module_push(L, "core.globals");
  lua_getfield(L, -1, "index");
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  lua_call(L, 2, 1);
  return 1;
}

static int global_newindex(lua_State *L) {
  const char *name = luaL_tolstring(L, 2, NULL);
  return luaL_error(L, "assignment to undeclared variable '%s' "
                    "(write 'local %s = ...')", name, name);
}

static void strict_globals(lua_State *L) {
  lua_pushglobaltable(L);
  lua_createtable(L, 0, 3);
  lua_pushcfunction(L, global_index);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, global_newindex);
  lua_setfield(L, -2, "__newindex");
  lua_pushliteral(L, "global");
  lua_setfield(L, -2, "__metatable");   /* out of reach of scripts */
  lua_setmetatable(L, -2);
  lua_pop(L, 1);
}

static void open_libraries(lua_State *L) {
  static const luaL_Reg libraries[] = {
    {LUA_GNAME, luaopen_base},         {LUA_COLIBNAME, luaopen_coroutine},
    {LUA_TABLIBNAME, luaopen_table},   {LUA_IOLIBNAME, luaopen_io},
    {LUA_OSLIBNAME, luaopen_os},       {LUA_STRLIBNAME, luaopen_string},
    {LUA_MATHLIBNAME, luaopen_math},   {LUA_UTF8LIBNAME, luaopen_utf8},
    {NULL, NULL}};
  for (const luaL_Reg *lib = libraries; lib->func; lib++) {
    luaL_requiref(L, lib->name, lib->func, 1);
    lua_pop(L, 1);
  }
  lua_getglobal(L, "coroutine");
  lua_pushcfunction(L, l_resume);
  lua_setfield(L, -2, "resume");
  lua_pushcfunction(L, l_wrap);
  lua_setfield(L, -2, "wrap");
  lua_getfield(L, -1, "close");
  lua_pushcclosure(L, l_close, 1);
  lua_setfield(L, -2, "close");
  lua_pop(L, 1);
  lua_getglobal(L, "load");
  lua_pushcclosure(L, l_load, 1);
  lua_setglobal(L, "load");
  lua_pushcfunction(L, l_loadfile);
  lua_setglobal(L, "loadfile");
  lua_pushcfunction(L, l_dofile);
  lua_setglobal(L, "dofile");
}

static int open_all(lua_State *L) {
  const StateOptions *options = lua_touserdata(L, 1);
  lua_settop(L, 0);
  if (options->bare) return 0;
  open_libraries(L);
  lerr_open(L);
  json_open(L);
  task_open(L);
  module_open(L);
  bindings_open(L);
  strict_globals(L);
  return 0;
}

static int panic(lua_State *L) {
  (void)L;
  return 0;    /* Lua aborts; every entry from C is protected */
}

State *state_new(Loop *loop, const StateOptions *options, Err *err) {
  State *s = calloc(1, sizeof *s);
  if (!s) goto memory;
  s->loop = loop;
  s->max = options->max_memory ? options->max_memory : DEFAULT_MEMORY;
  if (options->lua_dir && !(s->lua_dir = strdup(options->lua_dir)))
    goto memory;
  s->L = lua_newstate(allocate, s);
  if (!s->L) goto memory;
  lua_atpanic(s->L, panic);
  *(State **)lua_getextraspace(s->L) = s;
  lua_gc(s->L, LUA_GCGEN, 0, 0);
  lua_pushcfunction(s->L, open_all);
  lua_pushlightuserdata(s->L, (void *)options);
  if (lua_pcall(s->L, 1, 0, 0) != LUA_OK) {
    const char *text = lua_tostring(s->L, -1);
    err_set(err, ERR_SCRIPT, "cannot start Lua: %s", text ? text : "?");
    state_free(s);
    return NULL;
  }
  return s;

memory:
  err_set(err, ERR_SCRIPT, "cannot start Lua: out of memory");
  state_free(s);
  return NULL;
}

void state_free(State *s) {
  if (!s) return;
  if (s->L) {
    if (running == s->L) running = NULL;
    lua_close(s->L);
  }
  pool_clear(&s->pool);
  free(s->lua_dir);
  free(s);
}

/* ---- the protected door ---- */

void state_push_where(lua_State *L) {
  lua_Debug ar;
  for (int level = 1; lua_getstack(L, level, &ar); level++) {
    lua_getinfo(L, "Sl", &ar);
    if (ar.currentline > 0 && !is_own_frame(&ar)) {
      lua_pushfstring(L, "%s:%d", ar.short_src, ar.currentline);
      return;
    }
  }
  lua_pushnil(L);
}

/* Keeps structured errors, gives them a traceback; strings become errors of
   kind "script" with one. */
static int traceback(lua_State *L) {
  if (!lua_istable(L, 1)) {
    const char *text = lua_tostring(L, 1);
    if (!text) text = luaL_tolstring(L, 1, NULL);
    lua_createtable(L, 0, 3);
    lua_pushliteral(L, "script");
    lua_setfield(L, -2, "kind");
    lua_pushstring(L, text);
    lua_setfield(L, -2, "message");
    lerr_mark(L);
    lua_replace(L, 1);
    lua_settop(L, 1);
  }
  if (lua_getfield(L, 1, "traceback") == LUA_TNIL) {
    luaL_traceback(L, L, NULL, 1);
    lua_setfield(L, 1, "traceback");
  }
  lua_settop(L, 1);
  return 1;
}

int state_traceback(lua_State *L) {
  return traceback(L);
}

int state_call(lua_State *L, int nargs, int nresults, Err *err) {
  int base = lua_gettop(L) - nargs;
  lua_pushcfunction(L, traceback);
  lua_insert(L, base);
  lua_State *before = state_running(L);
  int status = lua_pcall(L, nargs, nresults, base);
  running = before;
  lua_remove(L, base);
  if (status == LUA_OK) return 0;
  lerr_get(L, -1, err);
  return -1;
}

int state_load(lua_State *L, const char *text, size_t len, const char *name,
               Err *err) {
  if (luaL_loadbufferx(L, text, len, name, "t") == LUA_OK) return 0;
  lerr_get(L, -1, err);
  lua_pop(L, 1);
  return -1;
}
