/* fuzz_csv.c - CSV read, written and read again. */
/* SPDX-License-Identifier: MIT */
/*
 * The first byte picks the separator, the rest is the file. Lua reads and
 * writes it, so this is the whole program's state.
 */
#include "fuzz.h"

#include <lauxlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "loop.h"
#include "state.h"

/* Strings that a spreadsheet would take for formulas are written with a quote
   before them, so the second reading is what has to be stable. */
static const char script[] =
  "local path, separator = ...\n"
  "local write = require 'core.format.csv'\n"
  "local ok, list = pcall(read_csv, path, { separator = separator })\n"
  "if not ok then\n"
  "  assert(type(list) == 'table' and list.kind == 'validation', list)\n"
  "  assert(list.message:find(path, 1, true), list)\n"
  "  return\n"
  "end\n"
  "local columns = {}\n"
  "for name, value in pairs(list[1] or {}) do\n"
  "  assert(type(value) == 'string')\n"
  "  if name:find '^[=+%-@]' then return end\n"
  "  columns[#columns + 1] = name\n"
  "end\n"
  "if #columns == 0 then return end\n"
  "table.sort(columns)\n"
  "if #columns == 1 and columns[1]:find '[;\\t,|]' then return end\n"
  "local text = write(list, { columns = columns })\n"
  "return text, list, columns\n";

static const char compare[] =
  "local path, list, columns, text = ...\n"
  "local write = require 'core.format.csv'\n"
  "local again = read_csv(path)\n"
  "assert(#again == #list, 'as many records')\n"
  "for i, record in ipairs(list) do\n"
  "  for _, name in ipairs(columns) do\n"
  "    local was, is = record[name], again[i][name]\n"
  "    local marked = \"'\" .. was\n"
  "    assert(is == was or is == marked and was:find '^[=+%-@\\t\\r\\n]',\n"
  "      ('%d %s: %q, then %q'):format(i, name, was, is))\n"
  "  end\n"
  "end\n"
  "assert(write(again, { columns = columns }) == text, 'written the same')\n";

static lua_State *L;
static int fd = -1;
static char path[64];

static void put(const char *text, size_t n) {
  if (ftruncate(fd, 0) || pwrite(fd, text, n, 0) != (ssize_t)n) abort();
}

static void load(const char *text, const char *name) {
  Err err = {0};
  need(state_load(L, text, strlen(text), name, &err) == 0, err.text);
  lua_setfield(L, LUA_REGISTRYINDEX, name);
}

static void set_up(void) {
  Err err = {0};
  Loop *loop = loop_new(&err);
  State *s = loop ? state_new(loop, &(StateOptions){0}, &err) : NULL;
  need(s, err.text);
  L = state_lua(s);
  fd = memfd_create("csv", MFD_CLOEXEC);
  if (fd < 0) abort();
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  load(script, "fuzz_read");
  load(compare, "fuzz_compare");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char separators[] = ",;\t|";
  Err err = {0};
  size_t n;
  if (size == 0 || size > 65536) return 0;
  if (!L) set_up();
  lua_settop(L, 0);
  put((const char *)data + 1, size - 1);
  lua_getfield(L, LUA_REGISTRYINDEX, "fuzz_read");
  lua_pushstring(L, path);
  lua_pushlstring(L, separators + data[0] % 4, 1);
  need(state_call(L, 2, 3, &err) == 0, err.text);
  const char *text = lua_tolstring(L, 1, &n);
  if (!text) return 0;
  put(text, n);
  lua_getfield(L, LUA_REGISTRYINDEX, "fuzz_compare");
  lua_pushstring(L, path);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, 3);
  lua_pushvalue(L, 1);
  need(state_call(L, 4, 0, &err) == 0, err.text);
  return 0;
}
