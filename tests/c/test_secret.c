/* test_secret.c - every source, what is refused, what stays hidden. */
/* SPDX-License-Identifier: MIT */

/* The readers themselves, with less patience. */
#define SECRET_PATIENCE 2000
#include "secretread.c"

#include <pty.h>
#include <stdint.h>
#include <sys/time.h>
#include <termios.h>
#include "env.h"
#include "redact.h"
#include "tap.h"

static char dir[] = "/tmp/errand-secret-XXXXXX";

/* putenv: what setenv allocates looks lost in a forked child. */
static void set_env(const char *name, const char *value) {
  static char slots[16][100];
  static size_t used;
  char *slot = slots[used++ % 16];
  snprintf(slot, sizeof slots[0], "%s=%s", name, value);
  putenv(slot);
}

static const char *path_of(const char *name) {
  static char path[200];
  snprintf(path, sizeof path, "%s/%s", dir, name);
  return path;
}

static const char *file(const char *name, const char *text, size_t n,
                        mode_t mode) {
  const char *path = path_of(name);
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd < 0 || write(fd, text, n) != (ssize_t)n || fchmod(fd, mode) != 0)
    printf("# cannot write %s\n", path);
  close(fd);
  return path;
}

/* want NULL: refused with kind and a text that holds `fault`. */
static void value_is(SecretSource source, const char *what, const char *want,
                     ErrKind kind, const char *fault) {
  Err err;
  err_clear(&err);
  Secret *s = secret_new(source, what, &err);
  if (!s) {
    ok(0, "secret_new");
    return;
  }
  size_t len = 999;
  const char *v = secret_value(s, &len, &err);
  is_str(v, want, fault);
  if (v && want) {
    is_int((long long)len, (long long)strlen(want), "length");
    ok(secret_value(s, NULL, NULL) == v, "kept");
    if (len >= 4) ok(!redact_is_clean(want, len), "redacted");
  } else {
    is_int(err.kind, kind, err.text);
    ok(strstr(err.text, fault) != NULL, fault);
  }
  secret_release(s);
}

static void test_literal(void) {
  Err err;
  Secret *s = secret_new(SECRET_LITERAL, "literal1", &err);
  ok(!redact_is_clean("x literal1", 10), "redacted before it is asked for");
  secret_retain(s);
  secret_release(s);
  is_str(secret_value(s, NULL, &err), "literal1", "one of two owners left");
  secret_release(s);
  secret_release(NULL);
  value_is(SECRET_LITERAL, "", "", 0, "an empty literal");
  value_is(SECRET_LITERAL, "      ", NULL, ERR_AUTH, "only blanks");
  value_is(SECRET_LITERAL, "a\r\nB: x", NULL, ERR_CONFIG, "CR, LF or NUL");
  value_is(SECRET_LITERAL, "line\n", NULL, ERR_CONFIG, "CR, LF or NUL");
}

static void test_env(void) {
  Err err;
  set_env("ERRAND_T_ONE", "env-one");
  Secret *a = secret_new(SECRET_ENV, "ERRAND_T_ONE", &err);
  ok(getenv("ERRAND_T_ONE") == NULL, "taken out of the environment");
  ok(!redact_is_clean("env-one", 7), "redacted at once");
  ok(secret_took("ERRAND_T_ONE"), "known to be taken");
  Secret *b = secret_new(SECRET_ENV, "ERRAND_T_ONE", &err);
  is_str(secret_value(b, NULL, &err), "env-one", "a second one shares it");
  secret_release(a);
  is_str(secret_value(b, NULL, &err), "env-one", "and keeps it");
  secret_release(b);
  ok(!secret_took("ERRAND_T_ONE"), "forgotten with the last one");
  Secret *c = secret_new(SECRET_ENV, "ERRAND_T_ONE", &err);
  ok(!secret_took("ERRAND_T_ONE"), "one without a value took none");
  ok(secret_value(c, NULL, &err) == NULL && err.kind == ERR_AUTH,
     "gone with the last one");
  is_str(err.text, "environment variable ERRAND_T_ONE is not set", "named");
  set_env("ERRAND_T_ONE", "env-two");
  Secret *d = secret_new(SECRET_ENV, "ERRAND_T_ONE", &err);
  is_str(secret_value(c, NULL, &err), "env-two", "set later, found later");
  secret_release(c);
  secret_release(d);
  set_env("ERRAND_T_ONE", "");
  value_is(SECRET_ENV, "ERRAND_T_ONE", NULL, ERR_AUTH, "is not set");
  ok(getenv("ERRAND_T_ONE") == NULL, "an empty one is taken out too");
  set_env("ERRAND_T_ONE", " \t    ");
  value_is(SECRET_ENV, "ERRAND_T_ONE", NULL, ERR_AUTH, "only blanks");
  ok(redact_is_clean("a      b", 8), "blanks are not redacted");
  set_env("ERRAND_T_ONE", "a\nb");
  value_is(SECRET_ENV, "ERRAND_T_ONE", NULL, ERR_CONFIG, "CR, LF or NUL");
}

static void test_file(void) {
  value_is(SECRET_FILE, file("a", "file-one", 8, 0600), "file-one", 0, "plain");
  value_is(SECRET_FILE, file("a", "file-one\n", 9, 0400), "file-one", 0, "LF");
  value_is(SECRET_FILE, file("a", "file-one\r\n", 10, 0600), "file-one", 0,
           "CR LF");
  value_is(SECRET_FILE, file("a", "two\n\n", 5, 0600), NULL, ERR_CONFIG,
           "CR, LF or NUL");
  value_is(SECRET_FILE, file("a", "c\r", 2, 0600), NULL, ERR_CONFIG,
           "CR, LF or NUL");
  value_is(SECRET_FILE, file("a", "n\0l", 3, 0600), NULL, ERR_CONFIG,
           "CR, LF or NUL");
  value_is(SECRET_FILE, file("a", "  \t\n", 4, 0600), NULL, ERR_AUTH,
           "only blanks");
  value_is(SECRET_FILE, file("a", "", 0, 0600), NULL, ERR_CONFIG, "is empty");
  value_is(SECRET_FILE, file("a", "\n", 1, 0600), NULL, ERR_CONFIG,
           "is empty");
  value_is(SECRET_FILE, file("a", "x", 1, 0640), NULL, ERR_CONFIG,
           "(mode 0640): run chmod 600 /tmp/");
  value_is(SECRET_FILE, file("a", "x", 1, 0604), NULL, ERR_CONFIG,
           "run chmod 600");
  value_is(SECRET_FILE, file("it's", "x", 1, 0644), NULL, ERR_CONFIG,
           "/it'\\''s'");
  unlink(path_of("it's"));
  value_is(SECRET_FILE, path_of("none"), NULL, ERR_AUTH,
           "No such file or directory");
  value_is(SECRET_FILE, dir, NULL, ERR_CONFIG, "neither a file nor a fifo");
  value_is(SECRET_FILE, "/dev/null", NULL, ERR_CONFIG,
           "neither a file nor a fifo");
  file("a", "linked", 6, 0600);
  if (symlink("a", path_of("link")) == 0)
    value_is(SECRET_FILE, path_of("link"), "linked", 0, "a symbolic link");
  unlink(path_of("link"));
  if (geteuid() == 0 && chown(file("a", "x", 1, 0600), 12345, 0) == 0)
    value_is(SECRET_FILE, path_of("a"), NULL, ERR_CONFIG,
             "belongs to another user (12345)");
  unlink(path_of("a"));
}

static void test_big_file(void) {
  char *big = malloc(SECRET_MAX + 2);
  if (!big) return;
  memset(big, 'k', SECRET_MAX + 1);
  big[SECRET_MAX] = '\0';
  Err err;
  size_t len = 0;
  Secret *s = secret_new(SECRET_FILE, file("b", big, SECRET_MAX, 0600), &err);
  ok(secret_value(s, &len, &err) && len == SECRET_MAX, "as long as may be");
  secret_release(s);
  big[SECRET_MAX] = 'k';
  s = secret_new(SECRET_FILE, file("b", big, SECRET_MAX + 1, 0600), &err);
  ok(!secret_value(s, &len, &err) && strstr(err.text, "longer than 65536"),
     "one byte more");
  secret_release(s);
  unlink(path_of("b"));
  free(big);
  redact_forget();
}

/* What main does at its start. */
static void test_env_take(void) {
  Err err;
  set_env("ERRAND_T_TWO", "env-taken");
  set_env("ERRAND_T_THREE", "another");
  set_env("ERRAND_PROFILE", "prod");
  ok(env_take(&err) == 0, "variables are taken");
  ok(!getenv("ERRAND_T_TWO") && !getenv("ERRAND_T_THREE"), "and gone");
  is_str(getenv("ERRAND_PROFILE"), "prod", "what is no setting stays");
  is_str(env_get("ERRAND_T_THREE"), "another", "but errand finds them");
  value_is(SECRET_ENV, "ERRAND_T_TWO", "env-taken", 0, "as secrets too");
  ok(env_get("ERRAND_T_TWO") == NULL, "once");
  set_env("ERRAND_T_THREE", "newer");
  is_str(env_get("ERRAND_T_THREE"), "newer", "the environment goes before");
  env_drop("ERRAND_T_THREE");
  ok(env_get("ERRAND_T_THREE") == NULL, "dropped from both");
  env_drop("ERRAND_T_THREE");
  env_drop("ERRAND_PROFILE");
}

static void on_alarm(int signo) {
  (void)signo;
  raise(SIGINT);
}

static void ignore(void *ctx) {
  (void)ctx;
}

/* Ctrl-C, soon. */
static void interrupted(SecretSource source, const char *what) {
  const struct itimerval soon = {.it_value = {.tv_usec = 50000}};
  Err err;
  Loop *loop = loop_new(&err);
  ok(loop && loop_signal(loop, SIGINT, ignore, NULL, &err) == 0, "a loop");
  signal(SIGALRM, on_alarm);
  setitimer(ITIMER_REAL, &soon, NULL);
  value_is(source, what, NULL, ERR_CANCELLED, "interrupted");
  loop_free(loop);
}

static void test_fifo(void) {
  if (mkfifo(path_of("fifo"), 0600) != 0) return;
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    int fd = open(path_of("fifo"), O_WRONLY);
    _exit(write(fd, "through-fifo\n", 13) == 13 ? 0 : 1);
  }
  value_is(SECRET_FILE, path_of("fifo"), "through-fifo", 0, "a fifo");
  waitpid(pid, NULL, 0);
  value_is(SECRET_FILE, path_of("fifo"), NULL, ERR_TIMEOUT, "in time");
  interrupted(SECRET_FILE, path_of("fifo"));
  interrupted(SECRET_COMMAND, "exec sleep 20");
  interrupted(SECRET_COMMAND, "exec >&-; exec sleep 20");
  unlink(path_of("fifo"));
}

static void test_command(void) {
  value_is(SECRET_COMMAND, "echo cmd-one", "cmd-one", 0, "a command");
  value_is(SECRET_COMMAND, "printf 'cmd-two\\r\\nuser: x\\n'", "cmd-two", 0,
           "the first line of several");
  value_is(SECRET_COMMAND, "printf cmd-three", "cmd-three", 0, "no newline");
  value_is(SECRET_COMMAND, "cat; echo after-cat", "after-cat", 0,
           "standard input is empty");
  value_is(SECRET_COMMAND, "echo never; exit 3", NULL, ERR_AUTH,
           "exited with 3");
  value_is(SECRET_COMMAND, "kill -9 $$", NULL, ERR_AUTH, "by signal 9");
  value_is(SECRET_COMMAND, "kill -2 $$", NULL, ERR_CANCELLED, "by signal 2");
  value_is(SECRET_COMMAND, "true", NULL, ERR_CONFIG, "is empty");
  value_is(SECRET_COMMAND, "echo; echo second", NULL, ERR_CONFIG, "is empty");
  value_is(SECRET_COMMAND, "exec sleep 20", NULL, ERR_AUTH, "took longer");
  value_is(SECRET_COMMAND, "echo x; exec >&-; exec sleep 20", NULL, ERR_AUTH,
           "took longer");
  value_is(SECRET_COMMAND, "exec cat /dev/zero", NULL, ERR_AUTH,
           "wrote more than 65536 bytes");
  value_is(SECRET_COMMAND, "sleep 2 & echo with-child", "with-child", 0,
           "a child that keeps the pipe open");
  value_is(SECRET_COMMAND, "/dev/null/none/tool 2>&-", NULL, ERR_AUTH,
           "exited with 127");
}

/* Blocked and ignored signals are not handed down, nor are descriptors. */
static void test_command_clean(void) {
  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigprocmask(SIG_BLOCK, &set, &old);
  struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
  sigaction(SIGPIPE, &ignore, &before);
  value_is(SECRET_COMMAND, "sed -n 's/^SigBlk:[^0-9]*//p' /proc/self/status",
           "0000000000000000", 0, "no signal is blocked");
  /* glibc's posix_spawn ignores two signals of its own, 32 and 33. */
  value_is(SECRET_COMMAND, "grep -c 'SigIgn:.*0000000$' /proc/self/status",
           "1", 0, "no signal is ignored");
  sigaction(SIGPIPE, &before, NULL);
  sigprocmask(SIG_SETMASK, &old, NULL);
  sigset_t chld;
  struct sigaction old_chld;
  sigemptyset(&chld);
  sigaction(SIGCHLD, &ignore, &old_chld);
  value_is(SECRET_COMMAND, "echo x", NULL, ERR_AUTH, "is not known");
  sigaction(SIGCHLD, &old_chld, NULL);
}

static void test_credential(void) {
  unsetenv("CREDENTIALS_DIRECTORY");
  value_is(SECRET_CREDENTIAL, "q", NULL, ERR_AUTH, "is not set");
  set_env("CREDENTIALS_DIRECTORY", dir);
  file("q", "cred-one\n", 9, 0440);
  value_is(SECRET_CREDENTIAL, "q", "cred-one", 0, "group bits of a mask");
  file("q", "cred-one\n", 9, 0404);
  value_is(SECRET_CREDENTIAL, "q", NULL, ERR_CONFIG, "chmod 600");
  unlink(path_of("q"));
  value_is(SECRET_CREDENTIAL, "q", NULL, ERR_AUTH, "No such file");
  static const char *const bad[] = {"", ".", "..", "a/b", "../x", "/etc/x"};
  for (size_t i = 0; i < 6; i++)
    value_is(SECRET_CREDENTIAL, bad[i], NULL, ERR_CONFIG, "is no name");
  set_env("CREDENTIALS_DIRECTORY", "relative");
  value_is(SECRET_CREDENTIAL, "q", NULL, ERR_AUTH, "is not set");
  unsetenv("CREDENTIALS_DIRECTORY");
}

static void test_describe(void) {
  static const struct {
    SecretSource source;
    const char *what, *want;
  } rows[] = {
    {SECRET_LITERAL, "hidden-value", "a value in the configuration"},
    {SECRET_ENV, "ERRAND_T_D", "environment variable ERRAND_T_D"},
    {SECRET_FILE, "/run/\x1bx", "file /run/\\x1bx"},
    {SECRET_COMMAND, "pass show ixon", "command pass show ixon"},
    {SECRET_CREDENTIAL, "qalyptus", "systemd credential qalyptus"},
    {SECRET_PROMPT, "Password", "a question on the terminal"},
  };
  set_env("ERRAND_T_D", "hidden-value");
  for (size_t i = 0; i < 6; i++) {
    Err err;
    Buf b;
    buf_init(&b, SIZE_MAX);
    Secret *s = secret_new(rows[i].source, rows[i].what, &err);
    secret_describe(s, &b);
    is_str(buf_str(&b), rows[i].want, rows[i].want);
    secret_release(s);
    buf_clear(&b);
  }
}

/* In the child, on a terminal of its own: exits 0 if the answer is right. */
static void child_asks(const char *want) {
  Err err;
  struct termios t;
  Secret *s = secret_new(SECRET_PROMPT, "Pass\x1bword", &err);
  const char *v = secret_value(s, NULL, &err);
  int bad = !v || strcmp(v, want) != 0;
  if (tcgetattr(0, &t) != 0 || !(t.c_lflag & ECHO)) bad = 2;
  if (!v) bad = err.kind == ERR_AUTH ? 5 : 6;
  secret_release(s);
  redact_forget();
  _exit(bad);
}

/* Types `keys` once the question is there; the child's wait status. What
   was shown goes to `shown`. */
static int on_terminal(const char *keys, char *shown, size_t size,
                       bool *echo_after) {
  int master;
  fflush(stdout);
  pid_t pid = forkpty(&master, NULL, NULL, NULL);
  if (pid == 0) child_asks("typed-one");
  if (pid < 0) return -1;
  size_t n = 0;
  bool typed = false;
  while (n < size - 1) {
    ssize_t k = read(master, shown + n, size - 1 - n);
    if (k <= 0) break;
    n += (size_t)k;
    shown[n] = '\0';
    if (!typed && strstr(shown, ": ")) {
      typed = true;
      if (write(master, keys, strlen(keys)) < 0) break;
    }
  }
  shown[n] = '\0';
  int status = -1;
  waitpid(pid, &status, 0);
  struct termios t;
  *echo_after = tcgetattr(master, &t) == 0 && (t.c_lflag & ECHO);
  close(master);
  return status;
}

static void test_prompt(void) {
  char shown[200];
  bool echo = false;
  int status = on_terminal("typed-one\n", shown, sizeof shown, &echo);
  ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the answer arrives");
  ok(strncmp(shown, "Pass\\x1bword: ", 14) == 0, "the question is shown");
  ok(!strstr(shown, "typed"), "nothing is echoed");
  status = on_terminal("typ\x03", shown, sizeof shown, &echo);
  ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT,
     "Ctrl-C does what it does elsewhere");
  ok(echo, "with echo back on");
  status = on_terminal("\x04", shown, sizeof shown, &echo);
  ok(WIFEXITED(status) && WEXITSTATUS(status) == 5, "Ctrl-D is no answer");
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    setsid();
    Err err;
    Secret *s = secret_new(SECRET_PROMPT, "Password", &err);
    int bad = secret_value(s, NULL, &err) || err.kind != ERR_AUTH ||
              !strstr(err.text, "no terminal");
    secret_release(s);
    redact_forget();
    _exit(bad);
  }
  waitpid(pid, &status, 0);
  ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "no terminal: an error");
}

int main(void) {
  if (!mkdtemp(dir)) return 1;
  test_literal();
  test_env();
  test_env_take();
  test_file();
  test_big_file();
  test_fifo();
  test_command();
  test_command_clean();
  test_credential();
  test_describe();
  test_prompt();
  redact_forget();
  rmdir(dir);
  return done();
}
