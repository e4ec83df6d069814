/* fuzz_schedule.c - schedule files. */
/* SPDX-License-Identifier: MIT */
#include "fuzzlua.h"

FUZZ_LUA(schedule, 8192)
