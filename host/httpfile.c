/* httpfile.c - files that go up, as parts of a form or as a whole body. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "httpreq.h"
#include "log.h"

struct PartFile {
  Slot *slot;
  const char *path;         /* borrowed from the call */
  int fd;                   /* -1 = not open */
  curl_off_t size, at;
};

/* Up. libcurl reads from descriptors of ours: what is sent is the file that
   was looked at, and one that changes meanwhile is noticed. */

static int open_part(PartFile *f, const char *path, Err *err) {
  struct stat st;
  f->path = path;
  /* O_NONBLOCK: a FIFO without a writer must not stop us. */
  f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (f->fd < 0 || fstat(f->fd, &st))
    return err_sys(err, ERR_FILE, errno, "cannot read %s", path);
  if (!S_ISREG(st.st_mode))
    return err_set(err, ERR_FILE, "%s is no regular file", path);
  f->size = st.st_size;
  return 0;
}

static void close_part(PartFile *f) {
  if (f->fd >= 0) (void)close(f->fd);   /* read only: nothing can be lost */
  f->fd = -1;
}

static size_t read_part(char *bytes, size_t size, size_t n, void *ctx) {
  PartFile *f = ctx;
  HttpReq *req = f->slot->req;
  (void)size;   /* always 1 */
  if ((curl_off_t)n > f->size - f->at) n = (size_t)(f->size - f->at);
  if (n == 0) return 0;
  ssize_t got = pread(f->fd, bytes, n, f->at);
  if (got > 0) {
    f->at += got;
    return (size_t)got;
  }
  if (got < 0)
    err_sys(&req->file_err, ERR_FILE, errno, "cannot read %s", f->path);
  else
    err_set(&req->file_err, ERR_FILE, "%s became shorter while it was sent",
            f->path);
  return CURL_READFUNC_ABORT;
}

/* Only what may be repeated starts again from its first byte. */
static int seek_part(void *ctx, curl_off_t offset, int origin) {
  PartFile *f = ctx;
  if (origin != SEEK_SET || offset < 0 || offset > f->size)
    return CURL_SEEKFUNC_FAIL;
  if (f->at > 0 && !f->slot->req->call.repeatable) return CURL_SEEKFUNC_FAIL;
  f->at = offset;
  return CURL_SEEKFUNC_OK;
}

static const char *last_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static int add_part(Slot *slot, PartFile *f, const HttpPart *part, Err *err) {
  if (open_part(f, part->path, err)) return -1;
  curl_mimepart *p = curl_mime_addpart(slot->mime);
  CURLcode rc = p ? CURLE_OK : CURLE_OUT_OF_MEMORY;
  if (!rc) rc = curl_mime_name(p, part->name);
  if (!rc) rc = curl_mime_filename(p, last_name(part->path));
  if (!rc)
    rc = curl_mime_type(p, part->type ? part->type
                                      : "application/octet-stream");
  if (!rc)
    rc = curl_mime_data_cb(p, f->size, read_part, seek_part, NULL, f);
  if (!rc) return 0;
  return err_set(err, ERR_SCRIPT, "libcurl: %s", curl_easy_strerror(rc));
}

int http_apply_parts(Slot *slot, const HttpCall *call, Err *err) {
  slot->files = calloc(call->nparts, sizeof *slot->files);
  if (!slot->files) return err_set(err, ERR_SCRIPT, "out of memory");
  /* It draws the form's boundary. */
  slot->mime = curl_mime_init(slot->easy);
  if (!slot->mime)
    return err_set(err, ERR_SCRIPT, "libcurl cannot begin a form: there is no "
                   "memory, or the system gives no random numbers");
  slot->nfiles = call->nparts;
  for (size_t i = 0; i < call->nparts; i++)
    slot->files[i] = (PartFile){ .slot = slot, .fd = -1 };
  for (size_t i = 0; i < call->nparts; i++)
    if (add_part(slot, &slot->files[i], &call->parts[i], err)) return -1;
  CURLcode rc = curl_easy_setopt(slot->easy, CURLOPT_MIMEPOST, slot->mime);
  if (rc == CURLE_OK) return 0;
  return err_set(err, ERR_SCRIPT, "libcurl: %s", curl_easy_strerror(rc));
}

int http_apply_upload(Slot *slot, const HttpCall *call, Err *err) {
  CURL *easy = slot->easy;
  PartFile *f = slot->files = calloc(1, sizeof *f);
  if (!f) return err_set(err, ERR_SCRIPT, "out of memory");
  slot->nfiles = 1;
  *f = (PartFile){ .slot = slot, .fd = -1 };
  if (open_part(f, call->upload, err)) return -1;
  /* A body that an earlier request left would win over the function. */
  CURLcode rc = curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL);
  if (!rc) rc = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, f->size);
  if (!rc) rc = curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_part);
  if (!rc) rc = curl_easy_setopt(easy, CURLOPT_READDATA, f);
  if (!rc) rc = curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek_part);
  if (!rc) rc = curl_easy_setopt(easy, CURLOPT_SEEKDATA, f);
  if (!rc) return 0;
  return err_set(err, ERR_SCRIPT, "libcurl: %s", curl_easy_strerror(rc));
}

void http_parts_end(Slot *slot) {
  if (!slot->mime && !slot->files) return;
  curl_mime_free(slot->mime);
  for (size_t i = 0; i < slot->nfiles; i++) close_part(&slot->files[i]);
  free(slot->files);
  slot->mime = NULL;
  slot->files = NULL;
  slot->nfiles = 0;
  /* The handle knows of files that are gone: it is told everything anew. */
  slot->applied = false;
}

static int check_part(const char *path, Err *err) {
  PartFile f = { .fd = -1 };
  int rc = open_part(&f, path, err);
  close_part(&f);
  return rc;
}

int http_check_files(const HttpCall *call, Err *err) {
  for (size_t i = 0; i < call->nparts; i++)
    if (check_part(call->parts[i].path, err)) return -1;
  if (call->upload && check_part(call->upload, err)) return -1;
  if (!call->output) return 0;
  OutFile *out = outfile_open(call->output, err);
  outfile_discard(out);
  return out ? 0 : -1;
}

/* The trace has a line of its own for every request. */
void http_meter(HttpReq *req, const HttpCall *call) {
  const char *path = call->output ? call->output
      : call->upload ? call->upload
      : call->nparts > 0 ? call->parts[0].path : NULL;
  if (path && log_level() == LOG_INFO)
    req->bar = progress_begin(last_name(path));
}

int http_on_progress(void *ctx, curl_off_t down, curl_off_t down_now,
                     curl_off_t up, curl_off_t up_now) {
  HttpReq *req = ((Slot *)ctx)->req;
  if (!req || !req->bar) return 0;
  curl_off_t from = (curl_off_t)req->down.from;
  if (req->down.out && down_now > 0)
    progress_set(req->bar, from + down_now, down > 0 ? from + down : -1);
  else if (up > 0)
    progress_set(req->bar, up_now, up);
  else
    progress_set(req->bar, from, -1);
  return 0;
}
