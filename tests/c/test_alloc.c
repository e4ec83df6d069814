/* test_alloc.c - every binding with one of its allocations failing. */
/* SPDX-License-Identifier: MIT */

/* Linked with --wrap, so that Lua's memory and that of our own C fail alike,
   and that of the libraries which are linked from their archives. Each chunk
   runs once to learn at which places it asks for memory, a place being a
   backtrace; then for each of them with the first allocation refused that is
   asked for there. "test_alloc every" refuses the first allocation, the second,
   ... until it asks for no more than it gets. Whatever it raises is fine; then
   it must pass again in the same state. Leaks are for ASan and valgrind. */

#include <lauxlib.h>
#include <stdbool.h>

#include "alloc_chunks.h"
#include "loop.h"
#include "redact.h"
#include "refuse.h"
#include "state.h"
#include "tap.h"
#include "task.h"

/* So many places at most where each try takes long: then more of them are
   taken for one, as their innermost frames are the same. */
#ifdef __SANITIZE_ADDRESS__
enum { PLACES = 1000 };
#else
enum { PLACES = 5000 };
#endif
enum { PLACES_VALGRIND = 150, ROUNDS = 3, PASS_EACH = 8 };

/* 0, or -1 with err. */
typedef int attempt_fn(void *ctx, Err *err);

typedef struct Plan {
  long n, tries[REFUSE_MOST];     /* so many allocations succeed, then not */
  long all, places;               /* allocations, and where they are made */
} Plan;

static bool every;
static char dir[] = "/tmp/errand-alloc-XXXXXX";
static Plan plan;
static RefusePlace places[REFUSE_MOST];
static RefuseSet found, refused;  /* by backtrace, as deep as it is told */

static long places_at(int depth) {
  refuse_clear(&found);
  for (long i = 0; i < refuse_n; i++) refuse_add(&found, places[i].at[depth]);
  return found.n;
}

/* One attempt with the allocation after n others refused, -1: none. */
__attribute__((noinline)) static int try(attempt_fn *attempt, void *ctx,
                                         long n, Err *err) {
  refuse_begin();
  refuse_count = 0;
  refuse_left = n;
  int failed = attempt(ctx, err);
  refuse_left = -1;
  return failed;
}

/* Which allocations to refuse: the first of each place that was not refused
   in an earlier round. 0, or -1 when the attempt fails as it is. */
static int make_plan(attempt_fn *attempt, void *ctx, int *depth, Err *err) {
  long most = getenv("VALGRIND") ? PLACES_VALGRIND : PLACES;
  refuse_n = 0;
  refuse_places = places;
  int failed = try(attempt, ctx, -1, err);
  refuse_places = NULL;
  if (failed) return -1;
  if (*depth < 0) {
    *depth = REFUSE_DEPTHS - 1;
    while (!every && *depth > 0 && places_at(*depth) > most) --*depth;
  }
  places_at(REFUSE_DEPTHS - 1);
  plan.n = 0;
  plan.all = refuse_n;
  plan.places = found.n;
  refuse_clear(&found);
  for (long i = 0; i < refuse_n; i++) {
    uint64_t place = places[i].at[*depth];
    if (every || (!refuse_has(&refused, place) && refuse_add(&found, place)))
      plan.tries[plan.n++] = i;
  }
  return 0;
}

/* All tries of the plan; 0, or -1 when something went wrong. */
static int torture(attempt_fn *attempt, void *ctx, int depth, RefuseSet *full) {
  Err err;
  for (long i = 0; i < plan.n; i++) {
    long n = plan.tries[i];
    int failed = try(attempt, ctx, n, &err);
    if (refuse_count > 0) {
      refuse_add(&refused, refuse_first.at[depth]);
      refuse_add(full, refuse_first.at[REFUSE_DEPTHS - 1]);
    } else if (failed) {
      printf("# failed though nothing was refused: %s\n", err.text);
      return -1;
    }
    bool last = i + 1 == plan.n;
    if (!last && !every && i % PASS_EACH != 0) continue;
    if (try(attempt, ctx, -1, &err) == 0) continue;
    printf("# broken after %ld allocations: %s\n", n, err.text);
    return -1;
  }
  return 0;
}

/* What a run allocates differs now and then by a few, so that another place
   than was meant is refused; what is left over is tried again. */
static bool torture_all(attempt_fn *attempt, void *ctx) {
  static RefuseSet full;
  Err err;
  int depth = -1;
  long tries = 0;
  refuse_clear(&full);
  refuse_clear(&refused);
  for (int round = 0; round < (every ? 1 : ROUNDS); round++) {
    if (make_plan(attempt, ctx, &depth, &err) != 0) {
      printf("# %s\n", err.text);
      return false;
    }
    if (plan.n == 0) break;
    tries += plan.n;
    if (torture(attempt, ctx, depth, &full) != 0) return false;
  }
  printf("# %ld allocations at %ld places; %ld tries refused %ld places\n",
         plan.all, plan.places, tries, full.n);
  return full.n > 0 && plan.all < REFUSE_MOST;
}

typedef struct Chunk { lua_State *L; int ref; } Chunk;

static int run(void *ctx, Err *err) {
  Chunk *chunk = ctx;
  lua_gc(chunk->L, LUA_GCCOLLECT);
  lua_rawgeti(chunk->L, LUA_REGISTRYINDEX, chunk->ref);
  int failed = task_run(chunk->L, 0, 0, err);
  lua_settop(chunk->L, 0);
  return failed;
}

static int compile(lua_State *L, const char *code, int *ref, Err *err) {
  if (state_load(L, code, strlen(code), "=chunk", err) != 0) return -1;
  if (task_run(L, 0, 1, err) != 0) return -1;
  *ref = luaL_ref(L, LUA_REGISTRYINDEX);
  return 0;
}

static void test_chunk(const char *name, const char *code) {
  Err err = {0};
  char what[128];
  Loop *loop = loop_new(&err);
  State *state = state_new(loop, &(StateOptions){0}, &err);
  if (!state) {
    ok(0, err.text);
    loop_free(loop);
    return;
  }
  Chunk chunk = {.L = state_lua(state)};
  lua_pushglobaltable(chunk.L);
  lua_pushliteral(chunk.L, "ALLOC_DIR");
  lua_pushstring(chunk.L, dir);
  lua_rawset(chunk.L, -3);
  lua_settop(chunk.L, 0);
  if (compile(chunk.L, code, &chunk.ref, &err) != 0 || run(&chunk, &err) != 0) {
    printf("# %s\n", err.text);
    ok(0, name);
  } else {
    for (int i = 0; i < 2; i++) {
      refuse_one = i == 0;
      snprintf(what, sizeof what, "%s, %s refused", name,
               refuse_one ? "one allocation" : "all further allocations");
      ok(torture_all(run, &chunk), what);
    }
  }
  state_free(state);
  loop_free(loop);
  redact_forget();
}

/* A state that starts though it did not get all of its memory is no state. */
static int start(void *ctx, Err *err) {
  bool *short_of = ctx;
  Loop *loop = loop_new(err);
  State *state = loop ? state_new(loop, &(StateOptions){0}, err) : NULL;
  if (state && refuse_count > 0) *short_of = true;
  bool started = state != NULL;
  state_free(state);
  loop_free(loop);
  return started ? 0 : -1;
}

static void test_start(void) {
  bool short_of = false;
  refuse_one = false;
  ok(torture_all(start, &short_of), "a state starts when it gets its memory");
  ok(!short_of, "a state that does not get its memory does not start");
}

int main(int argc, char **argv) {
  every = argc > 1 && strcmp(argv[1], "every") == 0;
  refuse_begin();
  if (!mkdtemp(dir)) return 1;
  test_start();
  for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++)
    test_chunk(chunks[i].name, chunks[i].code);
  static const char *const left_over[] = {"/a/b/file", "/a/b", "/a",
    "/config.lua", "/tokens/s@p.lock", "/tokens", ""};
  for (size_t i = 0; i < sizeof left_over / sizeof *left_over; i++) {
    char path[128];
    snprintf(path, sizeof path, "%s%s", dir, left_over[i]);
    ok(remove(path) == 0, "what the chunks left behind is gone");
  }
  free(refused.slots);
  free(found.slots);
  return done();
}
