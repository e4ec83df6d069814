/* fuzz_request.c - arguments of calls, placed into addresses and bodies. */
/* SPDX-License-Identifier: MIT */
#include "fuzzlua.h"

FUZZ_LUA_JSON(request, 8192)
