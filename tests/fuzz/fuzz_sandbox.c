/* fuzz_sandbox.c - requests to the simulated services, and their state file. */
/* SPDX-License-Identifier: MIT */
#include "fuzzlua.h"

FUZZ_LUA_JSON(sandbox, 8192)
