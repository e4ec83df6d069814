/* fuzz_cassette.c - cassettes, opened and played. */
/* SPDX-License-Identifier: MIT */
#include "fuzzlua.h"

FUZZ_LUA_JSON(cassette, 16384)
