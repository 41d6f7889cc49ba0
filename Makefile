# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the module against KDIR, the daemon and the CLI into O=. No configure
# step: what is missing stops the compiler. Tests live in selftests/, the VM
# in selftests/vm/.

KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build
PREFIX ?= /usr
O ?= build
CC ?= gcc
PKG_CONFIG ?= pkg-config
T ?=
export T

ifeq ($(V),1)
Q :=
else
Q := @
MAKEFLAGS += --no-print-directory
endif

# --- userspace: sources are found, nobody needs to edit a list
LIB_SRC := $(wildcard userspace/lib/*.c)
PKI_SRC := $(wildcard userspace/pki/*.c)
DAEMON_SRC := $(wildcard userspace/tlsvipd/*.c) $(PKI_SRC) $(LIB_SRC)
CLI_SRC := $(wildcard tools/tlsvip/*.c) $(PKI_SRC) $(LIB_SRC)
HELPER_SRC := $(wildcard selftests/helpers/*.c)
UNIT_SRC := $(wildcard selftests/unit/*.c)
FUZZ_SRC := $(wildcard selftests/fuzz/*.c)

PKGS := libcrypto libssl libmnl json-c
CFLAGS ?= -O2 -g
TV_CFLAGS := -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror \
	-Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers \
	-Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wshadow \
	-fno-strict-aliasing -fno-common -Ikernel/include/uapi -Iuserspace
# the CLI needs no event loop: each of its processes would load it
TV_LDFLAGS := -Wl,--as-needed
TV_LIBS := -lssl -lcrypto -lmnl -lev -ljson-c -pthread

ifeq ($(SAN),1)
O := build-san
CFLAGS := -O1 -g
TV_CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
# linked in: a shared one is relocated anew in each of the thousand processes of a test
TV_LDFLAGS += -fsanitize=address,undefined -static-libasan -static-libubsan
else
TV_CFLAGS += -fstack-protector-strong -fstack-clash-protection \
	-fcf-protection -fPIE -D_FORTIFY_SOURCE=3
TV_LDFLAGS += -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack
endif

objects = $(patsubst %.c,$(O)/%.o,$(1))

all: modules daemon cli

# --- module; type information for BPF needs pahole, and is only a convenience;
# a signature needs a key that only Debian has
KBUILD := $(MAKE) -C $(KDIR) M=$(CURDIR) CONFIG_MODULE_SIG_ALL= CONFIG_MODULE_COMPRESS= \
	CONFIG_MODULE_COMPRESS_ALL= \
	$(if $(shell command -v pahole),,CONFIG_DEBUG_INFO_BTF_MODULES=)

modules:
ifneq ($(wildcard kernel/main.c),)
	$(Q)$(KBUILD) modules
endif

# --- programs
DAEMON_MAIN := $(wildcard userspace/tlsvipd/main.c)
CLI_MAIN := $(wildcard tools/tlsvip/main.c)

daemon: $(if $(DAEMON_MAIN),$(O)/tlsvipd)
cli: $(if $(CLI_MAIN),$(O)/tlsvip)
helpers: $(patsubst selftests/helpers/%.c,$(O)/helpers/%,$(HELPER_SRC))

$(O)/tlsvipd: $(call objects,$(DAEMON_SRC))
$(O)/tlsvip: $(call objects,$(CLI_SRC))
$(O)/tlsvipd $(O)/tlsvip:
	@echo "  LD      $@"
	$(Q)$(CC) $(TV_LDFLAGS) $(LDFLAGS) -o $@ $^ $(TV_LIBS)

$(O)/helpers/%: selftests/helpers/%.c
	@echo "  CC      $@"
	@mkdir -p $(@D)
	$(Q)$(CC) $(TV_CFLAGS) $(CFLAGS) -MMD $(TV_LDFLAGS) -o $@ $< $(TV_LIBS)

$(O)/%.o: %.c Makefile
	@echo "  CC      $@"
	@mkdir -p $(@D)
	$(Q)$(CC) $(TV_CFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# --- unit tests: every selftests/unit/X.c is a program; "SOURCES: a.c b.c" in
# its first lines names what of the product it links. The filter: *.d files of
# older builds name sources of a program
sources_of = $(wildcard $(shell sed -n '1,30s/.*SOURCES: *//p' $(1) | sed 's,\*/,,'))
unit_objects = $(patsubst %.c,$(O)/unit-obj/%.o,$(1))

$(O)/unit-obj/%.o: %.c Makefile
	@echo "  CC      $@"
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -Wmissing-prototypes,$(TV_CFLAGS)) -Ikernel -I. $(CFLAGS) \
		-MMD -MP -c -o $@ $<

define unit_program
$(O)/unit/$(1): $(call unit_objects,selftests/unit/$(1).c $(call sources_of,selftests/unit/$(1).c))
	@echo "  LD      $$@"
	@mkdir -p $$(@D)
	$(Q)$(CC) $(TV_LDFLAGS) -o $$@ $$(filter %.o,$$^) $(TV_LIBS)
endef
# whoever builds something else need not wait for what they are made of
ifneq ($(findstring unit,$(MAKECMDGOALS)),)
$(foreach name,$(notdir $(basename $(UNIT_SRC))),$(eval $(call unit_program,$(name))))
endif

unit: $(patsubst selftests/unit/%.c,$(O)/unit/%,$(UNIT_SRC))

# --- fuzzers: every selftests/fuzz/X.c is one, with sources said likewise
FUZZ_FLAGS := -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -Wno-gnu-designator

build-fuzz/%: selftests/fuzz/%.c Makefile
	@echo "  CLANG   $@"
	@mkdir -p $(@D)
	$(Q)clang $(filter-out -Wmissing-prototypes,$(TV_CFLAGS)) -Ikernel -I. \
		-O1 -g -MMD -MP $(FUZZ_FLAGS) -o $@ $< \
		$$(sed -n '1,30s/.*SOURCES: *//p' $< | sed 's,\*/,,')

fuzzers: $(patsubst selftests/fuzz/%.c,build-fuzz/%,$(FUZZ_SRC))

-include $(shell find $(O) build-fuzz -name '*.d' 2>/dev/null)

# --- installation, where Debian wants things
LIBDIR := $(DESTDIR)$(PREFIX)/lib
SHARE := $(DESTDIR)$(PREFIX)/share
INSTALL ?= install
install_if = $(if $(wildcard $(1)),$(INSTALL) -D -m $(2) -t $(3) $(wildcard $(1)),:)

install: install-modules install-daemon install-cli install-files

# Kbuild may take a relative path for one of KDIR's
install-modules: modules
ifneq ($(wildcard kernel/main.c),)
	$(Q)$(KBUILD) INSTALL_MOD_PATH=$(abspath $(DESTDIR))$(PREFIX) \
		INSTALL_MOD_DIR=updates INSTALL_MOD_STRIP=1 \
		$(if $(DESTDIR),DEPMOD=true) modules_install
	$(if $(DESTDIR),,depmod -a $(shell $(MAKE) -s -C $(KDIR) kernelrelease))
endif

install-daemon: daemon
	$(Q)$(if $(DAEMON_MAIN),$(INSTALL) -D -m 755 -t $(DESTDIR)$(PREFIX)/sbin $(O)/tlsvipd,:)

install-cli: cli
	$(Q)$(if $(CLI_MAIN),$(INSTALL) -D -m 755 -t $(DESTDIR)$(PREFIX)/sbin $(O)/tlsvip,:)

install-files:
	$(Q)$(call install_if,userspace/systemd/*.service,644,$(LIBDIR)/systemd/system)
	$(Q)$(call install_if,userspace/systemd/modules-load.d/*.conf,644,$(LIBDIR)/modules-load.d)
	$(Q)$(call install_if,userspace/systemd/modprobe.d/*.conf,644,$(LIBDIR)/modprobe.d)
	$(Q)$(call install_if,userspace/systemd/sysusers.d/*.conf,644,$(LIBDIR)/sysusers.d)
	$(Q)for n in 4 5 7 8; do for f in Documentation/man/*.$$n; do \
		[ ! -e "$$f" ] || $(INSTALL) -D -m 644 -t $(SHARE)/man/man$$n "$$f"; \
		done; done
	$(if $(DESTDIR),,! command -v systemd-sysusers >/dev/null || systemd-sysusers $(LIBDIR)/sysusers.d/tlsvipd.conf)
	$(Q)$(call install_if,tools/bash-completion/*,644,$(SHARE)/bash-completion/completions)

# what a VM gets: the product and the tests' helper programs
install-all: install install-helpers

install-helpers: helpers
	$(Q)[ -z "$(HELPER_SRC)" ] || $(INSTALL) -D -m 755 \
		-t $(DESTDIR)/usr/libexec/tlsvip-selftests \
		$(patsubst selftests/helpers/%.c,$(O)/helpers/%,$(HELPER_SRC))

# --- generated netlink code and the checks; all run in the Debian 13 tree that
# selftests/vm makes, so that every machine has the same compiler
gen:
	$(Q)selftests/vm/ynl-gen

check:
	$(Q)selftests/run check

check-debug:
	$(Q)selftests/run check-debug

# shows the product at work; ONCE=1 ends by itself
demo:
	$(Q)ONCE=$(ONCE) selftests/demo/run

bench:
	$(Q)selftests/bench/run

# both halves of the HTTP engine, SECONDS in all; KEEP=1 adds what was found to
# the inputs that are kept
SECONDS ?= 60
fuzz:
	$(Q)KEEP=$(KEEP) selftests/run fuzz $(SECONDS)

check-gen check-unit check-san sparse checkpatch analyze coverage:
	$(Q)selftests/run $@

clean:
	$(Q)rm -rf build build-san build-fuzz build-cov
	$(Q)find kernel -name '*.o' -o -name '.*.cmd' | xargs rm -f
	$(Q)rm -f tlsvip.ko tlsvip.o tlsvip.mod* .*.cmd modules.order Module.symvers

.PHONY: all modules daemon cli helpers unit install install-modules \
	install-daemon install-cli install-files install-helpers install-all \
	gen check check-debug demo fuzz fuzzers coverage \
	check-gen check-unit check-san sparse checkpatch analyze bench clean
.DELETE_ON_ERROR:
