/* fuzz_duration.c - "1h30m" and what else is a time. */
/* SPDX-License-Identifier: MIT */
#include "fuzzlua.h"

FUZZ_LUA(duration, 4096)
