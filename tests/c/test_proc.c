/* test_proc.c - supervised children, all of them real. */
/* SPDX-License-Identifier: MIT */
#include "proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "proclog.h"
#include "sys.h"
#include "tap.h"

enum { PATIENCE = 60, TEXT = 4 * 1024 * 1024 };

static Loop *loop;
static char dir[] = "/tmp/test_proc.XXXXXX";
static char path[64], other[80];
static Buf text;                 /* of the file read last */
static ProcEnd last;
static int ends;
static bool free_inside;

static void on_end(void *ctx, Proc *p, const ProcEnd *end) {
  (void)ctx;
  last = *end;
  ends++;
  if (free_inside) proc_free(p);
}

static Proc *start(ProcSpec *spec, const char *script) {
  static const char *args[3] = { "-c", NULL, NULL };
  Err err;
  args[1] = script;
  spec->program = "sh";
  spec->args = args;
  ends = 0;
  Proc *p = proc_start(loop, spec, on_end, NULL, &err);
  if (!p) printf("# %s\n", err.text);
  return p;
}

static bool wait_end(void) {
  double end = loop_now() + PATIENCE;
  Err err;
  while (!ends && loop_now() < end) {
    if (loop_step(loop, 0.1, &err)) return false;
  }
  return ends == 1;
}

static bool run(ProcSpec *spec, const char *script) {
  Proc *p = start(spec, script);
  bool done_ = p && wait_end();
  proc_free(p);
  return done_;
}

static const char *file(const char *name) {
  Err err;
  buf_reset(&text);
  if (sys_read_file(&text, name, &err)) return err.text[0] ? "(none)" : "";
  return buf_str(&text);
}

/* Turns the loop until the file has that text. */
static bool appears(const char *name, const char *what) {
  double end = loop_now() + PATIENCE;
  Err err;
  while (!strstr(file(name), what) && loop_now() < end) {
    if (loop_step(loop, 0.01, &err)) return false;
  }
  return strstr(file(name), what) != NULL;
}

static int descriptors(void) {
  DIR *d = opendir("/proc/self/fd");
  int n = 0;
  while (d && readdir(d)) n++;
  if (d) closedir(d);
  return n;
}

static bool gone(pid_t pid) {
  double end = loop_now() + PATIENCE;
  while (kill(pid, 0) == 0 && loop_now() < end) {
    char stat[64];
    snprintf(stat, sizeof stat, "/proc/%ld/stat", (long)pid);
    if (strstr(file(stat), ") Z ")) return true;   /* only its parent is slow */
    usleep(1000);
  }
  return loop_now() < end;
}

/* It refuses some limits and knows no E2BIG. */
static bool in_valgrind(void) {
  return getenv("VALGRIND") != NULL;
}

/* ---- the log alone ---- */

static void test_log(void) {
  Err err;
  ProcLogSize size;
  ProcLog *log = proclog_open(path, 10, 8, false, &err);
  struct stat st;
  ok(log && stat(path, &st) == 0 && (st.st_mode & 0777) == 0600,
     "a log is for its owner only");
  proclog_add(log, "0123456789", 10);
  is_str(file(other), "(none)", "nothing else is there before it overflows");
  proclog_add(log, "ab", 2);
  is_str(file(other), "ab", "then the tail is");
  is_int(proclog_close(log, &size, &err), 0, "close");
  is_str(file(path), "0123456789ab", "what fits is whole");
  is_int((long long)size.dropped, 0, "and nothing dropped");

  log = proclog_open(path, 10, 8, false, &err);
  for (int i = 0; i < 100; i++) proclog_add(log, "line\n", 5);
  snprintf(other, sizeof other, "%s.2", path);
  ok(stat(other, &st) == 0 && st.st_size <= 8, "the tail is on disk");
  is_int(proclog_close(log, &size, &err), 0, "close");
  is_str(file(path), "line\nline\n\n[485 bytes dropped]\nline\n",
         "head and tail stay, the tail from a line's start");
  is_int((long long)size.bytes, 500, "bytes told");
  is_int((long long)size.dropped, 485, "dropped ones too");
  ok(stat(other, &st) != 0, "the tail's file is gone");

  for (size_t n = 0; n < 60; n++) {
    char want[80], all[64];
    for (size_t i = 0; i < n; i++) all[i] = (char)('A' + i % 26);
    log = proclog_open(path, 10, 8, false, &err);
    for (size_t i = 0; i < n; i += 7) {
      proclog_add(log, all + i, n - i < 7 ? n - i : 7);
    }
    (void)proclog_close(log, &size, &err);
    if (n <= 18) snprintf(want, sizeof want, "%.*s", (int)n, all);
    else snprintf(want, sizeof want, "%.10s\n[%zu bytes dropped]\n%.8s", all,
                  n - 18, all + n - 8);
    if (strcmp(file(path), want) != 0) is_str(file(path), want, "a length");
  }
  ok(1, "every length up to 60 is head, gap and tail");
}

static void test_stamps(void) {
  Err err;
  ProcLog *log = proclog_open(path, 0, 0, true, &err);
  proclog_add(log, "a\nb", 3);
  proclog_add(log, "c\n\n", 3);
  (void)proclog_close(log, NULL, &err);
  const char *t = file(path);
  ok(strlen(t) == 3 * 25 + 6 && t[4] == '-' && t[10] == 'T' && t[23] == 'Z' &&
     strcmp(t + 24, " a\n") > 0 && t[25] == 'a' && strstr(t, "Z bc\n") &&
     strcmp(t + strlen(t) - 3, "Z \n") == 0, "each line has one stamp");
  char *big = malloc(100000);
  memset(big, 'x', 100000);
  big[99999] = '\n';
  log = proclog_open(path, 200000, 0, true, &err);
  proclog_add(log, big, 100000);
  proclog_add(log, big, 100000);
  (void)proclog_close(log, NULL, &err);
  is_int((long long)strlen(file(path)), 200000 + 50, "long lines too");
  free(big);
}

static void test_mend(void) {
  Err err;
  pid_t pid = fork();
  if (pid == 0) {
    ProcLog *log = proclog_open(path, 10, 8, false, &err);
    for (int i = 0; i < 100; i++) proclog_add(log, "line\n", 5);
    _exit(log ? 0 : 1);
  }
  ok(pid > 0 && waitpid(pid, NULL, 0) == pid, "a writer dies");
  is_int(proclog_mend(path, &err), 0, "its log is mended");
  is_str(file(path), "line\nline\n\n[bytes dropped, the number is not known]"
         "\nline\n", "as if it had closed it");
  is_int(proclog_mend(path, &err), 0, "a second time is nothing");
  is_int((long long)strlen(file(path)), 57, "to do");
}

static void test_log_faults(void) {
  Err err;
  ProcLogSize size;
  ok(!proclog_open("/no/such/dir/log", 0, 0, false, &err), "no directory");
  ok(strstr(err.text, "cannot write the log /no/such/dir/log"), "is told");
  char link_[80];
  snprintf(link_, sizeof link_, "%s.link", path);
  (void)symlink("/dev/null", link_);
  ok(!proclog_open(link_, 0, 0, false, &err), "no symbolic link");
  (void)unlink(link_);
  if (mkfifo(link_, 0600) == 0) {
    ok(!proclog_open(link_, 0, 0, false, &err), "no fifo");
    (void)unlink(link_);
  }
  /* As a full disk does, a limit on files refuses bytes. */
  const struct rlimit small = { 4096, RLIM_INFINITY };
  struct rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  ProcLog *log = proclog_open(path, 8000, 8000, false, &err);
  char block[1000];
  memset(block, 'x', sizeof block);
  for (int i = 0; i < 100; i++) proclog_add(log, block, sizeof block);
  int rc = proclog_close(log, &size, &err);
  setrlimit(RLIMIT_FSIZE, &before);
  is_int(rc, -1, "a disk that takes no more");
  is_int((long long)size.lost, 100000 - 4096, "loses what it did not take");
  ok(strstr(err.text, "95904 bytes are missing in the log"), "and says so");
}

/* ---- processes ---- */

static void test_ends(void) {
  ProcSpec spec = { .log = path };
  ok(run(&spec, "echo out; echo err >&2; exit 7"), "a child ends");
  ok(last.known && last.code == 7 && last.signal == 0, "with its code");
  is_str(file(path), "out\nerr\n", "both outputs are in the log");
  is_int((long long)last.output, 8, "counted");
  ok(last.peak > 100000 && last.seconds > 0 && last.seconds < PATIENCE &&
     !last.stopped && !last.killed && !last.leftovers, "with what it used");
  ok(run(&spec, "kill -SEGV $$"), "another by a signal");
  ok(last.code == -1 && last.signal == SIGSEGV && !last.core,
     "told, and without a core");
  free_inside = true;
  ok(start(&spec, "exit 0") && wait_end() && last.code == 0,
     "the callback may free it");
  free_inside = false;
  ok(run(&spec, "i=0; while [ $i -lt 300 ]; do i=$((i+1)); done; exit 0") &&
     last.user + last.system > 0, "CPU time");
  ok(!loop_busy(loop), "nothing is left on the loop");
}

static void test_surroundings(void) {
  static const char *const env[] = { "ONLY=this one", NULL };
  ProcSpec spec = { .log = path, .environment = env, .directory = "/usr" };
  /* No pipe here: the shell holds its ends for a moment. */
  ok(run(&spec, "pwd; echo $ONLY-$HOME; read x || echo eof; "
                "ls /proc/$$/fd") && last.code == 0,
     "surroundings");
  is_str(file(path), "/usr\nthis one-\neof\n0\n1\n2\n",
         "directory, environment, empty input, three descriptors");
  ok(run(&spec, "set -- $(cat /proc/$$/stat); echo $(($5 - $1)) $(($6 - $1)); "
                "trap '' PIPE; kill -PIPE $$ && echo lives"),
     "its group and session");
  is_str(file(path), "0 0\nlives\n", "are its own");
  signal(SIGPIPE, SIG_IGN);
  ok(run(&spec, "kill -PIPE $$; echo lives") && last.signal == SIGPIPE,
     "what we ignore it does not");
  if (in_valgrind()) return;
  ProcSpec limits = { .log = path, .address_space = 200 << 20,
                      .open_files = 20, .file_size = 1 << 20, .renice = true,
                      .nice = 5, .oom = true, .oom_score_adj = 300 };
  ok(run(&limits, "ulimit -v; ulimit -n; ulimit -f; ulimit -c; nice; "
                  "cat /proc/self/oom_score_adj") && last.code == 0, "limits");
  is_str(file(path), "204800\n20\n2048\n0\n5\n300\n", "are in force");
  ok(last.oom_applied, "all of them");
  ProcSpec high = { .open_files = 1ULL << 60 };
  ok(run(&high, "exit 0") && last.code == 0, "a limit above ours is ours");
  limits.directory = dir;
  ok(run(&limits, "exec head -c 3000000 /dev/zero >big") &&
     last.signal == SIGXFSZ, "a file too large ends it");
  char big[80];
  snprintf(big, sizeof big, "%s/big", dir);
  (void)unlink(big);
  ok(run(&limits, "x=$(head -c 300000000 /dev/zero | tr '\\0' x)") &&
     last.code != 0, "one that eats memory comes to its end");
  ok(last.peak < 300u << 20, "and does not get it");
}

static void test_faults(void) {
  Err err;
  ProcSpec spec = { .program = "/no/such/program" };
  int before = descriptors();
  ok(!proc_start(loop, &spec, on_end, NULL, &err), "no such program");
  is_str(err.text, "cannot start /no/such/program: No such file or directory",
         "is told");
  ok(!err.retryable, "for good");
  spec.program = "sh";
  spec.directory = "/no/such/dir";
  ok(!proc_start(loop, &spec, on_end, NULL, &err), "no such directory");
  is_str(err.text, "cannot start sh in directory /no/such/dir: "
         "No such file or directory", "is told");
  spec.directory = NULL;
  spec.log = "/no/such/log";
  ok(!proc_start(loop, &spec, on_end, NULL, &err), "a log that cannot be");
  is_int(descriptors(), before, "no descriptor is lost");
  ok(!loop_busy(loop), "nothing watched");
}

static void test_shortage(void) {
  Err err;
  ProcSpec spec = { .program = "sh" };
  int before = descriptors();
  if (in_valgrind()) return;
  size_t n = 3000000;
  char *big = malloc(n + 1);
  memset(big, 'x', n);
  big[n] = '\0';
  const char *const args[] = { big, NULL };
  spec.args = args;
  ok(!proc_start(loop, &spec, on_end, NULL, &err), "an argument of 3 MB");
  is_str(err.text, "cannot start sh: arguments and environment are too long",
         "is told");
  free(big);
  spec.args = NULL;
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  bool told = true, started = false;
  for (int room = 3; room < 40 && !started; room++) {
    const struct rlimit few = { (rlim_t)room, files.rlim_max };
    setrlimit(RLIMIT_NOFILE, &few);
    spec.program = "true";
    ends = 0;
    Proc *p = proc_start(loop, &spec, on_end, NULL, &err);
    setrlimit(RLIMIT_NOFILE, &files);
    started = p != NULL;
    if (!p && (!err.retryable || !strstr(err.text, "cannot start true"))) {
      told = false;
      printf("# %s\n", err.text);
    }
    if (p) ok(wait_end() && last.code == 0, "with enough descriptors it runs");
    proc_free(p);
  }
  ok(told && started, "with too few of them it says so, to be tried again");
  is_int(descriptors(), before, "no descriptor is lost");
}

/* As another user, for whom there is a limit of processes. */
static void test_no_processes(void) {
  if (getuid() != 0 || in_valgrind()) return;
  pid_t pid = fork();
  if (pid == 0) {
    const struct rlimit none = { 0, 0 };
    ProcSpec spec = { .program = "true" };
    Err err;
    if (setgid(65534) || setuid(65534) || setrlimit(RLIMIT_NPROC, &none)) {
      _exit(9);
    }
    Proc *p = proc_start(loop, &spec, on_end, NULL, &err);
    _exit(!p && err.retryable && strcmp(err.text, "cannot start true: no more "
          "processes are allowed (ulimit -u, TasksMax=)") == 0 ? 0 : 1);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  is_int(status, 0, "no process left to have is told");
}

/* The file in /proc belongs to root where we refuse debuggers. */
static void test_oom_undumpable(void) {
  if (getuid() != 0 || in_valgrind()) return;
  pid_t pid = fork();
  if (pid == 0) {
    ProcSpec spec = { .oom = true, .oom_score_adj = 250 };
    if (setgid(65534) || setuid(65534) ||
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)) _exit(9);
    bool told = run(&spec, "sleep 0.2; grep -qx 250 /proc/self/oom_score_adj");
    _exit(told && last.oom_applied && last.code == 0 ? 0 : 1);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  is_int(status, 0, "the OOM score is set from without then");
}

static void test_stop(void) {
  ProcSpec spec = { .log = path };
  Proc *p = start(&spec, "trap 'echo bye; exit 3' TERM; echo up; "
                         "while :; do sleep 0.05; done");
  ok(p && appears(path, "up"), "a child is up");
  proc_stop(p, PATIENCE);
  ok(wait_end() && last.code == 3 && last.stopped && !last.killed,
     "stops when told to");
  proc_stop(p, 0);
  is_int(proc_signal(p, SIGTERM), -1, "afterwards nobody is signalled");
  proc_free(p);

  p = start(&spec, "trap '' TERM; echo up; while :; do sleep 0.05; done");
  ok(p && appears(path, "up"), "one that ignores TERM");
  double from = loop_now();
  proc_stop(p, PATIENCE);
  proc_stop(p, 0.1);
  proc_stop(p, PATIENCE);
  ok(wait_end() && last.signal == SIGKILL && last.killed &&
     loop_now() - from < 5, "is killed after the shortest grace");
  proc_free(p);

  p = start(&spec, "echo up; kill -STOP $$; echo on; sleep 60");
  ok(p && appears(path, "up"), "one that is stopped");
  char stat[40];
  snprintf(stat, sizeof stat, "/proc/%ld/stat", (long)proc_pid(p));
  ok(appears(stat, ") T "), "sleeps");
  proc_stop(p, PATIENCE);
  ok(wait_end() && last.signal == SIGTERM && !last.killed,
     "and hears TERM all the same");
  proc_free(p);

  ProcSpec timed = { .timeout = 0.05, .grace = 0.05 };
  ok(run(&timed, "trap '' TERM; while :; do sleep 0.01; done") &&
     last.timed_out && last.stopped && last.killed, "a time-out does the same");
  ok(!loop_busy(loop), "no timer is left");
}

static pid_t number(const char *key) {
  const char *at = strstr(file(path), key);
  return at ? (pid_t)strtol(at + strlen(key), NULL, 10) : 0;
}

static void test_leftovers(void) {
  ProcSpec spec = { .log = path };
  ok(run(&spec, "sleep 60 & echo pid $!; exit 5"), "a child whose own child "
     "keeps the pipe");
  ok(last.code == 5 && last.leftovers, "ends by itself, and that is told");
  pid_t pid = number("pid ");
  ok(pid > 0 && gone(pid), "what it left is killed");

  ProcSpec keep = { .log = path, .keep_group = true };
  ok(run(&keep, "sleep 60 & echo pid $!; exit 5") && last.code == 5 &&
     !last.leftovers, "unless that is to live on");
  pid = number("pid ");
  ok(pid > 0 && kill(pid, 0) == 0, "which it does");
  kill(pid, SIGKILL);

  char script[512];
  snprintf(script, sizeof script, "setsid sh -c 'echo pid $$; exec sleep 60' & "
           "until grep -q pid '%s'; do :; done; exit 6", path);
  ok(run(&spec, script), "one that fled into a session");
  is_int(last.code, 6, "does not hold up the end");
  pid = number("pid ");
  if (pid > 0) kill(pid, SIGKILL);

  Proc *p = start(&spec, "sleep 60 & echo pid $!; exec sleep 60");
  ok(p && appears(path, "pid "), "one that runs");
  pid = number("pid ");
  pid_t own = proc_pid(p);
  proc_free(p);
  ok(!ends && kill(own, 0) && errno == ESRCH, "is killed when it is freed");
  ok(gone(pid), "with its group");
}

/* A tenth of it where it takes ten times as long. */
static long long flood_size(void) {
#ifdef __SANITIZE_ADDRESS__
  return 150000000;
#else
  return in_valgrind() ? 150000000 : 1500000000;
#endif
}

static void test_flood(void) {
  ProcSpec spec = { .log = path };
  struct rusage used;
  struct stat st;
  getrusage(RUSAGE_SELF, &used);
  long before = used.ru_maxrss;
  double from = loop_now();
  long long flood = flood_size();
  char script[128];
  snprintf(script, sizeof script,
           "head -c %lld /dev/zero | tr '\\0' 'x'; echo; echo the end", flood);
  ok(run(&spec, script) && last.code == 0, "gigabytes of output");
  getrusage(RUSAGE_SELF, &used);
  printf("# %.2f s, %ld KiB more memory\n", loop_now() - from,
         used.ru_maxrss - before);
  ok(used.ru_maxrss - before < 4096, "take no memory");
  is_int((long long)last.output, flood + 9, "are read to the end");
  ok(stat(path, &st) == 0 && st.st_size < PROCLOG_HEAD + PROCLOG_TAIL + 100,
     "the log stays small");
  const char *t = file(path);
  ok(strstr(t, " bytes dropped]\nthe end\n"), "and has the end");
  is_int((long long)(last.dropped + PROCLOG_HEAD + 8), flood + 9,
         "what is dropped is told exactly");
}

static void on_tick(void *ctx) {
  int *ticks = ctx;
  ++*ticks;
  (void)loop_timer(loop, 0.01, on_tick, ctx);
}

static void test_fairness(void) {
  ProcSpec spec = { .log = path, .timeout = 1.5, .grace = 0.1 };
  static int ticks;
  Loop *mine = loop_new(NULL), *saved = loop;
  loop = mine;
  (void)loop_timer(loop, 0, on_tick, &ticks);
  ok(run(&spec, "yes") && last.timed_out, "a flood without end is stopped");
  ok(ticks > 45, "the loop turns meanwhile");
  printf("# %d ticks, %.0f MB\n", ticks, (double)last.output / 1e6);
  loop = saved;
  loop_free(mine);
}

/* The parent dies by SIGKILL; who was its child ends as asked. */
static void orphan(ProcOrphan how, const char *script, const char *want) {
  pid_t pid = fork();
  if (pid == 0) {
    ProcSpec spec = { .orphan = how };
    Loop *mine = loop_new(NULL);
    loop = mine;
    if (!start(&spec, script)) _exit(1);
    (void)appears(path, "up");
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  ok(WIFSIGNALED(status), "a parent is killed");
  ok(appears(path, want), want);
  pid = number("pid ");
  if (how == PROC_ORPHAN_LEAVE) {
    ok(pid > 0 && kill(pid, 0) == 0, "its child goes on");
    kill(pid, SIGKILL);
  } else {
    ok(pid > 0 && gone(pid), "its child is gone");
  }
}

static void test_orphans(void) {
  char script[300];
  int n = snprintf(script, sizeof script, "exec >>%s; echo pid $$; trap 'echo "
                   "bye; exit' TERM; echo up; while :; do sleep 0.02; done",
                   path);
  ok(n > 0 && n < (int)sizeof script, "script");
  (void)unlink(path);
  orphan(PROC_ORPHAN_TERM, script, "bye");
  (void)unlink(path);
  orphan(PROC_ORPHAN_KILL, script, "up");
  (void)unlink(path);
  orphan(PROC_ORPHAN_LEAVE, script, "up");
}

static void test_many(int count) {
  static const char *const args[] = { NULL };
  ProcSpec spec = { .program = "/bin/true", .args = args };
  Err err;
  int before = descriptors(), good = 0;
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  long memory = used.ru_maxrss;
  double from = loop_now();
  for (int i = 0; i < count; i++) {
    ends = 0;
    spec.log = i % 10 == 0 ? path : NULL;
    Proc *p = proc_start(loop, &spec, on_end, NULL, &err);
    if (p && wait_end() && last.code == 0) good++;
    proc_free(p);
  }
  double took = loop_now() - from;
  getrusage(RUSAGE_SELF, &used);
  printf("# %d children, %.2f ms each, %ld KiB\n", count,
         took / count * 1000, used.ru_maxrss - memory);
  is_int(good, count, "children one after another");
  is_int(descriptors(), before, "no descriptor is lost");
  ok(used.ru_maxrss - memory < 1024, "no memory either");
  ok(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "no zombie");
}

/* As before Linux 5.3. */
static bool no_pidfd;
int __real_pidfd_open(pid_t pid, unsigned flags);
int __wrap_pidfd_open(pid_t pid, unsigned flags);

int __wrap_pidfd_open(pid_t pid, unsigned flags) {
  if (!no_pidfd) return __real_pidfd_open(pid, flags);
  errno = ENOSYS;
  return -1;
}

/* No memory is left for a timer. */
static bool no_timer;
LoopTimer *__real_loop_timer(Loop *, double seconds, loop_fn *fn, void *ctx);
LoopTimer *__wrap_loop_timer(Loop *, double seconds, loop_fn *fn, void *ctx);

LoopTimer *__wrap_loop_timer(Loop *l, double seconds, loop_fn *fn, void *ctx) {
  return no_timer ? NULL : __real_loop_timer(l, seconds, fn, ctx);
}

static void test_no_timer(void) {
  ProcSpec spec = { .log = path };
  Err err;
  no_timer = true;
  ok(!start(&spec, "sleep 60"), "one that nobody could watch");
  ok(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "is ended");
  no_timer = false;
  Proc *p = start(&spec, "trap '' TERM; echo x; sleep 60");
  no_timer = true;
  double until = loop_now() + PATIENCE;
  while (p && !ends && loop_now() < until && !loop_step(loop, 0.1, &err))
    continue;
  ok(ends == 1 && last.signal == SIGKILL && last.killed && last.known,
     "one that nobody can watch on is killed, and says so");
  ok(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "and waited for");
  proc_free(p);
  no_timer = false;
}

static void test_no_pidfd(void) {
  ProcSpec spec = { .log = path };
  int before = descriptors();
  no_pidfd = true;
  ok(run(&spec, "echo x; sleep 0.1; exit 3") && last.code == 3,
     "without pidfds the end is noticed too");
  is_str(file(path), "x\n", "and all it wrote");
  Proc *p = start(&spec, "sleep 60");
  double from = loop_now();
  proc_free(p);
  ok(p && loop_now() - from < 1, "freeing one kills it");
  ok(run(&spec, "sleep 60 & exit 4") && last.code == 4 && last.leftovers,
     "and what was left of its group");
  test_no_timer();
  no_pidfd = false;
  is_int(descriptors(), before, "no descriptor is lost");
  ok(!loop_busy(loop), "nor timer");
}

static int together;
static void on_one(void *ctx, Proc *p, const ProcEnd *end) {
  (void)ctx;
  if (end->code == 4) together++;
  proc_free(p);
}

static void test_together(void) {
  static const char *const args[] = { "-c", "sleep 0.2; echo x; exit 4", NULL };
  ProcSpec spec = { .program = "sh", .args = args };
  Err err;
  double from = loop_now();
  for (int i = 0; i < 50; i++) {
    (void)proc_start(loop, &spec, on_one, NULL, &err);
  }
  while (loop_busy(loop) && loop_now() - from < PATIENCE) {
    if (loop_step(loop, 1, &err)) break;
  }
  is_int(together, 50, "fifty at a time");
}

static void on_sigchld(int signo) {
  (void)signo;
}

static void test_stolen(void) {
  ProcSpec spec = { 0 };
  Proc *p = start(&spec, "exit 0");
  signal(SIGCHLD, on_sigchld);
  while (p && waitpid(proc_pid(p), NULL, 0) < 0 && errno == EINTR) continue;
  ok(wait_end() && !last.known, "a status that somebody took is not known");
  proc_free(p);
  signal(SIGCHLD, SIG_DFL);
}

int main(int argc, char **argv) {
  Err err;
  loop = loop_new(&err);
  buf_init(&text, TEXT);
  if (!ok(loop && mkdtemp(dir), "set up")) return done();
  snprintf(path, sizeof path, "%s/log", dir);
  snprintf(other, sizeof other, "%s.2", path);
  if (argc > 1) {
    test_many((int)strtol(argv[1], NULL, 10));
    return done();
  }
  test_log();
  test_stamps();
  test_mend();
  test_log_faults();
  test_ends();
  test_surroundings();
  test_faults();
  test_shortage();
  test_no_processes();
  test_oom_undumpable();
  test_stop();
  test_leftovers();
  test_flood();
  test_fairness();
  test_orphans();
  test_no_pidfd();
  test_together();
  test_stolen();
  test_many(300);
  (void)unlink(path);
  is_int(rmdir(dir), 0, "nothing else was left");
  buf_clear(&text);
  loop_free(loop);
  return done();
}
