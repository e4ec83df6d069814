/* state.h - the Lua state: libraries, searchers, limits, one protected door. */
/* SPDX-License-Identifier: MIT */
#ifndef STATE_H
#define STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <lua.h>
#include "err.h"
#include "loop.h"

typedef struct State State;

typedef struct StateOptions {
  size_t max_memory;     /* bytes the Lua state may hold; 0 = 1 GiB */
  const char *lua_dir;   /* ERRAND_LUA: read lua/ from here; NULL = embedded */
  bool bare;             /* no libraries: for configuration files */
} StateOptions;

/* A fresh state with errand's libraries. NULL on failure. */
State *state_new(Loop *loop, const StateOptions *options, Err *err);
void state_free(State *s);
lua_State *state_lua(State *s);
Loop *state_loop(lua_State *L);          /* of the state L belongs to */

/* The one way from C into Lua: like lua_pcall with a traceback handler.
   0, or -1 with err filled and the error value left on the stack. */
int state_call(lua_State *L, int nargs, int nresults, Err *err);

/* Loads text only. Chunk names as luaL_loadbufferx. 0 or -1, err set. */
int state_load(lua_State *L, const char *text, size_t len, const char *name,
               Err *err);

/* Makes the Lua code that runs now raise "interrupted" at its next
   instruction. Async-signal-safe. Returns how often that was asked for since
   somebody heeded it. */
int state_interrupt(void);
/* Makes thread L raise "interrupted" at its next instruction; while
   state_insists at its next one outside the embedded library. */
void state_stop(lua_State *L);
/* A statement of the prompt begins, or has ended, in thread L. The first
   state_interrupt in it is an error like any other, which its code may catch.
   From the second one on every instruction raises that is not the embedded
   library's, so that nothing can; the library still notes what became of a
   write. */
void state_statement(lua_State *L, bool begins);
/* Whether that second one has come. */
bool state_insists(void);
/* Whatever was asked to stop has stopped. */
void state_heeded(void);
/* From now on the process is on its way out: state_interrupt counts from 0
   and nothing is heeded any more. */
void state_leaving(void);
/* Async-signal-safe. */
bool state_is_leaving(void);
/* fn is told of the thread that takes one, just before it raises. One for the
   whole process. */
typedef void state_stop_fn(lua_State *L);
void state_on_stop(state_stop_fn *fn);
/* True once, when state_interrupt was called and no Lua code took it. */
bool state_take_interrupt(void);

/* From now on Lua code outside the embedded library that runs for that long
   without a turn of the loop raises "interrupted", again each time; 0 ends
   this. Async-signal-safe. */
void state_urge(double seconds);

/* Notes that the Lua code of thread L runs from now on; returns what was
   noted before, to be put back the same way. NULL: none. */
lua_State *state_running(lua_State *L);

/* ERRAND_LUA of the state, NULL when the embedded library is used. */
const char *state_lua_dir(lua_State *L);

/* Bytes in use; a limit above 0 becomes the new ceiling. */
size_t state_memory(lua_State *L, size_t limit);

/* The message handler behind state_call, for other protected calls. */
int state_traceback(lua_State *L);

/* Pushes "onboard.lua:12" for the nearest caller outside the embedded
   library, or nil. */
void state_push_where(lua_State *L);

#endif
