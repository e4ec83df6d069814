/* cron_compare.c - next slots of all zones against the oracle; prints TAP. */
/* SPDX-License-Identifier: MIT */

/*
 * compare ORACLE EXPRESSIONS [SLOTS [SEED [ZONE]]]: whole rounds over all zones
 * until so many slots have agreed; with ZONE only that one, from 1970 to 2037
 * minute by minute. Without SLOTS one round.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cron.h"
#include "record.h"
#include "tap.h"

enum { ROWS_MAX = 100, ZONES_MAX = 2000, SHOWN_MAX = 20 };

typedef struct Entry {
  char text[100];
  CronRow row;
  bool skip;
  bool more;              /* next holds a slot */
  CronSlot next;
} Entry;

static Entry entries[ROWS_MAX];
static int entry_count;
static char *zones[ZONES_MAX];
static int zone_count;
static const char *oracle, *expressions;
static unsigned long long slots, windows, offsets, wrong;

/* ---- what is compared ---- */

static void read_entry(char *line) {
  CronFaults faults;
  CronOptions options = {0};
  Entry *e = &entries[entry_count++];
  line[strcspn(line, "\n")] = '\0';
  snprintf(e->text, sizeof e->text, "%s", line);
  char *text = strchr(e->text, ' ') + 1;
  e->skip = line[0] == 's';
  options.days = line[0] == 'a' ? CRON_DAYS_AND
               : line[0] == 'o' ? CRON_DAYS_OR : CRON_DAYS_PLAIN;
  if (cron_parse(&e->row, text, &options, &faults)) {
    printf("Bail out! %s: %s\n", e->text, faults.text[0]);
    exit(1);
  }
}

static void read_entries(void) {
  char line[100];
  FILE *f = fopen(expressions, "r");
  if (!f) exit(2);
  while (fgets(line, sizeof line, f))
    if (line[0] != '#' && line[0] != '\n' && entry_count < ROWS_MAX)
      read_entry(line);
  fclose(f);
}

/* Every file below the folder that begins as zone files do. */
static void find_zones(const char *dir, const char *prefix) {
  struct dirent **list;
  int n = scandir(dir, &list, NULL, alphasort);
  for (int i = 0; i < n; i++) {
    char path[1024], name[512], magic[4] = "";
    struct stat st;
    const char *d = list[i]->d_name;
    snprintf(path, sizeof path, "%s/%s", dir, d);
    snprintf(name, sizeof name, "%s%s%s", prefix, *prefix ? "/" : "", d);
    bool other = d[0] == '.' || !strcmp(d, "posix") || !strcmp(d, "right") ||
      !strcmp(d, "localtime") || !strcmp(d, "posixrules") ||
      !strcmp(d, "Factory") || stat(path, &st);
    free(list[i]);
    if (other) continue;
    if (S_ISDIR(st.st_mode)) {
      find_zones(path, name);
      continue;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) continue;
    if (read(fd, magic, 4) == 4 && memcmp(magic, "TZif", 4) == 0 &&
        zone_count < ZONES_MAX)
      zones[zone_count++] = strdup(name);
    close(fd);
  }
  if (n >= 0) free(list);
}

/* ---- one zone ---- */

static void complain(const char *zone, const Entry *e, const Record *r) {
  if (wrong++ >= SHOWN_MAX) return;
  printf("# %s, %s: oracle has %lld (count %lld, twice %d), slot is %lld "
         "(count %lld)\n", zone, e->text, (long long)r->utc,
         (long long)r->count, r->twice, e->more ? (long long)e->next.utc : -1,
         (long long)e->next.collapsed);
}

static void advance(Entry *e, const Tz *tz, int64_t after) {
  CronZone zone = {.tz = tz, .skip_gaps = e->skip};
  e->more = cron_next(&e->row, &zone, after, &e->next);
}

static void slot(const char *zone, const Tz *tz, const Record *r) {
  Entry *e = &entries[r->what];
  bool flag = !r->twice || (e->next.flags & CRON_OVERLAP);
  if (!e->more || e->next.utc != r->utc || e->next.collapsed != r->count ||
      !flag || (e->next.flags & CRON_GAP) != (r->count > 0 ? CRON_GAP : 0))
    complain(zone, e, r);
  slots++;
  /* What comes next does not hang on a slot that is wrong. */
  advance(e, tz, r->utc);
}

static void offset(const char *zone, const Tz *tz, const Record *r) {
  TzSpan span;
  tz_span(tz, r->utc, &span);
  offsets++;
  if (span.offset == r->count && span.dst == (r->twice != 0)) return;
  wrong++;
  printf("# %s at %lld: offset %d dst %d, oracle has %lld %d\n", zone,
         (long long)r->utc, span.offset, span.dst, (long long)r->count,
         r->twice);
}

static void record(const char *zone, const Tz *tz, const Record *r) {
  switch (r->what) {
    case RECORD_WINDOW:
      windows++;
      for (int i = 0; i < entry_count; i++)
        advance(&entries[i], tz, r->utc - 1);
      break;
    case RECORD_END:
      for (int i = 0; i < entry_count; i++)
        if (entries[i].more && entries[i].next.utc < r->utc)
          complain(zone, &entries[i], r);
      break;
    case RECORD_OFFSET:
      offset(zone, tz, r);
      break;
    default:
      slot(zone, tz, r);
  }
}

static void compare(const char *zone, char *const *args) {
  int ends[2], status;
  Record r;
  Err err;
  Tz *tz = tz_open(zone, &err);
  if (!tz) {
    printf("# %s: %s\n", zone, err.text);
    wrong++;
    return;
  }
  if (pipe2(ends, O_CLOEXEC)) exit(1);
  pid_t pid = fork();
  if (pid < 0) exit(1);
  if (pid == 0) {
    dup2(ends[1], STDOUT_FILENO);
    execv(oracle, args);
    _exit(127);
  }
  close(ends[1]);
  FILE *f = fdopen(ends[0], "r");
  if (!f) exit(1);
  while (fread(&r, sizeof r, 1, f) == 1) record(zone, tz, &r);
  fclose(f);
  if (waitpid(pid, &status, 0) != pid || status != 0) {
    printf("# the oracle ended with %d for %s\n", status, zone);
    wrong++;
  }
  tz_close(tz);
}

/* ---- rounds ---- */

static char *own(const char *text) {
  char *copy = strdup(text);
  if (!copy) exit(1);
  return copy;
}

static void one(const char *zone, unsigned long seed, const char *days,
                const char *changes, const char *random) {
  char number[32];
  snprintf(number, sizeof number, "%lu", seed);
  char *args[] = {own(oracle), own(zone), own(expressions), own(number),
                  own(days), own(changes), own(random), NULL};
  compare(zone, args);
  for (int i = 0; args[i]; i++) free(args[i]);
}

static void whole(const char *zone) {
  char *args[] = {own(oracle), own(zone), own(expressions), own("1"),
                  own("1"), own("0"), own("0"), own("432000"),
                  own("2145916800"), NULL};
  compare(zone, args);
  for (int i = 0; args[i]; i++) free(args[i]);
}

/* Days around a change of every zone and elsewhere; a whole year of a few. */
static void round_of(unsigned long seed) {
  for (int i = 0; i < zone_count; i++)
    one(zones[i], seed * 10007 + (unsigned long)i, "1", "1",
        (i + (int)seed) % 4 ? "0" : "1");
  for (int i = (int)(seed % 200); i < zone_count; i += 200)
    one(zones[i], seed, "366", "0", "1");
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  oracle = argv[1];
  expressions = argv[2];
  unsigned long long most = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
  unsigned long seed = argc > 4 ? strtoul(argv[4], NULL, 10) : 1;
  struct timespec a, b;
  clock_gettime(CLOCK_MONOTONIC, &a);
  read_entries();
  const char *dir = getenv("TZDIR");
  find_zones(dir ? dir : "/usr/share/zoneinfo", "");
  ok(zone_count > 300, "there are zones");
  ok(entry_count >= 60, "there are expressions");
  if (argc > 5)
    whole(argv[5]);
  else
    do round_of(seed++);
    while (slots < most && wrong == 0);
  clock_gettime(CLOCK_MONOTONIC, &b);
  printf("# %llu slots in %llu windows, %llu offsets, %d zones, %d "
         "expressions, %.1f s\n", slots, windows, offsets, zone_count,
         entry_count, (double)(b.tv_sec - a.tv_sec) +
         (double)(b.tv_nsec - a.tv_nsec) / 1e9);
  ok(slots > 100000, "many slots were compared");
  is_int(wrong, 0, "slots that the oracle does not have, or has otherwise");
  for (int i = 0; i < zone_count; i++) free(zones[i]);
  return done();
}
