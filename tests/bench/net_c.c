/* net_c.c - the yardstick: requests on libcurl's multi interface, in bare C. */
/* SPDX-License-Identifier: MIT */

/* net_c bare|cjson ROW URL COUNT AT_ONCE: prints the seconds of wall clock and
   of processor time that the work took, and the peak of memory in KB. bare
   throws bodies away, cjson decodes each; both keep the connections, and wait
   by curl_multi_poll. Rows: get, post, fresh (a connection each), pages. */

#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { BODY = 1 << 20 };

typedef struct Slot {
  CURL *easy;
  char *body;
  size_t len;
} Slot;

static bool decode, post, fresh, paged;
static const char *base;
static char next_page[64];      /* "": it was the last one */
static cJSON *all;              /* the records of all pages */

static void die(const char *what) {
  fprintf(stderr, "net_c: %s\n", what);
  exit(EXIT_FAILURE);
}

static void ok(int code) {
  if (code != 0) die("libcurl refuses");
}

static double seconds(clockid_t clock) {
  struct timespec t;
  if (clock_gettime(clock, &t)) die("clock_gettime");
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *ctx) {
  Slot *slot = ctx;
  (void)size;   /* always 1 */
  if (!decode && !paged) return n;
  if (n > BODY - 1 - slot->len) return 0;
  memcpy(slot->body + slot->len, bytes, n);
  slot->len += n;
  return n;
}

static struct curl_slist *headers(void) {
  static const char *const lines[] = {
    "Api-Version: 2", "Api-Application: abcdefghijkl",
    "Api-Company: 1111-2222-3333-4444-5555", "Authorization: Bearer secret",
    "Accept: */*"
  };
  struct curl_slist *list = NULL;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    list = curl_slist_append(list, lines[i]);
  if (post) list = curl_slist_append(list, "Content-Type: application/json");
  if (!list) die("out of memory");
  return list;
}

static void set_up(Slot *slot, struct curl_slist *list) {
  slot->easy = curl_easy_init();
  slot->body = malloc(BODY);
  if (!slot->easy || !slot->body) die("out of memory");
  ok(curl_easy_setopt(slot->easy, CURLOPT_URL, base));
  ok(curl_easy_setopt(slot->easy, CURLOPT_HTTPHEADER, list));
  ok(curl_easy_setopt(slot->easy, CURLOPT_WRITEFUNCTION, on_body));
  ok(curl_easy_setopt(slot->easy, CURLOPT_WRITEDATA, slot));
  ok(curl_easy_setopt(slot->easy, CURLOPT_PRIVATE, slot));
  ok(curl_easy_setopt(slot->easy, CURLOPT_NOSIGNAL, 1L));
  ok(curl_easy_setopt(slot->easy, CURLOPT_TCP_NODELAY, 1L));
  if (post)
    ok(curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDS,
                        "{\"action\":\"update_account\",\"account_key\":"
                        "\"5a50d8fed44aa9.76285894\",\"active\":\"1\"}"));
  if (fresh) {
    ok(curl_easy_setopt(slot->easy, CURLOPT_FRESH_CONNECT, 1L));
    ok(curl_easy_setopt(slot->easy, CURLOPT_FORBID_REUSE, 1L));
  }
}

/* The least that anybody must do to page: the mark stands at the end. */
static void find_mark(const Slot *slot) {
  static const char name[] = "\"moreAfter\":\"";
  const char *tail = slot->len > 100 ? slot->body + slot->len - 100
                                     : slot->body;
  const char *mark = strstr(tail, name);
  next_page[0] = '\0';
  if (!mark) return;
  mark += sizeof name - 1;
  snprintf(next_page, sizeof next_page, "%.*s", (int)strcspn(mark, "\""), mark);
}

static void collect(cJSON *value) {
  const cJSON *mark = cJSON_GetObjectItemCaseSensitive(value, "moreAfter");
  cJSON *data = cJSON_GetObjectItemCaseSensitive(value, "data");
  snprintf(next_page, sizeof next_page, "%s",
           cJSON_IsString(mark) ? mark->valuestring : "");
  if (!all && !(all = cJSON_CreateArray())) die("out of memory");
  cJSON *next = NULL;
  for (cJSON *item = data ? data->child : NULL; item; item = next) {
    next = item->next;
    if (!cJSON_AddItemToArray(all, cJSON_DetachItemViaPointer(data, item)))
      die("no record");
  }
}

static void finish(Slot *slot) {
  slot->body[slot->len] = '\0';
  if (decode) {
    cJSON *value = cJSON_ParseWithLength(slot->body, slot->len);
    if (!value) die("no JSON");
    if (paged) collect(value);
    cJSON_Delete(value);
  } else if (paged) {
    find_mark(slot);
  }
  slot->len = 0;
}

static void ask_for_page(const Slot *slot) {
  char url[512];
  snprintf(url, sizeof url, "%s&page-after=%s", base, next_page);
  ok(curl_easy_setopt(slot->easy, CURLOPT_URL, url));
}

/* Runs count requests, or with 0 all pages, n at a time. */
static void work(CURLM *multi, Slot *slots, size_t n, size_t count) {
  size_t begun = 0, done = 0;
  for (; begun < n && (paged ? begun < 1 : begun < count); begun++)
    ok(curl_multi_add_handle(multi, slots[begun].easy));
  while (done < begun) {
    int running, left;
    ok(curl_multi_perform(multi, &running));
    CURLMsg *msg;
    while ((msg = curl_multi_info_read(multi, &left))) {
      Slot *slot;
      if (msg->msg != CURLMSG_DONE || msg->data.result != CURLE_OK)
        die("a request failed");
      ok(curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&slot));
      done++;
      finish(slot);
      ok(curl_multi_remove_handle(multi, slot->easy));
      if (paged ? !next_page[0] : begun >= count) continue;
      if (paged) ask_for_page(slot);
      ok(curl_multi_add_handle(multi, slot->easy));
      begun++;
    }
    if (done < begun) ok(curl_multi_poll(multi, NULL, 0, 1000, NULL));
  }
}

int main(int argc, char **argv) {
  if (argc != 6) die("usage: net_c bare|cjson ROW URL COUNT AT_ONCE");
  decode = strcmp(argv[1], "cjson") == 0;
  fresh = strcmp(argv[2], "fresh") == 0;
  post = fresh || strcmp(argv[2], "post") == 0;
  bool pages = strcmp(argv[2], "pages") == 0;
  base = argv[3];
  size_t count = strtoul(argv[4], NULL, 10), n = strtoul(argv[5], NULL, 10);
  if (count < 1 || n < 1 || n > 1000) die("COUNT or AT_ONCE out of range");
  ok(curl_global_init(CURL_GLOBAL_ALL));
  CURLM *multi = curl_multi_init();
  Slot *slots = calloc(n, sizeof *slots);
  struct curl_slist *list = headers();
  if (!multi || !slots) die("out of memory");
  ok(curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 100L));
  for (size_t i = 0; i < n; i++) set_up(&slots[i], list);
  work(multi, slots, 1, 1);     /* the first call is nobody's */
  paged = pages;
  double wall = seconds(CLOCK_MONOTONIC);
  double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
  work(multi, slots, n, count);
  wall = seconds(CLOCK_MONOTONIC) - wall;
  cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  struct rusage used;
  if (getrusage(RUSAGE_SELF, &used)) die("getrusage");
  if (pages && decode && cJSON_GetArraySize(all) < (int)count)
    die("records are missing");
  printf("%.6f %.6f %ld\n", wall, cpu, used.ru_maxrss);
  return EXIT_SUCCESS;
}
