# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Octavo authors
# Octavo's build. A room is a folder under src/ with a NEEDS file; it sees only the rooms named there.
# Variants live side by side in build/<variant>: make V=debug|release|asan|tsan|cover|fuzz.

V        ?= debug
CC       := gcc
B        := build/$(V)
CSTD     := -std=c17 -D_GNU_SOURCE
WARN     := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Werror
CFLAGS_debug   := -O0 -g3
CFLAGS_release := -O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=3 -fPIE
CFLAGS_asan    := -O1 -g3 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_tsan    := -O1 -g3 -fsanitize=thread
CFLAGS_cover   := -O0 -g3 --coverage
CFLAGS_fuzz    := -O1 -g3 -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all
LDFLAGS_release := -pie -Wl,-z,relro,-z,now
LDFLAGS_asan   := $(CFLAGS_asan)
LDFLAGS_tsan   := $(CFLAGS_tsan)
LDFLAGS_cover  := --coverage
LDFLAGS_fuzz   := -fsanitize=address,undefined
ifeq ($(V),fuzz)
CC := clang-14
endif
# The scripts behind `make run` and the like install what is missing, pkg-config too.
scripts := mutants run test test-kafka test-clients check prove sim verify model soak fresh bench fuzz map hooks clean print-rooms print-tests
PKG     := $(if $(filter $(scripts),$(MAKECMDGOALS)),:,pkg-config)

ROOMS   := $(sort $(patsubst src/%/NEEDS,%,$(shell find src -name NEEDS)))
FORMAT  := $(shell find src include fuzz bench tests -name '*.[ch]' 2>/dev/null)
comma   := ,

# NEEDS: "rooms:" what its code sees, "libs:" pkg-config names; "test:" and "test-libs:" are those that only
# its unit test (and a fuzz target that names the room) links besides.
field    = $(shell sed -n 's/^$2: *//p' src/$1/NEEDS)
slug     = $(subst /,-,$1)
sources  = $(filter-out %_test.c src/base/test.c,$(wildcard src/$1/*.c) \
           $(foreach d,$(filter-out $(addprefix src/,$(addsuffix /,$(ROOMS))),$(wildcard src/$1/*/)),$(wildcard $d*.c)))
tests    = $(filter %_test.c,$(wildcard src/$1/*.c src/$1/*/*.c))
tests_of = $(foreach t,$(call tests,$1),$(if $(filter $(addprefix src/,$(addsuffix /,$(filter-out $1,$(ROOMS)))),$(dir $t)),,$t))
objects  = $(patsubst src/%.c,$(B)/obj/%.o,$1)

$(foreach r,$(ROOMS),$(eval NEEDS_$r := $(call field,$r,rooms)))
$(foreach r,$(ROOMS),$(eval LIBS_$r := $(call field,$r,libs)))
$(foreach r,$(ROOMS),$(eval TEST_$r := $(call field,$r,test)))
$(foreach r,$(ROOMS),$(eval TEST_LIBS_$r := $(call field,$r,test-libs)))

# The rooms below a room, itself first, each before what it needs (the order a linker wants).
below    = $(call closure,$1,)
closure  = $(if $(strip $1),$(call closure,$(foreach r,$1,$(NEEDS_$r)),$(filter-out $1,$2) $1),$(call last,$2))
last     = $(if $1,$(call last,$(wordlist 2,$(words $1),$1)) $(if $(filter $(firstword $1),$(wordlist 2,$(words $1),$1)),,$(firstword $1)))
archives = $(foreach r,$(call below,$1),$(if $(call sources,$r),$(B)/lib/$(call slug,$r).a))
whole    = $(if $(call sources,$1),-Wl$(comma)--whole-archive $(B)/lib/$(call slug,$1).a -Wl$(comma)--no-whole-archive)
libs_of  = $(sort $(foreach r,$(call below,$1),$(LIBS_$r)))
ld_libs  = $(if $(strip $1),$(shell $(PKG) --libs $1)) -lpthread -ldl -lm
test_libs = $(if $(strip $(foreach r,$1,$(TEST_LIBS_$r))),$(shell $(PKG) --libs $(foreach r,$1,$(TEST_LIBS_$r)) 2>/dev/null))

all: $(B)/octavo

# The include firewall: a folder of links to exactly the rooms in NEEDS (and to itself).
define ROOM
build/see/$(call slug,$1)/.made: src/$1/NEEDS Makefile
	@rm -rf $$(@D) && mkdir -p $$(@D)
	@for n in $1 $(NEEDS_$1); do ln -s ../../../src/$$$$n $$(@D)/$$$$(basename $$$$n); done
	@$(if $(filter include,$(call field,$1,sees)),ln -s ../../../include/octavo.h $$(@D)/octavo.h,:)
	@touch $$@
# A test sees what it is linked with, besides what its room sees.
$(call objects,$(call tests_of,$1)): SEES := $(foreach t,$(TEST_$1),-Ibuild/see/$(call slug,$t))
$(call objects,$(call tests_of,$1)): $(foreach t,$(TEST_$1),build/see/$(call slug,$t)/.made)
$(patsubst src/%/octavo.yaml,$(B)/obj/%/$(notdir $1).o,$(wildcard src/$1/octavo.yaml)): src/$1/octavo.yaml build/pack/$(notdir $1).files
# What a shipped system has beside octavo.yaml, in its binary: path, NUL, text, NUL; an empty path at the end.
$(if $(wildcard src/$1/octavo.yaml),build/pack/$(notdir $1).files): $(wildcard src/$1/events/*.json src/$1/tests/*.jsonl)
	@mkdir -p $$(@D)
	@(for f in $$(sort $$^); do printf '%s\0' $$$${f#src/$1/} && cat $$$$f && printf '\0'; done; printf '\0') > $$@.new && mv $$@.new $$@
$(call objects,$(call sources,$1) $(call tests_of,$1)): $(B)/obj/%.o: src/%.c build/see/$(call slug,$1)/.made $(B)/flags
	@mkdir -p $$(@D)
	@$$(CC) $$(CSTD) $$(WARN) $$(CFLAGS_$(V)) $$(CFLAGS) -MMD -MP -Ibuild/see/$(call slug,$1) $$(SEES) \
	  $(if $(strip $(LIBS_$1)),$(shell $(PKG) --cflags $(LIBS_$1))) -c $$< -o $$@
$(B)/lib/$(call slug,$1).a: $(call objects,$(call sources,$1))
	@mkdir -p $$(@D) && rm -f $$@ && ar rcs $$@ $$^
$(B)/test/$(call slug,$1): $(call objects,$(call tests_of,$1)) $(B)/obj/base/test.o $(call archives,$1 $(TEST_$1))
	@mkdir -p $$(@D)
	@$$(CC) $$(LDFLAGS_$(V)) -o $$@ $(call objects,$(call tests_of,$1)) $(B)/obj/base/test.o \
	  $(if $(filter-out app,$1),$(call whole,$1)) -Wl,--start-group $(call archives,$1 $(TEST_$1)) -Wl,--end-group $(call ld_libs,$(call libs_of,$1 $(TEST_$1))) $(call test_libs,$1)
test-$(call slug,$1): $(if $(call tests_of,$1),$(B)/test/$(call slug,$1))
	@$(if $(call tests_of,$1),$(B)/test/$(call slug,$1) $$(T),echo "no unit tests in $1")
endef
$(foreach r,$(ROOMS),$(eval $(call ROOM,$r)))
$(B)/obj/app/start.o: $(wildcard src/app/start/*) include/octavo.h
$(B)/obj/runtime/openapi.o: docs/openapi/octavo.json
$(B)/obj/systems/accounts/templates.o: $(wildcard src/systems/accounts/templates/*.txt)
# What the judge loads under the files of its processes; carried inside the binary.
$(B)/layer.so: src/verify/layer/layer.c src/verify/layer.h build/see/verify-layer/.made $(B)/flags
	@$(CC) $(CSTD) $(WARN) -O2 -fPIC -fvisibility=hidden -Ibuild/see/verify-layer -shared -o $@ $<
$(B)/obj/verify/layer_image.o: $(B)/layer.so
$(B)/obj/verify/layer_image.o: SEES := -DLAYER_IMAGE='"$(B)/layer.so"'
$(B)/obj/base/test.o: src/base/test.c build/see/base/.made $(B)/flags
	@mkdir -p $(@D)
	@$(CC) $(CSTD) $(WARN) $(CFLAGS_$(V)) $(CFLAGS) -MMD -MP -Ibuild/see/base -c $< -o $@

$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(CFLAGS_$(V)) $(CFLAGS) $(WARN)' | cmp -s - $@ || echo '$(CC) $(CFLAGS_$(V)) $(CFLAGS) $(WARN)' > $@
$(B)/octavo: $(call archives,app)
	@$(CC) $(LDFLAGS_$(V)) -rdynamic -o $@ $(call whole,runtime) -Wl,--start-group $(call archives,app) -Wl,--end-group $(call ld_libs,$(call libs_of,app))
# A system as a user writes it: a shared object that sees octavo.h alone, its declaration beside it.
$(B)/reference.so: tests/reference/reference.c tests/reference/octavo.yaml include/octavo.h $(B)/flags
	@mkdir -p $(@D)
	@$(CC) $(CSTD) $(WARN) $(filter-out -fPIE,$(CFLAGS_$(V))) $(CFLAGS) -fPIC -shared -Iinclude -o $@ $<
	@cp tests/reference/octavo.yaml $(B)/reference.yaml
# A bench names its rooms in its first line as a fuzz target does; without, it is built on all of app.
define BENCH
$(B)/bench/$1: bench/$1.c $(call archives,$2) $(B)/flags $(foreach r,$2,build/see/$(call slug,$r)/.made)
	@mkdir -p $$(@D)
	@$$(CC) $$(CSTD) $$(WARN) $$(CFLAGS_$(V)) $(foreach r,$2,-Ibuild/see/$(call slug,$r)) $(shell $(PKG) --cflags rdkafka libpq 2>/dev/null) -o $$@ $$< \
	  -Wl,--start-group $(filter-out %/app.a,$(call archives,$2)) -Wl,--end-group $(call ld_libs,$(call libs_of,$2)) $(if $(filter app,$2),$(shell $(PKG) --libs libpq 2>/dev/null))
endef
bench_rooms = $(or $(shell sed -n '1s,^// rooms: *,,p' $1),app)
$(foreach f,$(wildcard bench/*.c bench/parts/*.c),$(eval $(call BENCH,$(patsubst bench/%.c,%,$f),$(call bench_rooms,$f))))
# A fuzz target names its rooms in its first line; under gcc it replays the files it is given.
define FUZZ
$(B)/fuzz/$1: fuzz/$1.c fuzz/main/replay.c fuzz/main/frames.h $(call archives,$2) $(B)/flags $(foreach r,$2,build/see/$(call slug,$r)/.made)
	@mkdir -p $$(@D)
	@$$(CC) $$(CSTD) $$(WARN) $$(CFLAGS_$(V)) $$(CFLAGS) $(foreach r,$2,-Ibuild/see/$(call slug,$r)) -o $$@ $$< \
	  $(if $(filter fuzz,$(V)),-fsanitize=fuzzer,fuzz/main/replay.c) $$(LDFLAGS_$(V)) \
	  -Wl,--start-group $(call archives,$2) -Wl,--end-group $(call ld_libs,$(call libs_of,$2)) $(call test_libs,$2)
endef
$(foreach f,$(wildcard fuzz/*.c),$(eval $(call FUZZ,$(basename $(notdir $f)),$(shell sed -n '1s,^// rooms: *,,p' $f))))
# A scenario's own program names its rooms likewise; without, the scenario compiles it by itself.
define STORY
$(B)/scenarios/$1: tests/scenarios/$1.c $(call archives,$2) $(B)/flags $(foreach r,$2,build/see/$(call slug,$r)/.made)
	@mkdir -p $$(@D)
	@$$(CC) $$(CSTD) $$(WARN) $$(CFLAGS_$(V)) $$(CFLAGS) $(foreach r,$2,-Ibuild/see/$(call slug,$r)) $(shell $(PKG) --cflags rdkafka 2>/dev/null) -o $$@ $$< \
	  $$(LDFLAGS_$(V)) -Wl,--start-group $(call archives,$2) -Wl,--end-group $(call ld_libs,$(call libs_of,$2))
endef
$(foreach f,$(shell grep -l '^// rooms:' tests/scenarios/*.c 2>/dev/null),$(eval $(call STORY,$(basename $(notdir $f)),$(shell sed -n '1s,^// rooms: *,,p' $f))))

# ---- what people type; each recipe is a script of its own under tools/
run:            ; @tools/run
test:           ; @tools/test
check:          ; @tools/check
prove:          ; @tools/prove
model:          ; @tests/model/run
sim:            ; @tools/sim
soak:           ; @tools/soak
verify:         ; @$(MAKE) --no-print-directory V=release build/release/octavo && tools/verify
mutants:        ; @MUTANTS=$${MUTANTS:-all} tools/mutants
fresh:          ; @tools/fresh
bench:          ; @tools/bench
fuzz:           ; @tools/fuzz $(T)
test-kafka:     ; @tools/test-kafka
test-clients:   ; @tools/test-clients
tsan:           ; @export TSAN_OPTIONS=atexit_sleep_ms=20; for r in base net broker-storage broker-server store-fold; do $(MAKE) -s V=tsan test-$$r || exit 1; done
map:            ; @tools/map
format:         ; clang-format-14 -i $(FORMAT)
hooks:          ; git config core.hooksPath tools/hooks
install:        ; @$(MAKE) --no-print-directory V=release && install -D -m 755 build/release/octavo $(DESTDIR)/usr/local/bin/octavo && \
                  build/release/octavo man | install -D -m 644 /dev/stdin $(DESTDIR)/usr/local/share/man/man1/octavo.1 && \
                  build/release/octavo completion bash | install -D -m 644 /dev/stdin $(DESTDIR)/usr/local/share/bash-completion/completions/octavo
clean:          ; rm -rf build
print-rooms:    ; @printf '%s\n' $(call below,app)
see:            $(foreach r,$(ROOMS),build/see/$(call slug,$r)/.made)
print-tests:    ; @echo $(words $(call tests_of,$(R)))
.PHONY: all $(scripts) see tsan format install FORCE
FORCE:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
