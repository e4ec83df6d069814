/* fuzz_args.c - the words of a script's command line. */
/* SPDX-License-Identifier: MIT */
#include "fuzzlua.h"

FUZZ_LUA(args, 4096)
