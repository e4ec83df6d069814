/* alloc.h - what alloc.c judges scenarios by: files, the store, the server. */
#ifndef ALLOC_H
#define ALLOC_H

#include <stdbool.h>
#include <stdint.h>
#include <lua.h>
#include "buf.h"
#include "refuse.h"

enum { FILES_MOST = 64 };

typedef struct KeptFile { char name[256]; Buf bytes; } KeptFile;

/* What a run does that gets all of its memory. */
typedef struct Reference {
  int code, effects;
  Buf out;
  KeptFile after[FILES_MOST];
  int nafter;
} Reference;

void alloc_die(const char *what) __attribute__((noreturn));
void alloc_show(const char *path);     /* the end of that file, as comments */

/* The scenario's table on the stack of a state of its own; its folder is the
   current one, its server is there, the environment names both. */
lua_State *alloc_scenario(const char *dir, const char *name);

/* Its folder, as the preparation left it. */
void files_keep(void);
void files_restore(void);
void files_note(Reference *reference);
/* NULL, or the name of a file that is neither as before nor as after. */
const char *files_wrong(const Reference *reference);
const char *store_wrong(void);         /* NULL when it is sound, or absent */

void file_read(const char *path, Buf *to);
bool file_same(const char *path, const Buf *other);
/* The word behind that text, whose last two letters belong to it. */
void file_find(const char *path, const char *text, char *to, size_t size);
bool file_says(const char *path, const char *text);

/* Requests of the server that may change something, since the reset. */
void peer_start(lua_State *L);         /* the scenario on the stack */
void peer_reset(void);
int peer_effects(void);
void peer_stop(void);

/* A set of places. */
void places_clear(void);
bool places_add(uint64_t place);       /* whether it is new */

#endif
