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

# What a fresh Debian machine lacks for a build; tests/tests.mk has the rest.
DEPS := build-essential pkg-config ca-certificates liblua5.4-dev lua-cjson-dev \
        libcurl4-openssl-dev libsqlite3-dev libmicrohttpd-dev libreadline-dev tzdata

.PHONY: all demo clean help deps
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

$(B) $(B)/host $(B)/tests:
	mkdir -p $@

include tests/tests.mk scripts/packaging/package.mk
-include $(wildcard $(B)/host/*.d $(B)/tests/*.d)

# $(call install-missing,PACKAGES): says what it installs; nothing when all are there
define install-missing
@missing=$$(for p in $(1); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -Eq 'ok (installed|triggers)' || echo $$p; done); \
[ -z "$$missing" ] || { echo "installing Debian packages:" $$missing >&2; \
  if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; $$sudo apt-get update -q >/dev/null && \
  DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -q -o DPkg::Lock::Timeout=300 --no-install-recommends $$missing >/dev/null; }
endef

deps: ## install the Debian packages that a build needs
	$(call install-missing,$(DEPS))

# Fresh machines lack the headers that the rules above ask pkg-config for, so
# the work is done by a second make.
demo: deps ## onboard two people in the sandbox, from a fresh machine
	@$(MAKE) --no-print-directory -s B=$(B) all
	@mkdir -p $(B)/demo && chmod 700 $(B)/demo
	$(B)/errand --sandbox=$(B)/demo/world.json run scripts/onboard.lua --csv scripts/people.csv

clean: ## remove build/
	rm -rf $(B)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile tests/tests.mk scripts/packaging/package.mk | expand -t 14
