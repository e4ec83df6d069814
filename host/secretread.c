/* secretread.c - secrets out of files and commands. */
/* SPDX-License-Identifier: MIT */
#include "secretread.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "loop.h"
#include "secret.h"

#ifndef SECRET_PATIENCE
#define SECRET_PATIENCE 30000   /* milliseconds for a command or a fifo */
#endif

enum {
  PATH_TEXT = 16384,   /* bytes of a path, quoted */
  SLICE = 100          /* ms of a wait until Ctrl-C is looked for */
};

extern char **environ;

int secret_buf(Buf *b, Err *err) {
  buf_init(b, SECRET_MAX);
  if (buf_reserve(b, SECRET_MAX)) return 0;
  return err_set(err, ERR_CAP, "no memory for a secret");
}

static long long now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

typedef enum Got {
  GOT_END, GOT_NOTHING, GOT_MORE, GOT_TOO_MUCH, GOT_NO_MEMORY, GOT_ERROR
} Got;

/* One read from a descriptor that does not block. */
static Got read_some(int fd, Buf *out) {
  char bytes[4096];
  ssize_t n = read(fd, bytes, sizeof bytes);
  if (n < 0) {
    if (errno == EINTR) return GOT_MORE;
    return errno == EAGAIN ? GOT_NOTHING : GOT_ERROR;
  }
  int rc = buf_add(out, bytes, (size_t)n);
  explicit_bzero(bytes, sizeof bytes);
  if (rc) return out->over ? GOT_TOO_MUCH : GOT_NO_MEMORY;
  return n == 0 ? GOT_END : GOT_MORE;
}

typedef enum Woke { WOKE_READY, WOKE_SLICE, WOKE_LATE, WOKE_INTERRUPTED } Woke;

/* Waits `slice` ms at the longest. A signal may come just before poll, and so
   not end it: slices are short. */
static Woke wait_readable(int fd, long long deadline, int slice) {
  long long left = deadline - now_ms();
  if (loop_signalled(SIGINT)) return WOKE_INTERRUPTED;
  if (left <= 0) return WOKE_LATE;
  struct pollfd p = {.fd = fd, .events = POLLIN};
  int rc = poll(&p, 1, left < slice ? (int)left : slice);
  return rc > 0 ? WOKE_READY : WOKE_SLICE;
}

static int no_patience(Woke woke, const char *path, Err *err) {
  if (woke == WOKE_INTERRUPTED)
    return err_set(err, ERR_CANCELLED, "interrupted while reading %s", path);
  return err_set(err, ERR_TIMEOUT, "nothing came out of %s in time", path);
}

/* A path as a shell takes it, into text. */
static const char *quoted(const char *path, Buf *text) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST"
                              "UVWXYZ0123456789/._-+@:,";
  buf_init(text, PATH_TEXT);
  if (path[0] != '-' && strspn(path, plain) == strlen(path)) {
    buf_puts(text, path);
  } else {
    buf_puts(text, path[0] == '-' ? "./'" : "'");
    for (const char *c = path; *c; c++)
      if (*c == '\'') buf_puts(text, "'\\''");
      else buf_addc(text, *c);
    buf_addc(text, '\'');
  }
  return buf_str(text);
}

/* 0 if the owner is us or root and no bit of `forbidden` is set. */
static int check_mode(int fd, const char *path, mode_t forbidden, Err *err) {
  struct stat st;
  if (fstat(fd, &st) != 0)
    return err_sys(err, ERR_FILE, errno, "cannot look at %s", path);
  if (st.st_uid != geteuid() && st.st_uid != 0)
    return err_set(err, ERR_CONFIG, "%s belongs to another user (%ld): only "
                   "a file of your own or of root can hold secrets", path,
                   (long)st.st_uid);
  if ((st.st_mode & forbidden) == 0) return 0;
  Buf text;
  const char *name = quoted(path, &text);
  err_set(err, ERR_CONFIG, "%s is open to others (mode %04o): run chmod %s %s",
          path, (unsigned)(st.st_mode & 07777),
          S_ISDIR(st.st_mode) ? "700" : "600", name);
  buf_clear(&text);
  return -1;
}

int secret_check_fd(int fd, const char *path, Err *err) {
  return check_mode(fd, path, 077, err);
}

static int read_open_file(int fd, const char *path, mode_t forbidden, Buf *out,
                          Err *err) {
  struct stat st;
  if (fstat(fd, &st) != 0)
    return err_sys(err, ERR_FILE, errno, "cannot look at %s", path);
  if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
    return err_set(err, ERR_CONFIG, "%s is neither a file nor a fifo", path);
  if (check_mode(fd, path, forbidden, err)) return -1;
  long long deadline = now_ms() + SECRET_PATIENCE;
  /* A fifo that nobody writes to yet reads as ended, but does not poll so. */
  Woke woke = S_ISFIFO(st.st_mode) ? WOKE_SLICE : WOKE_READY;
  while (woke == WOKE_SLICE) woke = wait_readable(fd, deadline, SLICE);
  if (woke != WOKE_READY) return no_patience(woke, path, err);
  for (;;) {
    switch (read_some(fd, out)) {
      case GOT_END: return 0;
      case GOT_MORE: break;
      case GOT_NOTHING:
        woke = wait_readable(fd, deadline, SLICE);
        if (woke > WOKE_SLICE) return no_patience(woke, path, err);
        break;
      case GOT_TOO_MUCH:
        return err_set(err, ERR_CONFIG, "%s is longer than %d bytes", path,
                       SECRET_MAX);
      case GOT_NO_MEMORY:
        return err_set(err, ERR_SCRIPT, "out of memory");
      case GOT_ERROR:
        return err_sys(err, ERR_AUTH, errno, "cannot read %s", path);
    }
  }
}

/* Symbolic links are followed: mounts of secrets are full of them, and what
   counts is looked at on the open file. */
static int read_path(const char *path, mode_t forbidden, Buf *out, Err *err) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0)
    return err_sys(err, ERR_AUTH, errno, "cannot open %s", path);
  int rc = read_open_file(fd, path, forbidden, out, err);
  close(fd);
  return rc;
}

int secret_from_file(const char *path, Buf *out, Err *err) {
  return read_path(path, 077, out, err);
}

int secret_from_credential(const char *name, Buf *out, Err *err) {
  const char *dir = getenv("CREDENTIALS_DIRECTORY");
  if (!*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
    return err_set(err, ERR_CONFIG,
                   "'%s' is no name a systemd credential can have", name);
  if (!dir || dir[0] != '/')
    return err_set(err, ERR_AUTH, "there is no systemd credential '%s': "
                   "CREDENTIALS_DIRECTORY is not set", name);
  Buf path;
  buf_init(&path, PATH_TEXT);
  int rc = buf_printf(&path, "%s/%s", dir, name);
  if (rc && path.over)
    err_set(err, ERR_CONFIG, "CREDENTIALS_DIRECTORY is too long");
  else if (rc) err_set(err, ERR_SCRIPT, "out of memory");
  /* systemd lets the service's user in by an access list, whose mask stat
     shows as group bits; the directory above is closed to others. */
  else rc = read_path(path.data, 027, out, err);
  buf_clear(&path);
  return rc;
}

/* A child process; status counts once it is done. */
typedef struct Child {
  pid_t pid;
  bool done;
  int status;
} Child;

static int spawn(Child *child, const char *command, int output, Err *err) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attr;
  sigset_t none, all;
  char shell[] = "sh", option[] = "-c";
  char *text = strdup(command);
  if (!text) return err_set(err, ERR_CAP, "no memory for a command");
  char *const argv[] = {shell, option, text, NULL};
  sigemptyset(&none);
  sigfillset(&all);
  sigdelset(&all, SIGKILL);
  sigdelset(&all, SIGSTOP);
  int rc = posix_spawn_file_actions_init(&files);
  if (rc) goto no_files;
  rc = posix_spawnattr_init(&attr);
  if (rc) goto no_attr;
  /* Its input is not ours to share: a script may be reading there. */
  rc = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  if (!rc) rc = posix_spawn_file_actions_adddup2(&files, output, 1);
  if (!rc) rc = posix_spawnattr_setsigmask(&attr, &none);
  if (!rc) rc = posix_spawnattr_setsigdefault(&attr, &all);
  if (!rc) rc = posix_spawnattr_setflags(
      &attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  if (!rc) rc = posix_spawn(&child->pid, "/bin/sh", &files, &attr, argv,
                            environ);
  posix_spawnattr_destroy(&attr);
no_attr:
  posix_spawn_file_actions_destroy(&files);
no_files:
  free(text);
  return rc ? err_sys(err, ERR_AUTH, rc, "cannot run '%s'", command) : 0;
}

static void reap(Child *child, int flags) {
  if (child->done) return;
  pid_t pid;
  do pid = waitpid(child->pid, &child->status, flags);
  while (pid < 0 && errno == EINTR);
  if (pid == 0) return;
  child->done = true;
  /* Somebody else took the status: it cannot be taken for success. */
  if (pid < 0) child->status = -1;
}

static int gave_up(Woke woke, const char *command, Err *err) {
  if (woke == WOKE_INTERRUPTED)
    return err_set(err, ERR_CANCELLED, "interrupted while command '%s' ran",
                   command);
  return err_set(err, ERR_AUTH, "command '%s' took longer than %d s", command,
                 SECRET_PATIENCE / 1000);
}

/* Ends when the output does, or the child, whose own children may keep the
   pipe open for ever. */
static int read_output(Child *child, int fd, const char *command, Buf *out,
                       long long deadline, Err *err) {
  Woke woke;
  for (;;) {
    bool ended = child->done;
    switch (read_some(fd, out)) {
      case GOT_END: return 0;
      case GOT_MORE: break;
      case GOT_NOTHING:
        if (ended) return 0;
        woke = wait_readable(fd, deadline, SLICE);
        if (woke > WOKE_SLICE) return gave_up(woke, command, err);
        reap(child, WNOHANG);
        break;
      case GOT_TOO_MUCH:
        return err_set(err, ERR_AUTH, "command '%s' wrote more than %d bytes",
                       command, SECRET_MAX);
      case GOT_NO_MEMORY:
        return err_set(err, ERR_SCRIPT, "out of memory");
      case GOT_ERROR:
        return err_sys(err, ERR_AUTH, errno, "cannot read from '%s'", command);
    }
  }
}

static int check_exit(const Child *child, const char *command, Err *err) {
  int status = child->status;
  if (status == -1)
    return err_set(err, ERR_AUTH, "how command '%s' ended is not known",
                   command);
  if (WIFSIGNALED(status))
    return err_set(err, WTERMSIG(status) == SIGINT ? ERR_CANCELLED : ERR_AUTH,
                   "command '%s' was ended by signal %d", command,
                   WTERMSIG(status));
  if (WEXITSTATUS(status) != 0)
    return err_set(err, ERR_AUTH, "command '%s' exited with %d", command,
                   WEXITSTATUS(status));
  return 0;
}

/* The child stays in our process group, so that it can ask on the terminal. */
int secret_from_command(const char *command, Buf *out, Err *err) {
  int fds[2];
  Child child = {0};
  if (pipe2(fds, O_CLOEXEC) != 0)
    return err_sys(err, ERR_AUTH, errno, "cannot run '%s'", command);
  int rc = fcntl(fds[0], F_SETFL, O_NONBLOCK) != 0
               ? err_sys(err, ERR_AUTH, errno, "cannot run '%s'", command)
               : spawn(&child, command, fds[1], err);
  close(fds[1]);
  if (rc) {
    close(fds[0]);
    return -1;
  }
  long long deadline = now_ms() + SECRET_PATIENCE;
  rc = read_output(&child, fds[0], command, out, deadline, err);
  close(fds[0]);
  for (reap(&child, WNOHANG); rc == 0 && !child.done; reap(&child, WNOHANG)) {
    Woke woke = wait_readable(-1, deadline, 5);
    if (woke > WOKE_SLICE) rc = gave_up(woke, command, err);
  }
  if (!child.done) kill(child.pid, SIGKILL);
  reap(&child, 0);
  return rc ? -1 : check_exit(&child, command, err);
}
