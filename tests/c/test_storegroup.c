/* test_storegroup.c - calls that begin and end in one transaction: one flush
   for all, all or none, and what becomes of them when the disk fails; a store that
   cannot be opened for that. */
/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <sys/wait.h>
#include <unistd.h>
#include "disk.h"
#include "halt.h"
#include "tap.h"

static char dir[] = "/tmp/errand-group-XXXXXX";
static char path[256], reserve[300];

static void remove_store(void) {
  static const char *const suffixes[] = {"", "-wal", "-shm"};
  for (int i = 0; i < 3; i++) {
    char name[300];
    snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
    unlink(name);
  }
  unlink(reserve);
}

static Store *open_store(void) {
  Err err = {0};
  Store *s = store_open(path, &err);
  if (!s) printf("# %s\n", err.text);
  return s;
}

/* ---- groups ---- */

enum { GROUP = 8 };

typedef struct Group {
  StoreWrite write[GROUP];
  StoreCall call[GROUP];
  char key[GROUP][40];
  StoreExchange exchange;
} Group;

static Group group;

/* n calls that begin, behind one another. */
static StoreWrite *beginnings(int n) {
  group = (Group){.exchange = {.method = "POST", .url = "https://x"}};
  for (int i = 0; i < n; i++) {
    snprintf(group.key[i], sizeof group.key[i], "%d@example.com", i);
    group.call[i] = (StoreCall){.service = "ixon", .profile = "prod",
      .account = "acme", .operation = "invites.create", .effect = "create",
      .scope = "", .key = group.key[i], .arguments = "{}",
      .exchange = &group.exchange};
    group.write[i].begins = &group.call[i];
    if (i > 0) group.write[i - 1].next = &group.write[i];
  }
  return group.write;
}

static void becomes_end(StoreWrite *w, long long id, const char *outcome) {
  w->begins = NULL;
  w->id = id;
  w->outcome = outcome;
  w->remote_id = "r1";
  w->status = 201;
}

typedef struct Count {
  int rows, sent, done;
} Count;

static int add(void *ctx, const StoreRow *row) {
  Count *c = ctx;
  c->rows++;
  c->sent += strcmp(row->outcome, "sent") == 0;
  c->done += strcmp(row->outcome, "done") == 0;
  return 0;
}

static Count count(Store *s) {
  Count c = {0};
  Err err;
  if (store_each_call(s, 100, add, &c, &err)) printf("# %s\n", err.text);
  return c;
}

static int failures(const StoreWrite *list) {
  int n = 0;
  for (; list; list = list->next) n += list->failed != NULL;
  return n;
}

static void test_one_flush(void) {
  Store *s = open_store();
  Err err;
  long long first;
  is_int(store_call_begin(s, &beginnings(1)->begins[0], &first, &err), 0,
         "a call alone");
  disk.syncs = 0;
  StoreWrite *list = beginnings(4);
  becomes_end(&list[2], first, "done");
  store_write_calls(s, list);
  is_int(failures(list), 0, "three begin and one ends");
  ok(disk.syncs >= 1 && disk.syncs <= 2, "with the flush of one");
  ok(list[0].id == first + 1 && list[1].id == first + 2 &&
     list[3].id == first + 3, "each has its number, in their order");
  Count c = count(s);
  is_int(c.rows, 4, "all are there");
  is_int(c.done, 1, "and the one has ended");
  char remote[64];
  is_int(store_find_remote(s, "ixon", "prod", "acme", "invites.create", "",
                           "0@example.com", remote, sizeof remote, &err), 1,
         "what it made is found");
  store_close(s);
  s = open_store();
  is_int(count(s).rows, 4, "also after a reopen");
  store_close(s);
  remove_store();
}

static void test_bad_row(void) {
  Store *s = open_store();
  StoreWrite *list = beginnings(3);
  becomes_end(&list[1], 4711, "done");
  store_write_calls(s, list);
  is_int(failures(list), 1, "one of three cannot be written");
  ok(list[1].failed && strstr(list[1].err.text, "has no call 4711"),
     "which says why");
  is_int(count(s).rows, 2, "the others are, one by one");
  list = beginnings(2);
  becomes_end(&list[0], 1, "perhaps");
  store_write_calls(s, list);
  ok(list[0].failed && !list[1].failed && count(s).rows == 3,
     "an outcome that there is not stops nobody else");
  store_close(s);
  remove_store();
}

static void test_flush_fails(void) {
  Store *s = open_store();
  Err err;
  long long id;
  is_int(store_call_begin(s, beginnings(1)->begins, &id, &err), 0, "a call");
  StoreWrite *list = beginnings(4);
  becomes_end(&list[1], id, "done");
  disk.fail_sync[DISK_LOG] = true;
  disk.syncs = 0;
  store_write_calls(s, list);
  is_int(failures(list), 4, "the flush fails, and so does every call in it");
  is_int(disk.syncs, 1, "it is not tried again for one of them");
  ok(strstr(list[0].err.text, "failed to flush") &&
     strstr(list[3].err.text, "failed to flush"), "each is told so");
  is_str(list[3].failed, "dead", "programs, too");
  disk.fail_sync[DISK_LOG] = false;
  list = beginnings(2);
  store_write_calls(s, list);
  is_int(failures(list), 2, "nothing is recorded after that");
  is_int(halt_check(&err), -1, "and nothing is sent");
  store_close(s);
  is_int(halt_check(&err), 0, "until it is closed");
  remove_store();
}

/* Somebody has to find out what a call did whose end is not recorded. */
static void test_write_fails(void) {
  Store *s = open_store();
  Err err = {0};
  long long id, other;
  is_int(store_call_begin(s, beginnings(1)->begins, &id, &err), 0, "a call");
  disk.fail_writes = 1;
  is_int(store_call_finish(s, id, "done", 201, "7", NULL, NULL, &err), 0,
         "its end is written, though one write fails");
  Count c = count(s);
  ok(c.rows == 1 && c.done == 1, "and is on record");
  disk.fail_writes = 1;
  is_int(store_call_begin(s, beginnings(1)->begins, &other, &err), -1,
         "a beginning is not: nothing was sent yet");
  is_int(store_call_begin(s, beginnings(1)->begins, &other, &err), 0,
         "the next one is");
  disk.fail_writes = 2;
  is_int(store_call_finish(s, other, "done", 201, "8", NULL, NULL, &err), -1,
         "a disk that does not write is told");
  disk.fail_writes = 0;
  ok(count(s).done == 1, "and the end is not on record");
  store_close(s);
  remove_store();
}

static void test_full(void) {
  Store *s = open_store();
  Err err;
  long long id;
  is_int(store_reserve(s, &err), 0, "room is kept");
  is_int(store_call_begin(s, beginnings(1)->begins, &id, &err), 0, "a call");
  static char large[60 * 1024];   /* times eight: more than the log has room */
  memset(large, 'x', sizeof large - 1);
  StoreWrite *list = beginnings(GROUP);
  for (int i = 0; i < GROUP; i++) group.call[i].arguments = large;
  group.exchange.request_body = large;
  becomes_end(&list[2], id, "done");
  disk.full = true;
  store_write_calls(s, list);
  is_int(failures(list), GROUP - 1, "no call begins when the disk is full");
  is_str(list[0].failed, "full", "and knows why");
  ok(!list[2].failed, "but what came back gets the room");
  disk.full = false;
  Count c = count(s);
  ok(c.rows == 1 && c.done == 1, "nothing else is in the record");
  store_close(s);
  remove_store();
}

static void test_busy(void) {
  Store *s = open_store(), *other = open_store();
  Err err;
  is_int(store_atomic_begin(other, &err), 0, "another process writes");
  StoreWrite *list = beginnings(3);
  store_write_calls(s, list);
  is_int(failures(list), 3, "for too long: all fail, after one wait");
  is_str(list[2].failed, "busy", "for that reason");
  store_atomic_rollback(other);
  store_write_calls(s, list);
  is_int(failures(list), 0, "and go through when it is gone");
  store_close(other);
  store_close(s);
  remove_store();
}

/* A process that dies at any flush: its last group is there as a whole or not
   at all, and what was told to be durable is there. */
static void test_kill(void) {
  for (int at = 1; at <= 5; at++) {
    int told[2];
    if (pipe(told)) exit(EXIT_FAILURE);
    pid_t pid = fork();
    if (pid == 0) {
      Store *s = open_store();
      disk.syncs = 0;
      disk.kill_at_sync = at;
      for (int i = 0; i < 20; i++) {
        store_write_calls(s, beginnings(GROUP));
        if (failures(group.write) || write(told[1], "g", 1) != 1)
          _exit(EXIT_FAILURE);
      }
      _exit(EXIT_SUCCESS);
    }
    close(told[1]);
    char byte;
    int groups = 0, status;
    while (read(told[0], &byte, 1) == 1) groups++;
    close(told[0]);
    ok(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status), "it dies");
    Store *s = open_store();
    Count c = count(s);
    ok(c.rows == groups * GROUP || c.rows == (groups + 1) * GROUP,
       "no group is there in part, and none that was told is missing");
    is_int(c.sent, c.rows, "none of them has ended");
    store_close(s);
    remove_store();
  }
}

/* Each of several tasks would open it once more. */
static int opened_again(void) {
  Err err = {0};
  disk.fail_sync[DISK_LOG] = true;
  Store *s = store_open(path, &err);
  if (s || !strstr(err.text, "failed to flush")) return 1;
  disk.fail_sync[DISK_LOG] = false;
  if (store_open(path, &err)) return 2;
  if (!strstr(err.text, "not used any more")) return 3;
  s = store_open(NULL, &err);
  int code = s ? 0 : 4;
  store_close(s);
  return code;
}

static void test_flush_fails_while_it_is_opened(void) {
  int status;
  pid_t pid = fork();
  if (pid == 0) _exit(opened_again());
  ok(waitpid(pid, &status, 0) == pid && WIFEXITED(status),
     "a flush fails while the store is made");
  is_int(WEXITSTATUS(status), 0, "the process does not open it again");
  Store *s = open_store();
  ok(s != NULL, "another one does");
  store_close(s);
  remove_store();
}

int main(void) {
  if (!mkdtemp(dir)) return EXIT_FAILURE;
  snprintf(path, sizeof path, "%s/store.db", dir);
  snprintf(reserve, sizeof reserve, "%s/store.db.reserve", dir);
  disk_use(reserve);
  test_one_flush();
  test_bad_row();
  test_flush_fails();
  test_write_fails();
  test_full();
  test_busy();
  test_kill();
  test_flush_fails_while_it_is_opened();
  ok(rmdir(dir) == 0, "nothing is left behind");
  return done();
}
