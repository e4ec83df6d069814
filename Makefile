# errand - build, test, install. `make help` lists the targets.
B ?= build
CC ?= cc
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
DESTDIR ?=
# What edits lines at the prompt: readline or libedit.
LINE_EDITOR ?= readline
PKG := lua5.4 lua5.4-cjson libcurl sqlite3 libmicrohttpd gnutls $(LINE_EDITOR)
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
        -Wformat=2 -Wno-unused-parameter
OWN_CFLAGS = -std=c11 -D_GNU_SOURCE -Ihost -I$(B) $(WARN) -fstack-protector-strong \
        $(shell pkg-config --cflags $(PKG)) $(EXTRA_CFLAGS)
OWN_LDFLAGS = -Wl,--as-needed -Wl,-z,relro,-z,now $(EXTRA_LDFLAGS)

# The small libraries go in from their archives: each shared library less saves
# some 50 page faults and 20 system calls at every start. The large ones are
# loaded at their first call (host/late.h). SHARED=1 links all of them shared.
ifeq ($(SHARED),)
LIBS = -Wl,-Bstatic -llua5.4-cjson -llua5.4 -lsqlite3 \
       $(if $(filter readline,$(LINE_EDITOR)),-lreadline -ltinfo) -Wl,-Bdynamic \
       $(if $(filter libedit,$(LINE_EDITOR)),-ledit) -lm
else
LIBS = $(shell pkg-config --libs $(PKG)) -lm
LATE := host/latecurl.c host/latemhd.c
endif

# The same interface, repl.h, twice.
EDITOR_readline := host/repl.c host/replkeys.c
EDITOR_libedit := host/repledit.c
SRC := $(filter-out host/embed.c $(LATE) $(EDITOR_readline) $(EDITOR_libedit),$(wildcard host/*.c)) \
       $(EDITOR_$(LINE_EDITOR))
OBJ := $(SRC:host/%.c=$(B)/host/%.o)
LIBOBJ := $(filter-out $(B)/host/main.o,$(OBJ))
LUA := $(shell find lua -name '*.lua' | LC_ALL=C sort)
CTEST := $(patsubst tests/c/%.c,$(B)/tests/%,$(wildcard tests/c/test_*.c))
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS ?= 60

# What a fresh Debian machine lacks for a build, and on top of it for more.
DEPS := build-essential pkg-config ca-certificates liblua5.4-dev lua-cjson-dev \
        libcurl4-openssl-dev libsqlite3-dev libmicrohttpd-dev libreadline-dev tzdata
DEPS_test := lua5.4 less libedit-dev curl openssl expect tmux valgrind nginx-light microsocks socat tinyproxy-bin
DEPS_lint := libedit-dev clang clang-tidy cppcheck lua-check
DEPS_fuzz := clang llvm libclang-rt-14-dev

.PHONY: all test san fuzz valgrind lint contract crash cron demo bench install uninstall \
        clean help deps test-deps lint-deps fuzz-deps
.DELETE_ON_ERROR:

all: $(B)/errand ## build build/errand

$(B)/errand: $(OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) $(OWN_LDFLAGS) -o $@ $(OBJ) $(LIBS)

# The same program with libedit, for the tests.
$(B)/errand-libedit: LINE_EDITOR = libedit
$(B)/errand-libedit: $(filter-out $(EDITOR_$(LINE_EDITOR):host/%.c=$(B)/host/%.o),$(OBJ)) \
        $(EDITOR_libedit:host/%.c=$(B)/host/%.o)
	$(CC) $(CFLAGS) $(LDFLAGS) $(OWN_LDFLAGS) -o $@ $^ $(LIBS)

$(B)/liberrand.a: $(LIBOBJ)
	rm -f $@ && ar rcs $@ $(LIBOBJ)

$(B)/host/%.o: host/%.c | $(B)/host
	$(CC) $(OWN_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/host/module.o: $(B)/embedded.inc

$(B)/embed: host/embed.c host/buf.c host/buf.h | $(B)
	$(CC) $(OWN_CFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ host/embed.c host/buf.c $(shell pkg-config --libs lua5.4)

$(B)/embedded.inc: $(B)/embed $(LUA) lua
	$(B)/embed lua $(LUA) > $@

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
# have names, a file system is a network's, there are no pidfds, clocks are set.
WRAP_test_alloc := malloc calloc realloc reallocarray strdup strndup
WRAP_test_httpfile := open
WRAP_test_httpresume := open
WRAP_test_storequery := fstatfs
WRAP_test_proc := pidfd_open
WRAP_test_clockwatch := clock_gettime timerfd_create timerfd_settime

$(B) $(B)/host $(B)/tests:
	mkdir -p $@

-include $(wildcard $(B)/host/*.d $(B)/tests/*.d)

# $(call install-missing,PACKAGES): says what it installs; nothing when all are there
define install-missing
@missing=$$(for p in $(1); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
[ -z "$$missing" ] || { echo "installing Debian packages:" $$missing >&2; \
  if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; $$sudo apt-get update -q >/dev/null && \
  DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -q --no-install-recommends $$missing >/dev/null; }
endef

deps: ## install the Debian packages that a build needs
	$(call install-missing,$(DEPS))

test-deps lint-deps fuzz-deps: %-deps: deps
	$(call install-missing,$(DEPS_$*))

# Fresh machines lack the headers that the rules above ask pkg-config for, so
# the work is done by a second make.
demo: deps ## onboard two people in the sandbox, from a fresh machine
	@$(MAKE) --no-print-directory -s B=$(B) all
	@mkdir -p $(B)/demo && chmod 700 $(B)/demo
	$(B)/errand --sandbox=$(B)/demo/world.json run scripts/onboard.lua --csv scripts/people.csv

test: test-deps ## every test; ends with "N passed, N failed"
	@$(MAKE) --no-print-directory B=$(B) all $(B)/tests.built
	$(B)/errand run tests/run.lua $(B)

# Peers and the oracle of due times share no code with what they judge.
$(B)/tests/beside $(B)/tests/prompt $(B)/tests/cron_oracle: $(B)/tests/%: %.c | $(B)/tests
	$(CC) $(OWN_CFLAGS) $(CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $<

$(B)/tests.built: $(CTEST) $(FUZZ:%=$(B)/tests/fuzz_%) $(B)/tests/peer $(B)/errand-libedit \
        $(B)/tests/cron_oracle $(B)/tests/cron_compare
	touch $@

san: test-deps ## the same tests under ASan and UBSan
	@$(MAKE) --no-print-directory test B=$(B)/san CFLAGS="-O1 -g" \
	  EXTRA_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer" \
	  EXTRA_LDFLAGS="-fsanitize=address,undefined"

fuzz: fuzz-deps ## each fuzz target for FUZZ_SECONDS=60 under ASan and UBSan
	@$(MAKE) --no-print-directory B=$(B)/fuzz CC=clang CFLAGS="-O1 -g" \
	  EXTRA_CFLAGS="$(FUZZ_SAN) -fsanitize=fuzzer-no-link" \
	  EXTRA_LDFLAGS="-fsanitize=address,undefined" $(FUZZ:%=$(B)/fuzz/fuzz_%)
	sh tests/fuzz/run.sh $(B)/fuzz $(FUZZ_SECONDS) $(FUZZ)

# gcc's macro for state.c, whose pool would hide what Lua does to its memory.
FUZZ_SAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -D__SANITIZE_ADDRESS__

$(B)/fuzz_%: tests/fuzz/fuzz_%.c $(B)/liberrand.a
	$(CC) $(OWN_CFLAGS) -Itests/fuzz $(CFLAGS) $(LDFLAGS) $(OWN_LDFLAGS) -fsanitize=fuzzer -o $@ $< $(B)/liberrand.a $(LIBS)

valgrind: test-deps ## the C tests under valgrind
	@$(MAKE) --no-print-directory B=$(B) all $(B)/tests.built
	VALGRIND=1 $(B)/errand run tests/run.lua $(B) tests/c

lint: lint-deps ## cppcheck, clang-tidy, luacheck, banned calls, house rules
	@$(MAKE) --no-print-directory B=$(B) $(B)/embedded.inc
	sh tests/lint.sh $(B) $(PKG)

contract: test-deps ## the exported OpenAPI against redocly and Prism, by npm
	$(if $(shell command -v npm || true),,$(call install-missing,nodejs npm))
	@$(MAKE) --no-print-directory B=$(B) all
	sh tests/contract/run.sh $(B)

crash: test-deps ## crash campaigns; larger with N=PLANS K=KILLS
	@$(MAKE) --no-print-directory B=$(B) all
	sh tests/crash/run.sh $(B) $(or $(N),100000) $(or $(K),2000)

cron: deps ## due times against a minute-by-minute oracle; more with SLOTS=N SEED=N ZONE=NAME
	@$(MAKE) --no-print-directory -s B=$(B) $(B)/tests/cron_oracle $(B)/tests/cron_compare
	$(B)/tests/cron_compare $(B)/tests/cron_oracle tests/cron/expressions.txt $(or $(SLOTS),10000000) $(or $(SEED),1) $(ZONE)

bench: test-deps ## start, prompt, one call, JSON beside curl, lua, lua-cjson
	@$(MAKE) --no-print-directory B=$(B) all $(B)/tests/beside $(B)/tests/prompt
	sh tests/bench/start.sh $(B)
	sh tests/bench/prompt.sh $(B)
	$(B)/errand run tests/bench/json.lua

install: all ## install below $(DESTDIR)$(PREFIX)
	install -D -m 755 $(B)/errand $(DESTDIR)$(PREFIX)/bin/errand
	install -d $(DESTDIR)$(PREFIX)/share/doc/errand/scripts
	install -m 644 README.md LICENSE docs/*.md $(DESTDIR)$(PREFIX)/share/doc/errand
	install -m 644 scripts/* $(DESTDIR)$(PREFIX)/share/doc/errand/scripts

uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/errand
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/errand

clean: ## remove build/
	rm -rf $(B)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12
