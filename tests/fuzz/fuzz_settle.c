/* fuzz_settle.c - what a person says of a step in doubt. */
/* SPDX-License-Identifier: MIT */
#include "fuzzlua.h"

FUZZ_LUA_JSON(settle, 4096)
