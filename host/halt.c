/* halt.c - once the disk has failed to flush, nothing is sent. */
/* SPDX-License-Identifier: MIT */
#include "halt.h"

static int halts;

void halt_begin(void) {
  halts++;
}

void halt_end(void) {
  halts--;
}

int halt_check(Err *err) {
  if (halts == 0) return 0;
  return err_set(err, ERR_FILE, "not sent, since the disk failed to flush the "
                 "store; check the disk, then run 'errand doctor'");
}
