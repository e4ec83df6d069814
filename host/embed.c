/* embed.c - build tool: lua/ files become one C table of compiled chunks. */
/* SPDX-License-Identifier: MIT */

/* Compiling here finds syntax errors at build time and spares the parser at
   every start. Line information stays in for error messages. The table is
   sorted by module name, because state.c searches it by halving. */

#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MODULES_MAX = 1024, NAME_MAX_LEN = 200 };

typedef struct Module {
  char name[NAME_MAX_LEN];   /* core.client */
  const char *path;          /* lua/core/client.lua */
  char *code;
  size_t len;
} Module;

static void module_name(char *out, const char *root, const char *path) {
  const char *rel = path + strlen(root);
  while (*rel == '/') rel++;
  size_t n = strlen(rel);
  if (n < 4 || n >= NAME_MAX_LEN) {
    fprintf(stderr, "embed: %s: not a usable name\n", path);
    exit(EXIT_FAILURE);
  }
  memcpy(out, rel, n - 4);          /* without ".lua" */
  out[n - 4] = '\0';
  for (char *p = out; *p; p++)
    if (*p == '/') *p = '.';
  n = strlen(out);
  if (n > 5 && strcmp(out + n - 5, ".init") == 0) out[n - 5] = '\0';
}

static int append(lua_State *L, const void *p, size_t n, void *ud) {
  Module *m = ud;
  (void)L;
  char *grown = realloc(m->code, m->len + n);
  if (!grown) return 1;
  memcpy(grown + m->len, p, n);
  m->code = grown;
  m->len += n;
  return 0;
}

static int compile(lua_State *L, Module *m, const char *root) {
  const char *rel = m->path + strlen(root);
  while (*rel == '/') rel++;
  FILE *f = fopen(m->path, "rb");
  if (!f) {
    perror(m->path);
    return -1;
  }
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  size_t n;
  do {
    char *room = luaL_prepbuffer(&b);
    n = fread(room, 1, LUAL_BUFFERSIZE, f);
    luaL_addsize(&b, n);
  } while (n > 0);
  int bad = ferror(f);
  fclose(f);
  luaL_pushresult(&b);
  size_t len;
  const char *text = lua_tolstring(L, -1, &len);
  const char *name = lua_pushfstring(L, "=errand:%s", rel);
  if (bad || luaL_loadbufferx(L, text, len, name, "t") != LUA_OK) {
    fprintf(stderr, "embed: %s\n", bad ? m->path : lua_tostring(L, -1));
    return -1;
  }
  if (lua_dump(L, append, m, 0) != 0) {
    fprintf(stderr, "embed: %s: out of memory\n", m->path);
    return -1;
  }
  lua_settop(L, 0);
  return 0;
}

static void print_bytes(const Module *m) {
  for (size_t i = 0; i < m->len; i++) {
    if (i % 20 == 0) fputs(i ? ",\n" : "", stdout);
    else putchar(',');
    printf("%u", (unsigned char)m->code[i]);
  }
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const Module *)a)->name, ((const Module *)b)->name);
}

int main(int argc, char **argv) {
  static Module modules[MODULES_MAX];
  int count = argc - 2;
  if (count < 1 || count > MODULES_MAX) {
    fprintf(stderr, "usage: embed ROOT FILE...\n");
    return EXIT_FAILURE;
  }
  lua_State *L = luaL_newstate();
  if (!L) return EXIT_FAILURE;
  for (int i = 0; i < count; i++) {
    Module *m = &modules[i];
    m->path = argv[i + 2];
    module_name(m->name, argv[1], m->path);
    if (compile(L, m, argv[1]) != 0) return EXIT_FAILURE;
  }
  lua_close(L);
  qsort(modules, (size_t)count, sizeof *modules, by_name);
  for (int i = 0; i < count; i++) {
    printf("static const unsigned char code_%d[] = {\n", i);
    print_bytes(&modules[i]);
    puts("};");
  }
  puts("static const struct Embedded embedded[] = {");
  for (int i = 0; i < count; i++) {
    printf("  {\"%s\", code_%d, sizeof code_%d},\n", modules[i].name, i, i);
    free(modules[i].code);
  }
  puts("};");
  return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
