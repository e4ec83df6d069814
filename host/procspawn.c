/* procspawn.c - from a specification to a process that runs it. */
/* SPDX-License-Identifier: MIT */
#include "procspawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif

extern char **environ;

typedef enum Step {
  STEP_SIGNALS, STEP_FILES, STEP_LIMITS, STEP_NICE, STEP_DIRECTORY, STEP_EXEC
} Step;

/* What the child's side reports before it is another program. */
typedef struct Report {
  Step step;               /* the one that failed */
  int why;                 /* errno */
} Report;

typedef struct Launch {
  const ProcSpec *spec;
  char **argv;
  int output, report;
  pid_t parent;
} Launch;

/* ---- the child's side: async-signal-safe calls only, for libcurl may have
        had threads at the time of the fork ---- */

/* The handlers of ours would write into our pipes, and what we ignore would
   stay ignored. */
static int reset_signals(const ProcSpec *spec, pid_t parent) {
  struct sigaction standard;
  memset(&standard, 0, sizeof standard);
  standard.sa_handler = SIG_DFL;
  sigemptyset(&standard.sa_mask);
  for (int signo = 1; signo < NSIG; signo++) {
    if (signo == SIGKILL || signo == SIGSTOP) continue;
    (void)sigaction(signo, &standard, NULL);   /* libc keeps two to itself */
  }
  if (setsid() < 0) return -1;
  if (spec->orphan == PROC_ORPHAN_LEAVE) return 0;
  int signo = spec->orphan == PROC_ORPHAN_KILL ? SIGKILL : SIGTERM;
  if (prctl(PR_SET_PDEATHSIG, signo, 0, 0, 0)) return -1;
  /* It may have died before that. */
  if (getppid() != parent) _exit(1);
  return 0;
}

static int set_files(Launch *l) {
  int null = open("/dev/null", O_RDONLY);
  /* Ours may be without 0, 1 and 2, and the two descriptors be among them. */
  int output = fcntl(l->output, F_DUPFD_CLOEXEC, 3);
  int report = fcntl(l->report, F_DUPFD_CLOEXEC, 3);
  if (null < 0 || output < 0 || report < 0) return -1;
  l->report = report;
  if (null != 0 && dup2(null, 0) < 0) return -1;
  if (dup2(output, 1) < 0 || dup2(output, 2) < 0) return -1;
  if (null > 2) close(null);
  /* All of ours close by themselves; this is for those of libraries. */
  (void)close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  return 0;
}

static int set_limit(int what, uint64_t value) {
  struct rlimit now;
  if (value == 0) return 0;
  if (getrlimit(what, &now)) return -1;
  rlim_t most = now.rlim_max;
  rlim_t wanted = (rlim_t)value;
  if (most != RLIM_INFINITY && wanted > most) wanted = most;
  const struct rlimit limit = { wanted, wanted };
  return setrlimit(what, &limit);
}

static int set_limits(const ProcSpec *spec) {
  const struct rlimit none = { 0, 0 };
  if (setrlimit(RLIMIT_CORE, &none) ||
      set_limit(RLIMIT_FSIZE, spec->file_size) ||
      set_limit(RLIMIT_NOFILE, spec->open_files) ||
      set_limit(RLIMIT_AS, spec->address_space)) return -1;
  return 0;
}

static bool write_oom(const char *path, int score) {
  char text[16];
  int n = snprintf(text, sizeof text, "%d", score);
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  bool done = n > 0 && write(fd, text, (size_t)n) == n;
  close(fd);
  return done;
}

static void fail_child(const Launch *l, Step step) {
  const Report report = { step, errno };
  ssize_t n = write(l->report, &report, sizeof report);
  (void)n;
  _exit(127);
}

static void run_child(Launch *l) {
  const ProcSpec *spec = l->spec;
  sigset_t none;
  if (reset_signals(spec, l->parent)) fail_child(l, STEP_SIGNALS);
  if (set_files(l)) fail_child(l, STEP_FILES);
  if (spec->renice && setpriority(PRIO_PROCESS, 0, spec->nice)) {
    fail_child(l, STEP_NICE);
  }
  /* Where we refuse debuggers the file belongs to root until exec. */
  if (spec->oom) (void)write_oom("/proc/self/oom_score_adj",
                                 spec->oom_score_adj);
  if (spec->directory && chdir(spec->directory)) fail_child(l, STEP_DIRECTORY);
  if (set_limits(spec)) fail_child(l, STEP_LIMITS);
  sigemptyset(&none);
  (void)sigprocmask(SIG_SETMASK, &none, NULL);
  execvpe(spec->program, l->argv,
          spec->environment ? (char *const *)(uintptr_t)spec->environment
                            : environ);
  fail_child(l, STEP_EXEC);
}

/* ---- our side ---- */

static bool passes(int why) {
  return why == EAGAIN || why == ENOMEM || why == EMFILE || why == ENFILE;
}

/* One sentence, with what to look at where the number says little. */
static int refused(Err *err, const char *program, const char *what, int why) {
  const char *hint =
      why == EAGAIN ? "no more processes are allowed (ulimit -u, TasksMax=)" :
      why == EMFILE ? "too many files are open here (ulimit -n, LimitNOFILE=)" :
      why == ENFILE ? "too many files are open on this machine" :
      why == ENOMEM ? "there is not enough memory" :
      why == E2BIG ? "arguments and environment are too long" : NULL;
  if (hint) err_set(err, ERR_SCRIPT, "cannot start %s%s: %s", program, what,
                    hint);
  else err_sys(err, ERR_SCRIPT, why, "cannot start %s%s", program, what);
  if (err) err->retryable = passes(why);
  return -1;
}

static int report_failure(const ProcSpec *spec, const Report *report,
                          Err *err) {
  static const char *const steps[] = {
    [STEP_SIGNALS] = " in a session of its own",
    [STEP_FILES] = " with its standard descriptors",
    [STEP_LIMITS] = " with its limits",
    [STEP_NICE] = " with its priority", [STEP_EXEC] = ""
  };
  char where[600];
  if (report->step != STEP_DIRECTORY) {
    return refused(err, spec->program, steps[report->step], report->why);
  }
  snprintf(where, sizeof where, " in directory %.500s", spec->directory);
  return refused(err, spec->program, where, report->why);
}

/* Until the other end closes by exec, or tells why not. */
static bool read_report(int fd, Report *report) {
  size_t n = 0;
  while (n < sizeof *report) {
    ssize_t got = read(fd, (char *)report + n, sizeof *report - n);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    n += (size_t)got;
  }
  return n == sizeof *report;
}

static char **make_argv(const ProcSpec *spec) {
  size_t n = 0;
  while (spec->args && spec->args[n]) n++;
  char **argv = calloc(n + 2, sizeof *argv);
  if (!argv) return NULL;
  argv[0] = (char *)(uintptr_t)spec->program;   /* execve forgot the const */
  for (size_t i = 0; i < n; i++) {
    argv[i + 1] = (char *)(uintptr_t)spec->args[i];
  }
  return argv;
}

/* A handler of ours must not run in the child, which has the same pipes. */
static pid_t fork_quietly(Launch *l) {
  sigset_t all, before;
  sigfillset(&all);
  (void)sigprocmask(SIG_SETMASK, &all, &before);
  pid_t pid = fork();
  if (pid == 0) run_child(l);
  int why = errno;
  (void)sigprocmask(SIG_SETMASK, &before, NULL);
  errno = why;
  return pid;
}

/* As soon as it is another program its file is ours, until that program
   refuses debuggers in its turn. */
static bool apply_oom(const ProcSpec *spec, pid_t pid) {
  char path[64], text[16];
  snprintf(path, sizeof path, "/proc/%ld/oom_score_adj", (long)pid);
  if (write_oom(path, spec->oom_score_adj)) return true;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  if (n <= 0) return false;
  text[n] = '\0';
  return strtol(text, NULL, 10) == spec->oom_score_adj;
}

pid_t procspawn(const ProcSpec *spec, int output, bool *oom_applied,
                Err *err) {
  int fds[2];
  Report report;
  *oom_applied = false;
  Launch launch = { .spec = spec, .output = output, .parent = getpid() };
  launch.argv = make_argv(spec);
  if (!launch.argv) return refused(err, spec->program, "", ENOMEM);
  if (pipe2(fds, O_CLOEXEC)) {
    int why = errno;
    free(launch.argv);
    return refused(err, spec->program, "", why);
  }
  launch.report = fds[1];
  pid_t pid = fork_quietly(&launch);
  int why = errno;
  close(fds[1]);
  free(launch.argv);
  bool failed = pid > 0 && read_report(fds[0], &report);
  close(fds[0]);
  if (pid < 0) return refused(err, spec->program, "", why);
  if (failed) {
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
    return report_failure(spec, &report, err);
  }
  if (spec->oom) *oom_applied = apply_oom(spec, pid);
  return pid;
}
