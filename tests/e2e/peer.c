/* peer.c - the scripted HTTP server of the end-to-end tests. */
/* SPDX-License-Identifier: MIT */
/*
 * peer SCRIPT DIR serves on a free port of 127.0.0.1, which is the first line
 * that it prints. Of SCRIPT ("-": standard input) only the sections count that
 * start with
 *
 *   === reply [METHOD /PATH] [OPTION...]
 *
 * and go on to the next line with "=== ". Their text is the reply: head lines,
 * an empty line, the body without its last line break. Head lines get CRLF and
 * a Content-Length unless they have one. Replies are tried in order and each
 * serves once; whatever is asked beyond them gets 404. Options:
 *
 *   times=N           serves N times; 0 for ever
 *   end=close|reset|hang   what happens after the reply
 *   delay=SECONDS     before the reply
 *   drip=SECONDS      between single bytes of the reply
 *   endless=TEXT      sent again and again after the reply; \r \n \s (a blank)
 *   later=SECONDS     before that begins
 *   file=PATH         the body, instead of what stands in the section
 *   zeros=N           N zero bytes after the reply, whose head says their number
 *   early             before the body of the request is there, which is thrown
 *                     away
 *   raw               the text, or the file, is sent as it stands
 *
 * "=== drop N" closes the first N connections as soon as they are there.
 *
 * The exact bytes of the nth request go to DIR/n before it is answered (of one
 * with a body of more than 16 MB the head, then "[N bytes]"), then
 * its first two words to standard output. GET /_seen is no request: it answers
 * with "CONNECTIONS REQUESTS" so far, its own not counted. All that came
 * before it is counted, for connections are taken in order.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "peer.h"

enum { LINE = 8192, WORDS = 512, BODY = 64 << 20 };

typedef struct Section {
  char target[WORDS];    /* "" = any */
  char file[WORDS];
  char endless[WORDS];
  PeerReply reply;
  bool raw;
  Buf text;
} Section;

static Peer *peer;
static const char *dir;
static int requests, questions;
static char seen[256];           /* the whole reply to GET /_seen */

static void die(const char *what) {
  fprintf(stderr, "peer: %s\n", what);
  exit(2);
}

static void set_endless(Section *s, const char *text) {
  static const char letter[] = "rns\\", plain[] = "\r\n \\";
  size_t n = 0;
  for (; *text && n < sizeof s->endless - 1; text++) {
    const char *p = *text == '\\' && text[1] ? strchr(letter, text[1]) : NULL;
    s->endless[n++] = p ? plain[p - letter] : *text;
    text += p != NULL;
  }
  s->endless[n] = '\0';
  s->reply.endless = s->endless;
}

static void set_option(Section *s, const char *word) {
  static const struct { const char *name; PeerEnd end; } ends[] = {
    {"keep", PEER_KEEP}, {"close", PEER_CLOSE}, {"reset", PEER_RESET},
    {"hang", PEER_HANG}};
  if (!strcmp(word, "raw")) {
    s->raw = true;
  } else if (!strncmp(word, "times=", 6)) {
    s->reply.times = (int)strtol(word + 6, NULL, 10);
  } else if (!strncmp(word, "delay=", 6)) {
    s->reply.delay = strtod(word + 6, NULL);
  } else if (!strncmp(word, "drip=", 5)) {
    s->reply.drip = strtod(word + 5, NULL);
  } else if (!strncmp(word, "later=", 6)) {
    s->reply.later = strtod(word + 6, NULL);
  } else if (!strncmp(word, "zeros=", 6)) {
    s->reply.fill = strtoul(word + 6, NULL, 10);
  } else if (!strcmp(word, "early")) {
    s->reply.early = true;
  } else if (!strncmp(word, "file=", 5)) {
    snprintf(s->file, sizeof s->file, "%s", word + 5);
  } else if (!strncmp(word, "endless=", 8)) {
    set_endless(s, word + 8);
  } else if (!strncmp(word, "end=", 4)) {
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
      if (strcmp(word + 4, ends[i].name) != 0) continue;
      s->reply.end = ends[i].end;
      return;
    }
    die("unknown end=");
  } else {
    die(word);
  }
}

/* line: what follows "=== reply" */
static Section *new_section(char *line) {
  Section *s = calloc(1, sizeof *s);
  if (!s) die("out of memory");
  buf_init(&s->text, BODY);
  s->reply.times = 1;
  char *save = NULL;
  for (char *word = strtok_r(line, " \n", &save); word;
       word = strtok_r(NULL, " \n", &save)) {
    char *path = NULL;
    if (word[0] >= 'A' && word[0] <= 'Z' &&
        (path = strtok_r(NULL, " \n", &save)) != NULL)
      snprintf(s->target, sizeof s->target, "%s %s", word, path);
    else
      set_option(s, word);
  }
  if (*s->target) s->reply.target = s->target;
  return s;
}

static void add_file(Buf *to, const char *path) {
  char bytes[65536];
  size_t n;
  FILE *f = fopen(path, "rb");
  if (!f) die(path);
  while ((n = fread(bytes, 1, sizeof bytes, f)) > 0) buf_add(to, bytes, n);
  if (ferror(f)) die(path);
  fclose(f);
}

/* The head with CRLF, the length of the body, the body. */
static void frame(Section *s, Buf *out) {
  const char *text = buf_str(&s->text), *body = strstr(text, "\n\n");
  size_t head = body ? (size_t)(body - text) + 1 : s->text.len;
  Buf content;
  buf_init(&content, BODY);
  if (*s->file) add_file(&content, s->file);
  else if (body) buf_puts(&content, body + 2);
  bool length = false;
  for (size_t i = 0; i < head; i++) {
    if (i == 0 || text[i - 1] == '\n')
      length = length || !strncmp(text + i, "Content-Length:", 15) ||
               !strncmp(text + i, "Transfer-Encoding:", 18);
    if (text[i] == '\n') buf_addc(out, '\r');
    buf_addc(out, text[i]);
  }
  if (head > 0 && text[head - 1] != '\n') buf_puts(out, "\r\n");
  if (!length) buf_printf(out, "Content-Length: %zu\r\n", content.len);
  buf_puts(out, "\r\n");
  if (content.len > 0) buf_add(out, content.data, content.len);
  if (out->failed || content.failed) die("out of memory");
  buf_clear(&content);
}

static void finish_section(Section *s) {
  Buf out;
  if (!s) return;
  if (s->text.len > 0 && s->text.data[s->text.len - 1] == '\n')
    s->text.data[--s->text.len] = '\0';
  buf_init(&out, BODY);
  if (s->raw && *s->file) add_file(&out, s->file);
  else if (s->raw) buf_puts(&out, buf_str(&s->text));
  else if (s->text.len > 0) frame(s, &out);
  s->reply.bytes = buf_take(&out, &s->reply.len);
  if (!s->reply.bytes) die("out of memory");
  peer_on(peer, s->reply);
}

static void read_script(FILE *f) {
  char line[LINE];
  Section *s = NULL;
  while (fgets(line, sizeof line, f)) {
    if (!strncmp(line, "=== ", 4)) {
      finish_section(s);
      bool ours = !strncmp(line + 4, "reply", 5) && strchr(" \n", line[9]);
      s = ours ? new_section(line + 9) : NULL;
      if (!strncmp(line + 4, "drop ", 5))
        peer_drop_connections(peer, (int)strtol(line + 9, NULL, 10));
    } else if (s && buf_puts(&s->text, line) != 0) {
      die("out of memory");
    }
  }
  finish_section(s);
}

static void on_request(void *ctx, const char *bytes, size_t n) {
  char path[LINE], body[64];
  (void)ctx;
  if (!strncmp(bytes, "GET /_seen ", 11)) {
    int len = snprintf(body, sizeof body, "%d %d\n",
                       peer_connections(peer) - ++questions, requests);
    snprintf(seen, sizeof seen, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n"
             "Connection: close\r\n\r\n%s", len, body);
    return;
  }
  snprintf(path, sizeof path, "%s/%d", dir, ++requests);
  FILE *f = fopen(path, "wb");
  if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0) die(path);
  size_t first = strcspn(bytes, " ");
  printf("%.*s\n", (int)(first + 1 + strcspn(bytes + first + 1, " \r")), bytes);
  fflush(stdout);
}

int main(int argc, char **argv) {
  Err err = {0};
  if (argc != 3) die("usage: peer SCRIPT DIR");
  /* Not a moment longer than the test, whose reading end may close first. */
  if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 ||
      signal(SIGPIPE, SIG_IGN) == SIG_ERR)
    die("cannot set up signals");
  Loop *loop = loop_new(&err);
  if (!loop) die(err.text);
  dir = argv[2];
  peer = peer_new(loop);
  peer_watch(peer, on_request, NULL);
  peer_swallow(peer, 16 << 20);
  peer_on(peer, (PeerReply){.target = "GET /_seen", .bytes = seen,
                            .end = PEER_CLOSE});
  FILE *f = strcmp(argv[1], "-") == 0 ? stdin : fopen(argv[1], "r");
  if (!f) die(argv[1]);
  read_script(f);
  if (f != stdin) fclose(f);
  printf("%d\n", peer_port(peer));
  fflush(stdout);
  while (loop_step(loop, -1, &err) == 0) continue;
  die(err.text);
}
