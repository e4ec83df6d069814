# tests.mk - what tests, measures and checks errand.

CTEST := $(patsubst tests/c/%.c,$(B)/tests/%,$(wildcard tests/c/test_*.c))
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS ?= 60

DEPS_test := lua5.4 lua-check less libedit-dev curl openssl expect tmux valgrind nginx-light microsocks socat \
             tinyproxy-bin systemd strace git bash-completion zsh fish man-db groff-base
DEPS_lint := libedit-dev libcjson-dev clang clang-tidy cppcheck lua-check shellcheck
DEPS_fuzz := clang llvm libclang-rt-14-dev
DEPS_bench := $(DEPS_test) libcjson-dev python3-requests python3-httpx python3-aiohttp python3-pycurl \
              lua5.1 lua-socket lua-curl lua-cjson
DEPS_page := chromium chromium-driver fonts-dejavu-core

.PHONY: test san san-built fuzz valgrind valgrind-all lint signals alloc syscalls contract crash cron soak page bench \
        test-deps lint-deps fuzz-deps page-deps bench-deps npm-deps

# A static pattern: make looks for no other kind of rule for a phony target.
test-deps lint-deps fuzz-deps page-deps bench-deps: %-deps: deps
	$(call install-missing,$(DEPS_$*))

npm-deps: deps
	$(if $(shell command -v npm || true),,$(call install-missing,nodejs npm))

vpath %.c tests/c tests/cron tests/bench
$(B)/tests/%: %.c $(B)/liberrand.a | $(B)/tests
	$(CC) $(OWN_CFLAGS) -Itests/c $(CFLAGS) $(LDFLAGS) $(OWN_LDFLAGS) $(WRAP_$*:%=-Wl,--wrap=%) -MMD -MP -o $@ $< $(filter %.o,$^) $(B)/liberrand.a $(LIBS)

# A scripted HTTP server that these tests talk to.
$(B)/tests/test_http $(B)/tests/test_httpfile $(B)/tests/test_httpresume $(B)/tests/test_auth $(B)/tests/test_authcache $(B)/tests/test_retry: $(B)/tests/peer.o

$(B)/tests/peer.o: tests/c/peer.c | $(B)/tests
	$(CC) $(OWN_CFLAGS) -Itests/c $(CFLAGS) -MMD -MP -c -o $@ $<

# A fuzz target that is fed its corpus once, with any compiler.
$(B)/tests/fuzz_%: tests/fuzz/fuzz_%.c tests/fuzz/once.c $(B)/liberrand.a | $(B)/tests
	$(CC) $(OWN_CFLAGS) -Itests/fuzz $(CFLAGS) $(LDFLAGS) $(OWN_LDFLAGS) -MMD -MP -MF $@.d -o $@ $< tests/fuzz/once.c $(B)/liberrand.a $(LIBS)

# The same server as a program, for the end-to-end tests.
$(B)/tests/peer: tests/e2e/peer.c $(B)/tests/peer.o $(B)/liberrand.a | $(B)/tests
	$(CC) $(OWN_CFLAGS) -Itests/c $(CFLAGS) $(LDFLAGS) $(OWN_LDFLAGS) -MMD -MP -MF $@.main.d -o $@ $< $(B)/tests/peer.o $(B)/liberrand.a $(LIBS)

# What a test puts its own in the place of: the Nth allocation fails, files must
# have names, a file system is a network's, there are no pidfds or timers, clocks
# are set.
WRAP_test_alloc := malloc calloc realloc reallocarray strdup strndup
WRAP_test_httpfile := open
WRAP_test_httpresume := open
WRAP_test_storequery := fstatfs
WRAP_test_proc := pidfd_open loop_timer
WRAP_test_clockwatch := clock_gettime timerfd_create timerfd_settime

# TESTS: folders or files, such as tests/c tests/lua/cron_spec.lua; empty for all.
test: test-deps ## every test; fewer with TESTS="PATH..."; ends with "N passed, N failed"
	@$(MAKE) --no-print-directory B=$(B) all $(B)/tests.built
	$(B)/errand run tests/run.lua $(B) $(TESTS)

# Peers and the oracle of due times share no code with what they judge.
$(B)/tests/beside $(B)/tests/prompt $(B)/tests/net_server $(B)/tests/cron_oracle: $(B)/tests/%: %.c | $(B)/tests
	$(CC) $(OWN_CFLAGS) $(CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $<

$(B)/tests/net_c $(B)/tests/local_json: $(B)/tests/%: tests/bench/%.c | $(B)/tests
	$(CC) $(OWN_CFLAGS) $(CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< -lcurl $(shell pkg-config --cflags --libs libcjson)

$(B)/tests.built: $(CTEST) $(FUZZ:%=$(B)/tests/fuzz_%) $(B)/tests/peer $(B)/errand-libedit \
        $(B)/tests/cron_oracle $(B)/tests/cron_compare
	touch $@

# $(call sanitized,TARGETS)
sanitized = $(MAKE) --no-print-directory $(1) B=$(B)/san CFLAGS="-O1 -g" \
  EXTRA_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer" \
  EXTRA_LDFLAGS="-fsanitize=address,undefined"

san: test-deps ## the same tests under ASan and UBSan
	+@$(call sanitized,test)

san-built: test-deps
	+@$(call sanitized,all $(B)/san/tests.built)

fuzz: fuzz-deps ## each fuzz target for FUZZ_SECONDS=60 under ASan and UBSan
	@$(MAKE) --no-print-directory -j 2 B=$(B)/fuzz CC=clang CFLAGS="-O1 -g" \
	  EXTRA_CFLAGS="$(FUZZ_SAN) -fsanitize=fuzzer-no-link" \
	  EXTRA_LDFLAGS="-fsanitize=address,undefined" $(FUZZ:%=$(B)/fuzz/fuzz_%)
	sh tests/fuzz/run.sh $(B)/fuzz $(FUZZ_SECONDS) $(FUZZ)

# gcc's macro for state.c, whose pool would hide what Lua does to its memory.
FUZZ_SAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -D__SANITIZE_ADDRESS__

$(B)/fuzz_%: tests/fuzz/fuzz_%.c tests/fuzz/fuzz.h tests/fuzz/fuzzlua.h $(B)/liberrand.a
	$(CC) $(OWN_CFLAGS) -Itests/fuzz $(CFLAGS) $(LDFLAGS) $(OWN_LDFLAGS) -fsanitize=fuzzer -o $@ $< $(B)/liberrand.a $(LIBS)

valgrind: test-deps ## the C tests under valgrind
	@$(MAKE) --no-print-directory B=$(B) all $(B)/tests.built
	VALGRIND=1 $(B)/errand run tests/run.lua $(B) tests/c

lint: lint-deps ## gcc -fanalyzer, cppcheck, clang-tidy, luacheck, shellcheck, banned calls
	@$(MAKE) --no-print-directory B=$(B) $(B)/embedded.inc
	sh tests/lint.sh $(B) $(PKG)

valgrind-all: test-deps ## every test under valgrind, children too (hours); fewer with TESTS="PATH..."
	@$(MAKE) --no-print-directory B=$(B)/vg CFLAGS="-O1 -g" EXTRA_CFLAGS=-D__SANITIZE_ADDRESS__ all $(B)/vg/tests.built
	SLOW=20 VALGRIND=1 $(B)/vg/errand run tests/run.lua $(B)/vg $(TESTS)

signals: test-deps ## no signal handler does unsafe work, and no thread runs one
	@$(MAKE) --no-print-directory B=$(B) all $(B)/tests/peer
	sh tests/signals/run.sh $(B)

# Its malloc is that of the whole program, and comes before the sanitizer's: it
# is built without.
$(B)/tests/refuse.o: tests/alloc/refuse.c tests/alloc/refuse.h | $(B)/tests
	$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O1 -g -fno-omit-frame-pointer -c -o $@ $<

$(B)/tests/alloc: tests/alloc/alloc.c tests/alloc/judge.c tests/alloc/alloc.h host/main.c $(B)/tests/refuse.o \
        $(B)/tests/peer.o $(B)/liberrand.a | $(B)/tests
	$(CC) $(OWN_CFLAGS) -Itests/c $(CFLAGS) $(LDFLAGS) $(OWN_LDFLAGS) -o $@ $(filter %.c,$(filter tests/%,$^)) $(filter %.o,$^) $(B)/liberrand.a $(LIBS)

alloc: test-deps ## scenarios with each allocation refused in turn, under sanitizers; TRIES=N a scenario, 0 for all
	+@$(call sanitized,$(B)/san/tests/alloc)
	sh tests/alloc/run.sh $(B)/san $(or $(TRIES),600)

syscalls: test-deps ## system calls that fail, at every call; fewer with EVERY=K, or SCENARIO="name"
	@$(MAKE) --no-print-directory B=$(B) all $(B)/tests/peer
	EVERY=$(or $(EVERY),1) sh tests/syscalls/run.sh $(B) $(if $(SCENARIO),"$(SCENARIO)")

contract: test-deps npm-deps ## the exported OpenAPI against redocly and Prism, by npm
	@$(MAKE) --no-print-directory B=$(B) all
	sh tests/contract/run.sh $(B)

crash: test-deps ## crash campaigns; larger with N=PLANS K=KILLS
	@$(MAKE) --no-print-directory B=$(B) all
	sh tests/crash/run.sh $(B) $(or $(N),100000) $(or $(K),2000)

cron: deps ## due times against a minute-by-minute oracle; more with SLOTS=N SEED=N ZONE=NAME
	@$(MAKE) --no-print-directory -s B=$(B) $(B)/tests/cron_oracle $(B)/tests/cron_compare
	$(B)/tests/cron_compare $(B)/tests/cron_oracle tests/cron/expressions.txt $(or $(SLOTS),10000000) $(or $(SEED),1) $(ZONE)

soak: test-deps ## schedules with faults, for a month, killed; sizes by SCENARIOS=N SLOTS=N RUNS=N K=KILLS
	@$(MAKE) --no-print-directory B=$(B) all
	sh tests/schedule/run.sh $(B) $(or $(SLOTS),100000) $(or $(RUNS),100000) $(or $(K),200) $(or $(SCENARIOS),10000)

page: test-deps page-deps ## the status page in headless Chromium
	@$(MAKE) --no-print-directory B=$(B) all
	sh tests/page/run.sh $(B)

bench: bench-deps npm-deps ## ratios: calls over loopback, start, prompt, JSON, memory, steps; beside curl, bun, Node, Python, C
	@$(MAKE) --no-print-directory B=$(B) all $(BENCH:%=$(B)/tests/%)
	sh tests/bench/all.sh $(B)

BENCH := beside prompt net_server net_c local_json
