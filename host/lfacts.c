/* lfacts.c - host.facts: what version and doctor tell of build and machine. */
/* SPDX-License-Identifier: MIT */
#include "bindings.h"

#include <curl/curl.h>
#include <dirent.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <lauxlib.h>
#include <microhttpd.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "err.h"
#include "lerr.h"
#include "repl.h"
#include "sys.h"

static void fact(lua_State *L, const char *name, const char *value) {
  lua_pushstring(L, value);
  lua_setfield(L, -2, name);
}

static void flag(lua_State *L, const char *name, int value) {
  lua_pushboolean(L, value);
  lua_setfield(L, -2, name);
}

static void number(lua_State *L, const char *name, lua_Number value) {
  lua_pushnumber(L, value);
  lua_setfield(L, -2, name);
}

static void whole(lua_State *L, const char *name, lua_Integer value) {
  lua_pushinteger(L, value);
  lua_setfield(L, -2, name);
}

/* ---- the build ---- */

static const struct {
  long bit;
  const char *name;
} curl_features[] = {
  {CURL_VERSION_HTTP2, "HTTP/2"}, {CURL_VERSION_LIBZ, "gzip"},
  {CURL_VERSION_BROTLI, "brotli"}, {CURL_VERSION_ZSTD, "zstd"},
  {CURL_VERSION_IDN, "IDN"}, {CURL_VERSION_IPV6, "IPv6"},
  {CURL_VERSION_HTTPS_PROXY, "HTTPS proxy"},
  {CURL_VERSION_UNIX_SOCKETS, "Unix sockets"},
  {CURL_VERSION_ASYNCHDNS, "asynchronous DNS"}};

/* The table of facts is on top. */
static void curl_facts(lua_State *L) {
  const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
  fact(L, "curl", curl->version);
  fact(L, "tls", curl->ssl_version);
  if (curl->age >= CURLVERSION_SEVENTH) {
    fact(L, "ca_file", curl->cainfo);
    fact(L, "ca_dir", curl->capath);
  }
  lua_newtable(L);
  lua_Integer n = 0;
  for (size_t i = 0; i < sizeof curl_features / sizeof *curl_features; i++) {
    if (!(curl->features & curl_features[i].bit)) continue;
    lua_pushstring(L, curl_features[i].name);
    lua_rawseti(L, -2, ++n);
  }
  lua_setfield(L, -2, "features");   /* table of facts */
}

#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif

/* build() -> table: compiler, lua, curl, tls, ca_file, ca_dir, features (list),
   sqlite, microhttpd, gnutls, editor. Of libraries the version that is there
   now, not that of their headers. */
static int l_build(lua_State *L) {
  lua_newtable(L);
  fact(L, "compiler", COMPILER);
  fact(L, "lua", LUA_VERSION_MAJOR "." LUA_VERSION_MINOR "."
       LUA_VERSION_RELEASE);
  curl_facts(L);
  fact(L, "sqlite", sqlite3_libversion());
  fact(L, "microhttpd", MHD_get_version());
  fact(L, "gnutls", gnutls_check_version(NULL));
  fact(L, "editor", repl_version());
  return 1;
}

/* ---- the process and its machine ---- */

/* process() -> table: core_dumps, dumpable, root; synchronised and wrong_by
   (seconds) where the kernel tells */
static int l_process(lua_State *L) {
  lua_newtable(L);
  struct rlimit core;
  flag(L, "core_dumps", getrlimit(RLIMIT_CORE, &core) || core.rlim_cur != 0);
  flag(L, "root", geteuid() == 0);
  flag(L, "dumpable", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0);
  bool synchronised;
  double error;
  if (sys_synchronised(&synchronised, &error, NULL) == 0) {
    flag(L, "synchronised", synchronised);
    number(L, "wrong_by", error);
  }
  return 1;
}

static const char *kind_of(mode_t mode) {
  if (S_ISREG(mode)) return "file";
  return S_ISDIR(mode) ? "directory" : "other";
}

/* file(path) -> table: kind ("file", "directory", "other"), size, mode (the
   bits of chmod), owner (uid), mine, modified (seconds since 1970) | nil, err;
   of what a symbolic link leads to */
static int l_file(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  struct stat st;
  if (stat(path, &st)) {
    Err err;
    err_sys(&err, ERR_FILE, errno, "cannot look at %s", path);
    return lerr_fail(L, &err);
  }
  lua_newtable(L);
  fact(L, "kind", kind_of(st.st_mode));
  whole(L, "size", (lua_Integer)st.st_size);
  whole(L, "mode", (lua_Integer)(st.st_mode & 07777));
  whole(L, "owner", (lua_Integer)st.st_uid);
  flag(L, "mine", st.st_uid == geteuid());
  number(L, "modified", (lua_Number)st.st_mtime);
  return 1;
}

/* count(path) -> entries of a directory, hidden ones not counted | nil, err */
static int l_count(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  DIR *dir = opendir(path);
  if (!dir) {
    Err err;
    err_sys(&err, ERR_FILE, errno, "cannot look into %s", path);
    return lerr_fail(L, &err);
  }
  lua_Integer n = 0;
  for (const struct dirent *entry; (entry = readdir(dir));)
    n += entry->d_name[0] != '.';
  closedir(dir);
  lua_pushinteger(L, n);
  return 1;
}

/* disk(path) -> bytes that are free there for us, bytes in all | nil, err */
static int l_disk(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  struct statvfs fs;
  if (statvfs(path, &fs)) {
    Err err;
    err_sys(&err, ERR_FILE, errno, "cannot look at the disk of %s", path);
    return lerr_fail(L, &err);
  }
  lua_pushnumber(L, (lua_Number)fs.f_bavail * (lua_Number)fs.f_frsize);
  lua_pushnumber(L, (lua_Number)fs.f_blocks * (lua_Number)fs.f_frsize);
  return 2;
}

static const luaL_Reg functions[] = {
  {"build", l_build}, {"process", l_process}, {"file", l_file},
  {"count", l_count}, {"disk", l_disk}, {NULL, NULL}};

int luaopen_host_facts(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
