/* ldeclare.c - host.declare: files of declarations, read apart from scripts. */
/* SPDX-License-Identifier: MIT */

/* A file such as a schedule's is Lua, but it only says what there is: it runs
   in a state of its own that has neither clock nor files, whose memory and
   time are bounded, and of which nothing but plain data comes out. A file that
   is data itself, such as a catalogue, has no functions at all. */

#include <lauxlib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bindings.h"
#include "ldeclare.h"

#define BOX "host.declare.box"
#define CHUNK "=(file)"      /* the caller knows the path, and it may be long */

enum {
  TEXT_MAX = 1024 * 1024, MEMORY_MAX = 32 * 1024 * 1024,
  HOOK_EVERY = 100, STEPS_MAX = 10 * 1000 * 1000, PIECE = 4096,
  CPU_MAX = 2,               /* seconds */
  DEPTH_MAX = 8, DATA_DEPTH_MAX = 32,
  VALUES_MAX = 100000, STATEMENTS_MAX = 10000, WORDS_MAX = 8
};

/* What one file is read in. */
typedef struct Box {
  lua_State *I;              /* owned; NULL once closed */
  size_t used;
  long steps, values;
  int depth_max;
  clock_t start;
  const char *text;          /* borrowed from the caller's stack */
  size_t length;
  const char *words[WORDS_MAX + 1];   /* likewise; ends with NULL */
} Box;

static Box *box_of(lua_State *I) {
  return *(Box **)lua_getextraspace(I);
}

static void *allocate(void *ud, void *p, size_t old, size_t new) {
  Box *box = ud;
  if (!p) old = 0;
  if (new > old && new - old > MEMORY_MAX - box->used) return NULL;
  void *q = NULL;
  if (new > 0) {
    q = realloc(p, new);
    if (!q) return NULL;
  } else {
    free(p);
  }
  box->used = box->used - old + new;
  return q;
}

/* One step may copy megabytes, so time counts, too. */
void declare_tick(lua_State *I, int level) {
  const Box *box = box_of(I);
  if (box->steps <= STEPS_MAX &&
      clock() - box->start <= (clock_t)CPU_MAX * CLOCKS_PER_SEC) return;
  luaL_where(I, level);
  lua_pushliteral(I, "the file runs without end");
  lua_concat(I, 2);
  lua_error(I);
}

static void count_steps(lua_State *I, lua_Debug *ar) {
  (void)ar;
  box_of(I)->steps += HOOK_EVERY;
  declare_tick(I, 0);            /* what runs, not who called it */
}

/* ---- statements, in the file's own state ---- */

/* Replaces the table at the top by a copy that nobody changes any more. */
static void copy_table(lua_State *I, const char *word, int depth) {
  int most = box_of(I)->depth_max;
  if (depth > most)
    luaL_error(I, "%s: tables stand in tables more than %d deep", word, most);
  luaL_checkstack(I, 8, NULL);
  lua_newtable(I);
  lua_insert(I, -2);                             /* copy table */
  for (lua_pushnil(I); lua_next(I, -2); ) {      /* copy table key value */
    if (++box_of(I)->values > VALUES_MAX)
      luaL_error(I, "the file holds more than %d values", VALUES_MAX);
    int key = lua_type(I, -2), value = lua_type(I, -1);
    if (key != LUA_TSTRING && !lua_isinteger(I, -2))
      luaL_error(I, "%s: a name or a place in a list expected as key, got %s",
                 word, luaL_typename(I, -2));
    if (value == LUA_TTABLE) copy_table(I, word, depth + 1);
    else if (value != LUA_TSTRING && value != LUA_TNUMBER &&
             value != LUA_TBOOLEAN)
      luaL_error(I, "%s: %s: text, number, true, false or table expected, "
                 "got %s", word, key == LUA_TSTRING ? lua_tostring(I, -2)
                 : "an element", lua_typename(I, value));
    lua_pushvalue(I, -2);
    lua_insert(I, -2);
    lua_rawset(I, -5);
  }
  lua_pop(I, 1);
}

/* Puts what stands at index into the statement at the top. It is broken if
   that ends the file. */
static void set_options(lua_State *I, int index, const char *word) {
  if (lua_istable(I, index)) {
    lua_pushboolean(I, 1);
    lua_setfield(I, -2, "broken");
    lua_pushvalue(I, index);
    copy_table(I, word, 1);
    lua_setfield(I, -2, "options");
    lua_pushnil(I);
    lua_setfield(I, -2, "broken");
  } else if (!lua_isnone(I, index)) {
    lua_pushstring(I, luaL_typename(I, index));
    lua_setfield(I, -2, "got");
  }
}

/* The second half of `word "name" { ... }`; upvalues: statement, word. */
static int take_options(lua_State *I) {
  lua_settop(I, 1);
  lua_pushvalue(I, lua_upvalueindex(1));
  set_options(I, 1, lua_tostring(I, lua_upvalueindex(2)));
  return 0;
}

/* `word "name"`, `word("name", { ... })` or `word { ... }`; upvalues: list of
   the statements, word. */
static int statement(lua_State *I) {
  const char *word = lua_tostring(I, lua_upvalueindex(2));
  lua_settop(I, lua_gettop(I) > 2 ? 2 : lua_gettop(I));
  bool named = lua_type(I, 1) == LUA_TSTRING;
  lua_Integer at = (lua_Integer)lua_rawlen(I, lua_upvalueindex(1)) + 1;
  if (at > STATEMENTS_MAX)
    return luaL_error(I, "the file says more than %d things", STATEMENTS_MAX);
  lua_Debug ar;
  lua_createtable(I, 0, 4);
  lua_pushinteger(I, lua_getstack(I, 1, &ar) && lua_getinfo(I, "l", &ar)
                  ? ar.currentline : 0);
  lua_setfield(I, -2, "line");
  lua_pushvalue(I, lua_upvalueindex(2));
  lua_setfield(I, -2, "word");
  lua_pushvalue(I, -1);
  lua_rawseti(I, lua_upvalueindex(1), at);
  int top = lua_gettop(I);
  if (named) {
    lua_pushvalue(I, 1);
    lua_setfield(I, top, "name");
    if (top == 2) {                              /* name statement */
      lua_pushvalue(I, lua_upvalueindex(2));
      lua_pushcclosure(I, take_options, 2);
      return 1;
    }
  }
  if (top == 1) return 0;                        /* called with nothing */
  set_options(I, named ? 2 : 1, word);
  if (named || lua_istable(I, 1)) return 0;
  lua_newtable(I);             /* word(5) { ... }: told, and the file goes on */
  lua_pushvalue(I, lua_upvalueindex(2));
  lua_pushcclosure(I, take_options, 2);
  return 1;
}

/* secret.file "PATH" is where a secret stands; upvalue: the kind. The file
   gets only that, as { file = "PATH" }: nothing is looked up here. */
static int reference(lua_State *I) {
  if (lua_type(I, 1) != LUA_TSTRING || lua_rawlen(I, 1) == 0)
    return luaL_error(I, "secret.%s: text in quotes expected, got %s",
                      lua_tostring(I, lua_upvalueindex(1)),
                      lua_type(I, 1) == LUA_TSTRING ? "an empty one"
                      : luaL_typename(I, 1));
  lua_createtable(I, 0, 1);
  lua_pushvalue(I, lua_upvalueindex(1));
  lua_pushvalue(I, 1);
  lua_rawset(I, -3);
  return 1;
}

static int unknown_reference(lua_State *I) {
  return luaL_error(I, "there is no secret.%s here; there are secret.env, "
                    "secret.file, secret.credential and secret.command",
                    luaL_tolstring(I, 2, NULL));
}

static int unknown(lua_State *I) {
  const char *name = luaL_tolstring(I, 2, NULL);
  const char *const *words = box_of(I)->words;
  luaL_Buffer b;
  luaL_buffinit(I, &b);
  for (int i = 0; words[i]; i++) {
    luaL_addstring(&b, words[i]);
    luaL_addstring(&b, ", ");
  }
  luaL_pushresult(&b);
  return luaL_error(I, "'%s' is not known here: this file has %ssecret, "
                    "string, table, math and a few plain functions of Lua "
                    "(a text stands in quotes)", name, lua_tostring(I, -1));
}

static int unknown_to_data(lua_State *I) {
  return luaL_error(I, "'%s' is not known here: the file is data and has no "
                    "functions of Lua (a text stands in quotes)",
                    luaL_tolstring(I, 2, NULL));
}

static int assigned(lua_State *I) {
  const char *name = luaL_tolstring(I, 2, NULL);
  return luaL_error(I, "assignment to undeclared variable '%s' (write 'local "
                    "%s = ...')", name, name);
}

/* Gives the table at the top an __index. */
static void set_index(lua_State *I, lua_CFunction index) {
  lua_createtable(I, 0, 1);
  lua_pushcfunction(I, index);
  lua_setfield(I, -2, "__index");
  lua_setmetatable(I, -2);
}

static void open_secret(lua_State *I) {
  static const char *const kinds[] = {"env", "file", "credential", "command"};
  lua_createtable(I, 0, 4);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    lua_pushstring(I, kinds[i]);
    lua_pushcclosure(I, reference, 1);
    lua_setfield(I, -2, kinds[i]);
  }
  set_index(I, unknown_reference);
  lua_setglobal(I, "secret");
}

typedef struct Text { const char *at, *end; } Text;

/* In pieces, for a long file can take very long to be understood, too. */
static const char *next_piece(lua_State *I, void *ctx, size_t *n) {
  Text *text = ctx;
  const char *piece = text->at;
  declare_tick(I, 1);
  *n = (size_t)(text->end - piece);
  if (*n > PIECE) *n = PIECE;
  text->at += *n;
  return piece;
}

/* Runs the file, where a global that is not there calls index. */
static void run(lua_State *I, lua_CFunction index, int results) {
  const Box *box = box_of(I);
  lua_pushglobaltable(I);
  lua_createtable(I, 0, 2);
  lua_pushcfunction(I, index);
  lua_setfield(I, -2, "__index");
  lua_pushcfunction(I, assigned);
  lua_setfield(I, -2, "__newindex");
  lua_setmetatable(I, -2);
  lua_pop(I, 1);
  Text text = {box->text, box->text + box->length};
  if (lua_load(I, next_piece, &text, CHUNK, "t")) lua_error(I);
  lua_sethook(I, count_steps, LUA_MASKCOUNT, HOOK_EVERY);
  lua_call(I, 0, results);
}

/* Leaves the list of statements in the registry. */
static int evaluate(lua_State *I) {
  Box *box = box_of(I);
  declare_libraries(I);
  open_secret(I);
  lua_newtable(I);
  lua_pushvalue(I, 1);
  lua_rawsetp(I, LUA_REGISTRYINDEX, box);
  for (int i = 0; box->words[i]; i++) {
    lua_pushvalue(I, 1);
    lua_pushstring(I, box->words[i]);
    lua_pushcclosure(I, statement, 2);
    lua_setglobal(I, box->words[i]);
  }
  run(I, unknown, 0);
  return 0;
}

/* Leaves a copy of the table that the file returns in the registry. */
static int evaluate_data(lua_State *I) {
  run(I, unknown_to_data, 1);
  if (!lua_istable(I, -1))
    return luaL_error(I, "it must return a table, got %s",
                      luaL_typename(I, -1));
  copy_table(I, "the table", 1);
  lua_rawsetp(I, LUA_REGISTRYINDEX, box_of(I));
  return 0;
}

/* ---- from that state to ours ---- */

/* Pushes the plain value at the top of I onto L. Raises in L only. */
static void hand_over(lua_State *L, lua_State *I) {
  size_t n;
  const char *text;
  luaL_checkstack(L, 4, NULL);
  switch (lua_type(I, -1)) {
  case LUA_TSTRING:
    text = lua_tolstring(I, -1, &n);
    lua_pushlstring(L, text, n);
    break;
  case LUA_TNUMBER:
    if (lua_isinteger(I, -1)) lua_pushinteger(L, lua_tointeger(I, -1));
    else lua_pushnumber(L, lua_tonumber(I, -1));
    break;
  case LUA_TBOOLEAN:
    lua_pushboolean(L, lua_toboolean(I, -1));
    break;
  case LUA_TTABLE:
    lua_newtable(L);
    if (!lua_checkstack(I, 4)) luaL_error(L, "out of memory");
    for (lua_pushnil(I); lua_next(I, -2); lua_pop(I, 1)) {
      lua_pushvalue(I, -2);
      hand_over(L, I);                           /* the key */
      lua_pop(I, 1);
      hand_over(L, I);
      lua_rawset(L, -3);
    }
    break;
  default:
    lua_pushnil(L);
  }
}

/* Pushes what was left in the registry, or nil. */
static void push_left(lua_State *L, lua_State *I) {
  /* Nothing here may ask for memory of I: nobody would catch it. */
  lua_rawgetp(I, LUA_REGISTRYINDEX, box_of(I));
  hand_over(L, I);
  lua_pop(I, 1);
}

/* What an error says, which may be nothing, or hold zero bytes. */
static void push_words(lua_State *L, const char *text, size_t n) {
  luaL_Buffer b;
  if (strspn(text, " \t\r\n") == n) {
    lua_pushliteral(L, "the file ends with an error that says nothing");
    return;
  }
  luaL_buffinit(L, &b);
  for (size_t i = 0; i < n; i++) {
    if (text[i]) luaL_addchar(&b, text[i]);
    else luaL_addlstring(&b, "\\0", 2);
  }
  luaL_pushresult(&b);
}

/* { line, message } for what ended the file; it stands at the top of I. */
static void push_fault(lua_State *L, lua_State *I, int status) {
  size_t n = 0;
  const char *text = status == LUA_ERRMEM || lua_type(I, -1) != LUA_TSTRING
    ? NULL : lua_tolstring(I, -1, &n);
  lua_createtable(L, 0, 2);
  if (status == LUA_ERRMEM) {
    lua_pushfstring(L, "no memory for the file, which may have %d MiB",
                    MEMORY_MAX >> 20);
  } else if (!text) {
    lua_pushliteral(L, "the file ends with an error that is no text");
  } else {
    size_t skip = strlen(CHUNK) - 1;             /* without the = */
    char *end = NULL;
    long line = strncmp(text, &CHUNK[1], skip) == 0 && text[skip] == ':'
      ? strtol(text + skip + 1, &end, 10) : 0;
    if (line > 0) {
      lua_pushinteger(L, line);
      lua_setfield(L, -2, "line");
    }
    const char *words = line > 0 && end[0] == ':' && end[1] == ' ' ? end + 2
                                                                   : text;
    push_words(L, words, n - (size_t)(words - text));
  }
  lua_setfield(L, -2, "message");
}

static int box_close(lua_State *L) {
  Box *box = luaL_checkudata(L, 1, BOX);
  if (box->I) lua_close(box->I);
  box->I = NULL;
  return 0;
}

static void read_words(lua_State *L, Box *box) {
  lua_Integer n = luaL_len(L, 2);
  luaL_argcheck(L, n <= WORDS_MAX, 2, "too many words");
  lua_settop(L, 2);
  for (lua_Integer i = 0; i < n; i++) {
    lua_geti(L, 2, i + 1);
    box->words[i] = luaL_checkstring(L, -1);     /* stays on the stack */
  }
}

/* Pushes what the file comes to, or nil, and { line, message } if it did not
   come to its end, or nil. How many these are. */
static int read_apart(lua_State *L, const Box *inside,
                      lua_CFunction evaluation) {
  if (inside->length > TEXT_MAX) {
    lua_pushnil(L);
    lua_createtable(L, 0, 1);
    lua_pushfstring(L, "the file is longer than %d MiB", TEXT_MAX >> 20);
    lua_setfield(L, -2, "message");
    return 2;
  }
  Box *box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = *inside;
  luaL_setmetatable(L, BOX);
  lua_toclose(L, -1);
  box->I = lua_newstate(allocate, box);
  if (!box->I) return luaL_error(L, "out of memory");
  *(Box **)lua_getextraspace(box->I) = box;
  lua_pushcfunction(box->I, evaluation);
  int status = lua_pcall(box->I, 0, 0, 0);
  if (status != LUA_OK) push_fault(L, box->I, status);
  else lua_pushnil(L);
  lua_settop(box->I, 0);
  push_left(L, box->I);
  lua_insert(L, -2);
  return 2;
}

/* read(text, words) -> list of { word, line, name, options, got, broken }, and
   { line, message } if the file did not come to its end; broken: it is in
   there. Each word is a function for the file: word "name" { options },
   word("name", options) or word { options }. got is the type of what stood in
   place of a table.
   secret.file "PATH" and its like stand for { file = "PATH" }. */
static int l_read(lua_State *L) {
  Box inside = {.start = clock(), .depth_max = DEPTH_MAX};
  inside.text = luaL_checklstring(L, 1, &inside.length);
  luaL_checktype(L, 2, LUA_TTABLE);
  read_words(L, &inside);
  int n = read_apart(L, &inside, evaluate);
  if (lua_isnil(L, -n)) {
    lua_newtable(L);
    lua_replace(L, -n - 1);
  }
  return n;
}

/* data(text) -> the table that the text returns | nil, { line, message } */
static int l_data(lua_State *L) {
  Box inside = {.start = clock(), .depth_max = DATA_DEPTH_MAX};
  inside.text = luaL_checklstring(L, 1, &inside.length);
  lua_settop(L, 1);
  return read_apart(L, &inside, evaluate_data);
}

static const luaL_Reg functions[] = {
  {"read", l_read}, {"data", l_data}, {NULL, NULL}};

int luaopen_host_declare(lua_State *L) {
  luaL_newmetatable(L, BOX);
  lua_pushcfunction(L, box_close);
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "__gc");
  lua_setfield(L, -2, "__close");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
