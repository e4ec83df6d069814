/* fuzz_catalogue.c - descriptions of services, linted and then used. */
/* SPDX-License-Identifier: MIT */
#include "fuzzlua.h"

FUZZ_LUA_JSON(catalogue, 16384)
