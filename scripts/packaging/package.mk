# package.mk - installs errand, and makes a Debian package of it.

# Where things go below PREFIX; a distribution may have other places for some.
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/errand
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
STUBDIR ?= $(PREFIX)/share/errand/stubs

DEPS_package := lintian debootstrap

.PHONY: install uninstall deb package-test package-deps commit

# Which commit it is built from, known to main.o alone; without git, nothing.
commit:
$(B)/commit: commit | $(B)
	@sh scripts/packaging/version.sh commit | cmp -s - $@ || sh scripts/packaging/version.sh commit > $@
$(B)/host/main.o: $(B)/commit
$(B)/host/main.o: OWN_CFLAGS += $(patsubst %,-DERRAND_COMMIT='"%"',$(shell cat $(B)/commit))

# Manual, completion and stubs, written by the program that they are about. No
# service that whoever builds has added for himself gets into them.
$(B)/share.built: export ERRAND_SERVICES = /nonexistent
$(B)/share.built: $(B)/errand docs/configuration.md docs/schedules.md docs/catalogue.md
	@rm -rf $(B)/share && mkdir -p $(B)/share
	$(B)/errand -q export man $(B)/share/man docs
	$(B)/errand -q export stubs $(B)/share/stubs
	@for shell in bash zsh fish; do $(B)/errand export completion $$shell > $(B)/share/$$shell || exit 1; done
	@touch $@

install: all $(B)/share.built ## install below $(DESTDIR)$(PREFIX)
	sh scripts/packaging/install.sh $(B) $(INSTALL_DIRS)

# Of the same list as install, so that it takes away what that has put there.
uninstall: all $(B)/share.built ## remove what install put there, and nothing else
	UNINSTALL=1 sh scripts/packaging/install.sh $(B) $(INSTALL_DIRS)

INSTALL_DIRS = '$(DESTDIR)' '$(PREFIX)' '$(MANDIR)' '$(DOCDIR)' '$(BASHDIR)' '$(ZSHDIR)' '$(FISHDIR)' '$(UNITDIR)' \
        '$(SYSUSERSDIR)' '$(STUBDIR)'

package-deps: deps
	$(call install-missing,$(DEPS_package))

deb: deps ## build a Debian package, build/deb/errand_VERSION_ARCH.deb
	sh scripts/packaging/deb.sh $(B)/deb

package-test: package-deps deb ## the Debian package in a fresh Debian; needs root and the package mirror
	sh tests/package/run.sh $(B)/deb
