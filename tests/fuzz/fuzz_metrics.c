/* fuzz_metrics.c - what the daemon counts, in Prometheus' text format. */
/* SPDX-License-Identifier: MIT */
#include "fuzzlua.h"

FUZZ_LUA_JSON(metrics, 8192)
