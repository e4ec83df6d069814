/* embed.c - build tool: lua/ files become one C table of compiled chunks. */
/* SPDX-License-Identifier: MIT */

/* Compiling here finds syntax errors at build time and spares the parser at
   every start. Line information stays in for error messages. The table is
   sorted by module name, because module.c searches it by halving.

   A catalogue is data, so it is evaluated here and cut into parts that are
   loaded one by one: the service ("ixon.catalogue", with the names of its
   parts), each resource ("ixon.catalogue.users") and each shape
   ("ixon.catalogue:User"). A call then pays for what it touches. */

#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

enum { MODULES_MAX = 4096, NAME_MAX_LEN = 200, TEXT_MAX = 16 << 20 };

typedef struct Module {
  char name[NAME_MAX_LEN];   /* core.client */
  Buf code;
} Module;

static Module modules[MODULES_MAX];
static int count;

static void die(const char *what, const char *why) {
  fprintf(stderr, "embed: %s: %s\n", what, why);
  exit(EXIT_FAILURE);
}

static int append(lua_State *L, const void *p, size_t n, void *ud) {
  (void)L;
  return buf_add(ud, p, n);
}

/* The function on top of the stack becomes a module and is popped. */
static void add_module(lua_State *L, const char *name, int strip) {
  if (count == MODULES_MAX) die(name, "too many modules");
  Module *m = &modules[count++];
  size_t n = strlen(name);
  if (n >= NAME_MAX_LEN) die(name, "the name is too long");
  memcpy(m->name, name, n + 1);
  buf_init(&m->code, TEXT_MAX);
  if (lua_dump(L, append, &m->code, strip) != 0) die(name, "out of memory");
  lua_pop(L, 1);
}

/* lua/core/cli/init.lua below the root -> core.cli, pushed */
static const char *push_name(lua_State *L, const char *rel) {
  size_t n = strlen(rel);
  if (n < 5 || strcmp(rel + n - 4, ".lua") != 0) die(rel, "no Lua file");
  lua_pushlstring(L, rel, n - 4);
  const char *name = luaL_gsub(L, lua_tostring(L, -1), "/", ".");
  n = strlen(name);
  if (n > 5 && strcmp(name + n - 5, ".init") == 0)
    name = lua_pushlstring(L, name, n - 5);
  return name;
}

/* Pushes the chunk of a file. */
static void load_file(lua_State *L, const char *path, const char *rel) {
  Buf text;
  char room[4096];
  size_t n;
  FILE *f = fopen(path, "rb");
  if (!f) die(path, "cannot be opened");
  buf_init(&text, TEXT_MAX);
  while ((n = fread(room, 1, sizeof room, f)) > 0)
    if (buf_add(&text, room, n) != 0) die(path, "too large");
  if (ferror(f) || fclose(f) != 0) die(path, "cannot be read");
  const char *name = lua_pushfstring(L, "=errand:%s", rel);
  if (luaL_loadbufferx(L, buf_str(&text), text.len, name, "t") != LUA_OK)
    die(path, lua_tostring(L, -1));
  buf_clear(&text);
}

/* ---- values as Lua text ---- */

static void put_string(Buf *b, const char *s, size_t n) {
  buf_addc(b, '"');
  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)s[i];
    if (c < 32 || c > 126 || c == '"' || c == '\\')
      buf_printf(b, "\\%03d", c);
    else
      buf_addc(b, (char)c);
  }
  buf_addc(b, '"');
}

static void put_table(lua_State *L, Buf *b, int index);

/* The value on top of the stack, popped. */
static void put_value(lua_State *L, Buf *b) {
  size_t n;
  const char *s;
  switch (lua_type(L, -1)) {
  case LUA_TSTRING:
    s = lua_tolstring(L, -1, &n);
    put_string(b, s, n);
    break;
  case LUA_TNUMBER:
    if (lua_isinteger(L, -1)) buf_printf(b, LUA_INTEGER_FMT, lua_tointeger(L, -1));
    else buf_printf(b, "%a", lua_tonumber(L, -1));
    break;
  case LUA_TBOOLEAN:
    buf_puts(b, lua_toboolean(L, -1) ? "true" : "false");
    break;
  case LUA_TTABLE:
    put_table(L, b, lua_gettop(L));
    break;
  default:
    die("a catalogue", "holds something that is no data");
  }
  lua_pop(L, 1);
}

/* The least string key above last, NULL if there is none; anchored by the
   table. */
static const char *next_key(lua_State *L, int index, const char *last) {
  const char *least = NULL;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING) continue;
    const char *key = lua_tostring(L, -2);
    if (last && strcmp(key, last) <= 0) continue;
    if (!least || strcmp(key, least) < 0) least = key;
  }
  return least;
}

/* The list part, then the rest sorted: the same source must give the same
   program. */
static void put_table(lua_State *L, Buf *b, int index) {
  lua_Integer n = (lua_Integer)lua_rawlen(L, index);
  luaL_checkstack(L, 20, "a catalogue is nested too deeply");
  buf_addc(b, '{');
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(L, index, i);
    put_value(L, b);
    buf_addc(b, ',');
  }
  const char *key = NULL;
  while ((key = next_key(L, index, key)) != NULL) {
    buf_addc(b, '[');
    put_string(b, key, strlen(key));
    buf_puts(b, "]=");
    lua_getfield(L, index, key);
    put_value(L, b);
    buf_addc(b, ',');
  }
  buf_addc(b, '}');
}

/* The table on top of the stack becomes a module and is popped. */
static void add_data(lua_State *L, const char *name) {
  Buf text;
  buf_init(&text, TEXT_MAX);
  buf_puts(&text, "return ");
  put_value(L, &text);
  if (text.failed) die(name, "out of memory");
  if (luaL_loadbufferx(L, buf_str(&text), text.len, name, "t") != LUA_OK)
    die(name, lua_tostring(L, -1));
  buf_clear(&text);
  add_module(L, name, 1);
}

/* ---- catalogues ---- */

static int is_catalogue(const char *name) {
  const char *dot = strchr(name, '.');
  return dot && strcmp(dot, ".catalogue") == 0 &&
         strncmp(name, "core.", 5) != 0;
}

/* Each resource of the catalogue at index, and the list of their names as its
   field resource_names; the field resources goes. */
static void cut_resources(lua_State *L, int index, const char *name) {
  lua_newtable(L);
  int names = lua_gettop(L);
  lua_getfield(L, index, "resources");
  int list = lua_gettop(L);
  lua_Integer n = (lua_Integer)lua_rawlen(L, list);
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(L, list, i);
    lua_rawgeti(L, -1, 1);
    const char *part = lua_tostring(L, -1);
    if (!part) die(name, "a resource has no name");
    part = lua_pushfstring(L, "%s.%s", name, part);
    lua_pushvalue(L, -3);
    add_data(L, part);
    lua_pushvalue(L, -2);
    lua_rawseti(L, names, i);
    lua_settop(L, list);
  }
  lua_pushvalue(L, names);
  lua_setfield(L, index, "resource_names");
  lua_pushnil(L);
  lua_setfield(L, index, "resources");
  lua_settop(L, names - 1);
}

/* Likewise each shape, and the set of their names as shape_names. */
static void cut_shapes(lua_State *L, int index, const char *name) {
  lua_newtable(L);
  int names = lua_gettop(L);
  if (lua_getfield(L, index, "shapes") == LUA_TTABLE) {
    int shapes = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, shapes); lua_settop(L, shapes + 1)) {
      const char *part = lua_pushfstring(L, "%s:%s", name, lua_tostring(L, -2));
      lua_pushvalue(L, -2);
      add_data(L, part);
      lua_pushvalue(L, shapes + 1);
      lua_pushboolean(L, 1);
      lua_rawset(L, names);
    }
  }
  lua_pushvalue(L, names);
  lua_setfield(L, index, "shape_names");
  lua_pushnil(L);
  lua_setfield(L, index, "shapes");
  lua_settop(L, names - 1);
}

/* The chunk on top of the stack, evaluated without an environment. */
static void add_catalogue(lua_State *L, const char *name) {
  lua_newtable(L);
  if (!lua_setupvalue(L, -2, 1)) lua_pop(L, 1);
  if (lua_pcall(L, 0, 1, 0) != LUA_OK) die(name, lua_tostring(L, -1));
  if (!lua_istable(L, -1)) die(name, "returns no table");
  int index = lua_gettop(L);
  cut_resources(L, index, name);
  cut_shapes(L, index, name);
  add_data(L, name);
}

static void print_bytes(const Buf *code) {
  for (size_t i = 0; i < code->len; i++) {
    if (i % 20 == 0) fputs(i ? ",\n" : "", stdout);
    else putchar(',');
    printf("%u", (unsigned char)code->data[i]);
  }
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const Module *)a)->name, ((const Module *)b)->name);
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: embed ROOT FILE...\n");
    return EXIT_FAILURE;
  }
  lua_State *L = luaL_newstate();
  if (!L) return EXIT_FAILURE;
  for (int i = 2; i < argc; i++) {
    const char *rel = argv[i] + strlen(argv[1]);
    while (*rel == '/') rel++;
    const char *name = push_name(L, rel);
    load_file(L, argv[i], rel);
    if (is_catalogue(name)) add_catalogue(L, name);
    else add_module(L, name, 0);
    lua_settop(L, 0);
  }
  lua_close(L);
  qsort(modules, (size_t)count, sizeof *modules, by_name);
  for (int i = 0; i < count; i++) {
    printf("static const unsigned char code_%d[] = {\n", i);
    print_bytes(&modules[i].code);
    puts("};");
  }
  puts("static const struct Embedded embedded[] = {");
  for (int i = 0; i < count; i++) {
    printf("  {\"%s\", code_%d, sizeof code_%d},\n", modules[i].name, i, i);
    buf_clear(&modules[i].code);
  }
  puts("};");
  return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
