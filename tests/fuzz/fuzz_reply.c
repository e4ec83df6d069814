/* fuzz_reply.c - what a server answers: envelopes, failures, pages. */
/* SPDX-License-Identifier: MIT */
#include "fuzzlua.h"

FUZZ_LUA_JSON(reply, 16384)
