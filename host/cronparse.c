/* cronparse.c - reads cron expressions; every fault is told in a sentence. */
/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cron.h"
#include "text.h"

enum {
  EXPRESSION_MAX = 512, SHOWN = 48, FIELDS = 5,
  EVERY_MAX = 366 * 86400         /* seconds */
};

typedef struct Field {
  const char *name;
  int min, max;
  const char *const *names;       /* of min, min + 1, ...; NULL-terminated */
  const char *expected;
} Field;

static const char *const months[] = {
  "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV",
  "DEC", NULL};
static const char *const weekdays[] = {
  "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", NULL};

enum { MINUTE, HOUR, DAY, MONTH, WEEKDAY };
static const Field fields[FIELDS] = {
  {"minute", 0, 59, NULL, "0 to 59"},
  {"hour", 0, 23, NULL, "0 to 23"},
  {"day of month", 1, 31, NULL, "1 to 31, L, LW or a weekday nearest as 15W"},
  {"month", 1, 12, months, "1 to 12 or JAN to DEC"},
  {"day of week", 0, 7, weekdays,
   "0 to 7 (0 and 7 are Sunday), SUN to SAT, 5#3, 5#L or 5L"}};

typedef struct Part {
  const char *s;
  size_t n;
} Part;

typedef struct Parser {
  CronRow *row;
  CronFaults *faults;
  const char *schedule;           /* its name */
  int at;                         /* index of the field */
  Part part[FIELDS];
  Part item;                      /* of the list that the field is */
  char text[SHOWN];               /* the item in capitals */
  uint64_t set;
} Parser;

static void fault(CronFaults *faults, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void fault(CronFaults *faults, const char *fmt, ...) {
  va_list ap;
  if (faults->n >= CRON_FAULTS_MAX) return;
  va_start(ap, fmt);
  vsnprintf(faults->text[faults->n++], CRON_FAULT_TEXT, fmt, ap);
  va_end(ap);
}

/* The text as it may be shown, shortened. */
static const char *shown(Part part, char out[SHOWN]) {
  Buf b;
  size_t most = part.n < SHOWN / 2 ? part.n : SHOWN / 2;
  buf_init(&b, SHOWN - 4);
  /* What does not fit once it is written safely is told by its length. */
  if (text_safe(&b, part.s, most, false))
    snprintf(out, SHOWN, "(%zu bytes)", part.n);
  else
    /* cppcheck-suppress knownConditionTrueFalse ; `most` may be the less */
    snprintf(out, SHOWN, "%s%s", buf_str(&b), most < part.n ? "..." : "");
  buf_clear(&b);
  return out;
}

/* "hour '25' WHAT" */
static int wrong(Parser *p, const char *what) {
  char text[SHOWN];
  fault(p->faults, "%s '%s' %s", fields[p->at].name, shown(p->item, text),
        what);
  return -1;
}

/* "hour '25' WHAT; expected 0 to 23" */
static int unexpected(Parser *p, const char *what) {
  char text[CRON_FAULT_TEXT];
  snprintf(text, sizeof text, "%s; expected %s", what, fields[p->at].expected);
  return wrong(p, text);
}

/* ---- values ---- */

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static const char *named(const Field *f, const char *s, int *value) {
  for (int i = 0; f->names && f->names[i]; i++)
    if (strncmp(s, f->names[i], 3) == 0 && !isalpha((unsigned char)s[3])) {
      *value = f->min + i;
      return s + 3;
    }
  return NULL;
}

/* A number or a name of the field; NULL and a fault for anything else. */
static const char *value(Parser *p, const char *s, int *v) {
  const Field *f = &fields[p->at];
  *v = 0;
  if (!is_digit(*s)) {
    /* 5L and the like: a letter behind the name is no part of it */
    const char *end = named(f, s, v);
    if (!end && f->names && strlen(s) == 4 && s[3] == 'L') {
      char name[4] = {s[0], s[1], s[2], '\0'};
      if (named(f, name, v)) return s + 3;
    }
    if (!end) unexpected(p, "cannot be read");
    return end;
  }
  for (; is_digit(*s); s++)
    if (*v < 10000) *v = *v * 10 + (*s - '0');
  if (*v >= f->min && *v <= f->max) return s;
  unexpected(p, "is out of range");
  return NULL;
}

static void add(Parser *p, int from, int to, int step) {
  for (int v = from; v <= to; v += step) p->set |= UINT64_C(1) << v;
}

/* ---- the forms of an item ---- */

/* /15 behind a range; *step is 1 without it */
static int step_of(Parser *p, const char *s, int from, int to, int *step) {
  char text[128];
  int n = 0;
  *step = 1;
  if (*s == '\0') return 0;
  if (*s != '/') return unexpected(p, "cannot be read");
  const char *digits = ++s;
  for (; is_digit(*s); s++)
    if (n < 10000) n = n * 10 + (*s - '0');
  if (s == digits || *s || n < 1)
    return wrong(p, "has no step behind the slash; expected a number such as "
                 "the 15 in */15");
  *step = n;
  if (n == 1 || n <= to - from) return 0;
  snprintf(text, sizeof text, "has a step beyond its range, so that only %d "
           "were left; expected a step of 1 to %d", from,
           to > from ? to - from : 1);
  return wrong(p, text);
}

static int star(Parser *p, const char *s) {
  const Field *f = &fields[p->at];
  int max = p->at == WEEKDAY ? 6 : f->max, step;
  if (step_of(p, s, f->min, max, &step)) return -1;
  add(p, f->min, max, step);
  return 0;
}

/* One value of the range, by the name of the schedule. */
static int chosen(Parser *p, int from, int to) {
  if (p->at != MINUTE && p->at != HOUR)
    return wrong(p, "uses ~, which is for minute and hour; expected a value");
  if (from > to)
    return wrong(p, "is a range from high to low; expected low~high");
  int v = from + (int)cron_hash(p->schedule, fields[p->at].name,
                                (uint32_t)(to - from) + 1);
  add(p, v, v, 1);
  return 0;
}

/* The hint for a range that runs over the end of the week, of the year ... */
static int reversed(Parser *p, int from, int to) {
  char text[128];
  if (p->at == WEEKDAY && to == 0)
    snprintf(text, sizeof text, "ends before it begins; expected %d-7, where "
             "7 is Sunday", from);
  else
    snprintf(text, sizeof text, "ends before it begins; expected two ranges: "
             "%d-%d,%d-%d", from, p->at == WEEKDAY ? 6 : fields[p->at].max,
             fields[p->at].min, to);
  return wrong(p, text);
}

static int range(Parser *p, const char *s, int from) {
  int to, step;
  bool name = !is_digit(*s);
  if (!(s = value(p, s, &to))) return -1;
  /* FRI-SUN ends with the week */
  if (p->at == WEEKDAY && name && to == 0 && from > 0) to = 7;
  if (to < from) return reversed(p, from, to);
  if (step_of(p, s, from, to, &step)) return -1;
  add(p, from, to, step);
  return 0;
}

/* 5#3, 5#L, 5L */
static int nth(Parser *p, const char *s, int weekday) {
  uint8_t set = (uint8_t)(1u << weekday % 7);
  if (*s == '#') s++;
  if (strcmp(s, "L") == 0) {
    p->row->weekday_last |= set;
  } else if (s[-1] == '#' && *s >= '1' && *s <= '5' && s[1] == '\0') {
    p->row->weekday_nth[*s - '1'] |= set;
  } else {
    return wrong(p, "has no known count; expected #1 to #5, #L or L behind "
                 "the day");
  }
  return 0;
}

/* L, LW and 15W of the day of month; 1 if it is none of them. */
static int day_form(Parser *p, const char *s) {
  size_t n = strlen(s);
  if (strcmp(s, "L") == 0) {
    p->row->day_last = true;
    return 0;
  }
  if (s[n - 1] != 'W') return 1;
  if (p->part[p->at].n != p->item.n)
    return wrong(p, "is one of several; expected W to stand alone in its "
                 "field");
  if (strcmp(s, "LW") == 0) {
    p->row->day_last_work = true;
    return 0;
  }
  int day;
  const char *end = value(p, s, &day);
  if (!end) return -1;
  if (strcmp(end, "W") != 0)
    return wrong(p, "puts W behind a range; expected one day, as 15W");
  p->row->day_nearest |= UINT32_C(1) << day;
  return 0;
}

static int plain(Parser *p, const char *s) {
  int from, to;
  if (!(s = value(p, s, &from))) return -1;
  switch (*s) {
    case '\0':
      add(p, from, from, 1);
      return 0;
    case '-':
      return range(p, s + 1, from);
    case '~':
      if (!(s = value(p, s + 1, &to))) return -1;
      return *s ? unexpected(p, "cannot be read") : chosen(p, from, to);
    case '/':
      return wrong(p, "has a step without a range; expected a range before "
                   "the slash, as 5-59/15");
    case '#': case 'L':
      if (p->at == WEEKDAY) return nth(p, s, from);
  }
  return unexpected(p, "cannot be read");
}

static int item(Parser *p) {
  const Field *f = &fields[p->at];
  if (p->item.n == 0) return unexpected(p, "is an empty list item");
  if (p->item.n >= sizeof p->text) return unexpected(p, "is too long");
  for (size_t i = 0; i < p->item.n; i++)
    p->text[i] = (char)toupper((unsigned char)p->item.s[i]);
  p->text[p->item.n] = '\0';
  const char *s = p->text;
  if (strlen(s) != p->item.n) return unexpected(p, "cannot be read");
  if (*s == '*') return star(p, s + 1);
  if (strcmp(s, "~") == 0) return chosen(p, f->min, f->max);
  if (strcmp(s, "?") == 0) return wrong(p, "is not used here; expected *");
  if (p->at == DAY) {
    int rc = day_form(p, s);
    if (rc <= 0) return rc;
  }
  if (p->at == WEEKDAY && strcmp(s, "L") == 0)
    return wrong(p, "lacks the day; expected the last of one, as 5#L");
  return plain(p, s);
}

/* ---- whole fields ---- */

static void store(Parser *p) {
  CronRow *row = p->row;
  switch (p->at) {
    case MINUTE: row->minutes = p->set; break;
    case HOUR: row->hours = (uint32_t)p->set; break;
    case DAY: row->days = (uint32_t)p->set; break;
    case MONTH: row->months = (uint32_t)p->set; break;
    case WEEKDAY:
      row->weekdays = (uint8_t)((p->set & 0x7F) | (p->set >> 7 & 1));
      break;
  }
}

static bool is_star(Part part) {
  return part.n == 1 && part.s[0] == '*';
}

/* Items after the first fault of a field are read, too: each is told. */
static void field(Parser *p) {
  const char *s = p->part[p->at].s, *end = s + p->part[p->at].n;
  p->set = 0;
  for (;;) {
    const char *comma = memchr(s, ',', (size_t)(end - s));
    p->item = (Part){s, (size_t)((comma ? comma : end) - s)};
    item(p);
    if (!comma) break;
    s = comma + 1;
  }
  store(p);
}

static size_t split(const char *text, Part out[FIELDS]) {
  size_t n = 0;
  for (;;) {
    text += strspn(text, " \t");
    size_t len = strcspn(text, " \t");
    if (len == 0) return n;
    if (n < FIELDS) out[n] = (Part){text, len};
    n++;
    text += len;
  }
}

static bool has_star(Part part) {
  return memchr(part.s, '*', part.n) && !is_star(part);
}

/* What two day fields mean together. */
static void days(Parser *p, CronDays how) {
  char a[SHOWN], b[SHOWN];
  Part day = p->part[DAY], weekday = p->part[WEEKDAY];
  p->row->any_day = is_star(day);
  p->row->any_weekday = is_star(weekday);
  p->row->days_and = how == CRON_DAYS_AND;
  if (how != CRON_DAYS_PLAIN || is_star(day) || is_star(weekday) ||
      (!has_star(day) && !has_star(weekday)))
    return;
  fault(p->faults, "day of month '%s' beside day of week '%s' means both to "
        "some crons and either to others; expected the option days = \"and\" "
        "or days = \"or\"", shown(day, a), shown(weekday, b));
}

/* Dates that never come are a mistake, even beside a day of week. */
static void dates(Parser *p) {
  CronRow alone = *p->row;
  char a[SHOWN], b[SHOWN], c[SHOWN];
  shown(p->part[DAY], a);
  shown(p->part[MONTH], b);
  shown(p->part[WEEKDAY], c);
  alone.any_weekday = true;
  if (!cron_possible(&alone))
    fault(p->faults, "day of month '%s' never comes in month '%s'; expected "
          "a date that exists", a, b);
  else if (!cron_possible(p->row))
    fault(p->faults, "day of month '%s' in month '%s' is never a day of week "
          "'%s'; expected days that can meet", a, b, c);
}

static void five(Parser *p, const char *text, CronDays how) {
  size_t n = split(text, p->part);
  if (n != FIELDS) {
    char all[SHOWN];
    fault(p->faults, "'%s' has %zu field%s; expected five: minute, hour, day "
          "of month, month, day of week%s",
          shown((Part){text, strlen(text)}, all), n, n == 1 ? "" : "s",
          n == 6 ? " (there are no seconds)" : "");
    return;
  }
  for (p->at = 0; p->at < FIELDS; p->at++) field(p);
  p->row->kind = is_star(p->part[HOUR]) ? CRON_INTERVAL : CRON_WALL;
  days(p, how);
  if (p->faults->n == 0) dates(p);
}

/* ---- words ---- */

/* 90m or 1h30m in seconds; -1 if it is none, or too much */
static int64_t duration(Part part) {
  static const char units[] = "smhd";
  static const int seconds[] = {1, 60, 3600, 86400};
  int64_t all = 0;
  size_t i = 0;
  while (i < part.n) {
    int64_t n = 0;
    size_t from = i;
    for (; i < part.n && is_digit(part.s[i]); i++)
      if (n <= EVERY_MAX) n = n * 10 + (part.s[i] - '0');
    const char *unit = i < part.n && part.s[i] && i > from
      ? strchr(units, part.s[i]) : NULL;
    if (!unit) return -1;
    all += n * seconds[unit - units];
    if (all > EVERY_MAX) return -1;
    i++;
  }
  return all;
}

static void every(Parser *p, const Part *part, size_t n) {
  char text[SHOWN];
  int64_t seconds = n == 2 ? duration(part[1]) : 0;
  if (n == 2 && seconds >= 1) {
    p->row->kind = CRON_EVERY;
    p->row->every = seconds;
    return;
  }
  fault(p->faults, "@every '%s' is no period; expected 1s to 366d in s, m, h "
        "and d, as 90m or 1h30m",
        n > 1 ? shown((Part){part[1].s, strlen(part[1].s)}, text) : "");
}

static bool is_word(Part part, const char *word) {
  return strlen(word) == part.n && memcmp(part.s, word, part.n) == 0;
}

static void word(Parser *p, const char *text) {
  static const char *const words[][2] = {
    {"@hourly", "0 * * * *"}, {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"}, {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"}};
  Part part[FIELDS] = {{NULL, 0}};
  char all[SHOWN];
  size_t n = split(text, part);
  if (is_word(part[0], "@every")) {
    every(p, part, n);
    return;
  }
  if (n == 1 && is_word(part[0], "@boot")) {
    p->row->kind = CRON_BOOT;
    return;
  }
  for (size_t i = 0; n == 1 && i < sizeof words / sizeof *words; i++)
    if (is_word(part[0], words[i][0])) {
      five(p, words[i][1], CRON_DAYS_PLAIN);
      return;
    }
  fault(p->faults, "'%s' is not known; expected @hourly, @daily, @midnight, "
        "@weekly, @monthly, @yearly, @annually, @boot or @every with a period, "
        "as @every 90m", shown((Part){text, strlen(text)}, all));
}

int cron_parse(CronRow *row, const char *text, const CronOptions *options,
               CronFaults *faults) {
  static const CronOptions defaults = {0};
  if (!options) options = &defaults;
  memset(row, 0, sizeof *row);
  faults->n = 0;
  Parser p = {.row = row, .faults = faults,
              .schedule = options->name ? options->name : ""};
  text += strspn(text, " \t");
  size_t n = strlen(text);
  while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t')) n--;
  if (n > EXPRESSION_MAX)
    fault(faults, "the expression has %zu bytes; expected at most %d", n,
          EXPRESSION_MAX);
  else if (text[0] == '@')
    word(&p, text);
  else
    five(&p, text, options->days);
  return faults->n > 0 ? -1 : 0;
}
