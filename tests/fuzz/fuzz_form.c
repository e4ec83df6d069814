/* fuzz_form.c - addresses, forms and cookies of the status page. */
/* SPDX-License-Identifier: MIT */
#include "fuzzlua.h"

FUZZ_LUA(form, 8192)
