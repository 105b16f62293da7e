# sentry-scim: `make help` lists what can be made. Everything made goes to build/.
#
# A target is a file in toolchains/. What is built with toolchain T stands under build/T; the rules
# are the same for all, and the variables that T.mk sets hold for build/T/%.

HOST         := $(shell uname -m)
TARGET       ?= $(HOST)-linux-musl
PREFIX       ?= /usr/local
FUZZ_SECONDS ?= 60
export SOAK_HISTORIES ?= 1000
# What `make reproducible` builds twice and what `make dist` contains
REPRODUCIBLE ?= $(TARGET) armv7-linux-musleabihf mips-linux-muslsf
DIST         ?= $(TARGETS)
TARGETS      := $(sort $(basename $(notdir $(wildcard toolchains/*-linux-musl*.mk))))
TOOLCHAINS   := $(sort $(TARGET) $(TARGETS) asan fuzz native tsan ubsan)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.SECONDEXPANSION:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# Quiet unless V=1: a word and a file for each step.
Q   := $(if $(filter 1,$(V)),,@)
say = @$(if $Q,printf '  %-7s %s\n' $1 $@,:)

# Sources by layer, lowest first. A test of src/LAYER/NAME.c is linked with the layers named here
# for LAYER, so that it proves what the layer needs; any other test with all of them.

LAYERS      := base codec scim sys client roster cmd
uses_base   := base
uses_codec  := base codec
uses_scim   := base codec scim
uses_sys    := base codec sys
uses_client := base codec scim sys client
uses_roster := base codec scim sys client roster
uses_cmd    := $(LAYERS)
uses_       := $(LAYERS)

layer_of   = $(notdir $(patsubst %/,%,$(dir $(firstword $(wildcard $(LAYERS:%=src/%/$1.c))))))
# $(call objects,TOOLCHAIN,LAYERS), with the TLS library and the roots where sys is among them
objects    = $(patsubst %.c,build/$1/%.o,$(sort $(wildcard $(2:%=src/%/*.c)))) \
	$(if $(filter sys,$2),$(if $(ROOTS),build/$1/gen/roots_data.o) build/$1/libmbedtls.a)
test_needs = $(call objects,$1,$(uses_$(call layer_of,$2)))

# Tests by the name of what they test, and what unit tests share
UNIT  := $(sort $(patsubst tests/unit/test_%.c,%,$(wildcard tests/unit/test_*.c)))
FUZZ  := $(sort $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c)))
HELP  := $(filter-out $(UNIT:%=tests/unit/test_%.c),$(wildcard tests/unit/*.c))

# Mozilla's roots are compiled in by a tool that reads their list.
ROOTS := $(and $(wildcard src/sys/roots.c),$(wildcard third_party/mkroots.c))

# What is obtained (third_party/obtain), each known by a file that the unpacking leaves.

obtained = build/third_party/$1/.obtained
# Goals that a fresh machine begins with see to the distribution's packages first.
DEPS := $(if $(filter demo check targets targets-check boot-check dist reproducible packages,$(MAKECMDGOALS)),deps)
MBEDTLS := build/third_party/mbedtls

# The library for firmware (src/lib): the layers up to client without what is the program's alone, and
# its own build of mbedTLS. Memory, and what hooks work on, are another matter in src/lib.
LIBRARY_NOT := base/memory sys/ambient sys/console sys/digest sys/file sys/file_mode sys/heap \
	sys/net_apart sys/relro sys/secret sys/signals sys/spool
# What it defines: the functions of its header
LIBRARY_NAMES := $(shell sed -n 's/^[a-z].*[ *]\(sentryscim_[a-z]*\)[^a-z_ ;].*/\1/p' src/lib/sentryscim.h)
library_objects = $(patsubst src/%.c,build/$1/lib/src/%.o,$(filter-out $(LIBRARY_NOT:%=src/%.c),\
		$(sort $(wildcard $(foreach l,base codec scim sys client lib,src/$l/*.c))))) \
	$(MBEDTLS_CLIENT:%=build/$1/lib/mbedtls/%.o) build/$1/lib/mbedtls/threading.o \
	$(if $(ROOTS),build/$1/lib/gen/roots_data.o)

# mbedTLS file by file: what the program's configuration needs, and what the tests' adds.
MBEDTLS_CLIENT := aes aesce aesni asn1parse asn1write base64 bignum bignum_core bignum_mod \
	bignum_mod_raw block_cipher chacha20 chachapoly cipher cipher_wrap constant_time ecdh ecdsa \
	ecp ecp_curves gcm hkdf md oid pem pk pk_ecc pk_wrap pkparse platform platform_util poly1305 \
	psa_crypto psa_crypto_aead psa_crypto_cipher psa_crypto_client \
	psa_crypto_driver_wrappers_no_static psa_crypto_ecp psa_crypto_hash psa_crypto_mac \
	psa_crypto_random psa_crypto_rsa psa_crypto_slot_management psa_util rsa rsa_alt_helpers \
	sha1 sha256 sha512 ssl_ciphersuites ssl_client ssl_msg ssl_tls ssl_tls12_client ssl_tls13_client \
	ssl_tls13_generic ssl_tls13_keys version x509 x509_crt
MBEDTLS_SERVER := aria camellia ccm cmac ctr_drbg debug des dhm ecjpake entropy entropy_poll error \
	hmac_drbg md5 net_sockets nist_kw pkcs12 pkcs5 pkcs7 pkwrite psa_crypto_ffdh \
	psa_crypto_pake ripemd160 sha3 ssl_cache ssl_cookie ssl_debug_helpers_generated \
	ssl_ticket ssl_tls12_server ssl_tls13_server threading timing version_features x509_create \
	x509_crl x509_csr x509write x509write_crt x509write_csr

# Flags

WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wvla \
	-Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-align -Wformat=2 -Wundef -Werror
# Size first (link-time optimization takes off 6 %), then what makes mistakes harder to exploit. What
# -g adds goes to sentry-scim.debug. (_FORTIFY_SOURCE does nothing in musl.) A target's CODE comes behind
# for all but musl, and its CPU once more for the files of mbedTLS that are FAST.
RELEASE_FLAGS := -g -Os -flto=auto -fPIE -ffunction-sections -fdata-sections -fvisibility=hidden \
	-fno-asynchronous-unwind-tables -fno-unwind-tables -fno-ident -fno-plt \
	-fstack-protector-strong -fstack-clash-protection -ftrivial-auto-var-init=zero \
	-fno-delete-null-pointer-checks -fno-strict-overflow -fno-strict-aliasing
RELEASE_LINK := -fno-asynchronous-unwind-tables -fno-unwind-tables -ffile-prefix-map=$(CURDIR)=. -nostdlib -nostartfiles \
	-static-pie -Wl,--no-dynamic-linker,-z,text,-z,relro -Wl,-z,now,-z,noexecstack,--gc-sections,--build-id=none,--exclude-libs,ALL
# The library is linked into programs and shared objects of others, who strip it, or not.
LIBRARY_FLAGS := -Os -flto=auto -fPIC -ffile-prefix-map=$(CURDIR)=. \
	$(filter-out -g -Os -flto=auto -fPIE,$(RELEASE_FLAGS))

source_flags  = -Isrc -D_POSIX_C_SOURCE=200809L $(WARNINGS)
mbedtls_flags = -iquote . -iquote src -DMBEDTLS_CONFIG_FILE='"$(CONFIG)"' \
	-isystem $(MBEDTLS)/include -isystem $(MBEDTLS)/library
musl_flags    = -nostdinc -isystem build/$(NAME)/musl/include \
	-isystem $(shell $(CC) -print-file-name=include)
test_flags    = $(source_flags) $(mbedtls_flags) -I$(<D) -Itests \
	-isystem build/third_party/cmocka/include
cmocka_flags  = -Ibuild/third_party/cmocka/include $(patsubst %,-DHAVE_%=1,MALLOC_H INTTYPES_H \
	SIGNAL_H STRINGS_H SIGLONGJMP STRSIGNAL STRUCT_TIMESPEC CLOCK_REALTIME GCC_THREAD_LOCAL_STORAGE)
# cmocka would guess at uintptr_t; musl's ioctl() takes an int.
on_musl       = -fno-lto -D_UINTPTR_T -Wno-sign-conversion -Wno-overflow
# cmocka measures how long a test took, which nothing here reads.
no_floats     = -Ddouble=long -UHAVE_STRUCT_TIMESPEC

define compile
	$(call say,CC)
	$Qmkdir -p $(@D)
	$Q$(CC) -std=c11 $(CPU) $(FLAGS) $(SOURCE_FLAGS) -MMD -MP -c -o $@ $(or $(SOURCE),$<)
endef

define link_host
	$(call say,LINK)
	$Qmkdir -p $(@D)
	$Q$(CC) $(CPU) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(DRIVER)
endef

# Rules that every toolchain has

define toolchain
build/$1/%: NAME   := $1
build/$1/%: CC     := $(CC)
build/$1/%: CROSS  := $(CROSS)
build/$1/%: AR     := $(CROSS)$(if $(MUSL),gcc-)ar
build/$1/%: CPU    := $(CPU)
build/$1/%: CODE   := $(CODE)
$(if $(FAST),$(FAST:%=build/$1/mbedtls/%.o): CODE := $(CODE) $(CPU))
build/$1/%: CONFIG := $(or $(CONFIG),src/sys/mbedtls_config.h)
build/$1/%: FLAGS   = -ffile-prefix-map=$(CURDIR)=. $(if $(MUSL),$$(RELEASE_FLAGS) $(CHECKS) $$(musl_flags) $$(CODE))
build/$1/src/% build/$1/third_party/%: SOURCE_FLAGS = $$(source_flags)
build/$1/src/sys/%: SOURCE_FLAGS = $$(source_flags) $$(mbedtls_flags)
build/$1/tests/%:   SOURCE_FLAGS = $$(test_flags) $(if $(MUSL),$$(on_musl))
build/$1/mbedtls/%: SOURCE_FLAGS = -std=gnu11 -w $$(mbedtls_flags)
build/$1/mbedtls/%: SOURCE = $(MBEDTLS)/library/$$*.c
$(if $(CONFIG),,build/$1/mbedtls/ssl_tls.o build/$1/mbedtls/ssl_tls13_generic.o: \
	SOURCE_FLAGS = -std=gnu11 -w $$(mbedtls_flags) -DMBEDTLS_ALLOW_PRIVATE_ACCESS= -include src/sys/tls_parse.h)
build/$1/cmocka.o:  SOURCE_FLAGS = -std=gnu11 -w $$(cmocka_flags) $(if $(MUSL),$$(on_musl)) $(if $(EXTRA),$$(no_floats))
build/$1/cmocka.o:  SOURCE = build/third_party/cmocka/src/cmocka.c
build/$1/gen/% build/$1/toolchains/%: SOURCE_FLAGS = $$(source_flags) -fno-lto
build/$1/tests/fuzz/%: DRIVER := $(DRIVER)
build/$1/tests/lib/%: SOURCE_FLAGS = -Ibuild/$1 -D_POSIX_C_SOURCE=200809L $(WARNINGS) $(if $(MUSL),$$(on_musl))
build/$1/lib/%: CONFIG := src/lib/mbedtls_config.h
build/$1/lib/%: CPU := $(if $(ABI),$(filter-out -mfloat-abi=%,$(CPU)) $(ABI),$(CPU))
build/$1/lib/%: FLAGS = $$(LIBRARY_FLAGS) $(if $(MUSL),$$(musl_flags))
build/$1/lib/src/%: SOURCE_FLAGS = $$(source_flags) $$(mbedtls_flags)
build/$1/lib/gen/%: SOURCE_FLAGS = $$(source_flags)
build/$1/lib/mbedtls/%: SOURCE_FLAGS = -std=gnu11 -w $$(mbedtls_flags)
build/$1/lib/mbedtls/%: SOURCE = $(MBEDTLS)/library/$$*.c
build/$1/lib/mbedtls/ssl_tls.o build/$1/lib/mbedtls/ssl_tls13_generic.o: SOURCE_FLAGS = -std=gnu11 -w \
	$$(mbedtls_flags) -DMBEDTLS_ALLOW_PRIVATE_ACCESS= -include src/sys/tls_parse.h

# How this machine runs it, also where none is needed: some measurements are the emulator's.
run_$1   := $(or $(RUN),qemu-$(HOST))
needs_$1 := Makefile toolchains/$1.mk $(if $(MUSL),build/$1/musl/lib/libc.a) $(if $(RELRO),build/$1/layout.ld)

build/$1/src/sys/%.o: src/sys/%.c $$$$(needs_$1) $(call obtained,mbedtls)
	$$(compile)
build/$1/src/%.o: src/%.c $$$$(needs_$1)
	$$(compile)
build/$1/gen/%.o: build/gen/%.c $$$$(needs_$1)
	$$(compile)
build/$1/tests/%.o: tests/%.c $$$$(needs_$1) $(call obtained,mbedtls) $(call obtained,cmocka)
	$$(compile)
build/$1/toolchains/%.o: toolchains/%.c $$$$(needs_$1)
	$$(compile)
build/$1/third_party/%.o: third_party/%.c $$$$(needs_$1)
	$$(compile)
build/$1/cmocka.o: $(call obtained,cmocka) $$$$(needs_$1)
	$$(compile)
build/$1/mbedtls/%.o: $(call obtained,mbedtls) $(or $(CONFIG),src/sys/mbedtls_config.h) $$$$(needs_$1)
	$$(compile)
build/$1/lib/src/%.o: src/%.c $$$$(needs_$1) $(call obtained,mbedtls)
	$$(compile)
build/$1/lib/gen/%.o: build/gen/%.c $$$$(needs_$1)
	$$(compile)
build/$1/lib/mbedtls/%.o: $(call obtained,mbedtls) src/lib/mbedtls_config.h src/sys/mbedtls_config.h \
		$$$$(needs_$1)
	$$(compile)
build/$1/lib/sentryscim.o: $(call library_objects,$1)
	$$(call say,LIB)
	$$Q$$(CC) $$(CPU) $$(LIBRARY_FLAGS) -r -flinker-output=nolto-rel -nostdlib -o $$@.all $$^ \
		-Wl,--gc-sections $$(LIBRARY_NAMES:%=-Wl,-u,%)
	$$Q$(CROSS)objcopy --strip-debug --wildcard --keep-global-symbol='sentryscim_*' $$@.all $$@
	$$Qrm -f $$@.all
build/$1/libsentryscim.a: build/$1/lib/sentryscim.o
	$$(call say,AR)
	$$Qrm -f $$@
	$$Q$$(AR) rcsD $$@ $$^
build/$1/sentryscim.h: src/lib/sentryscim.h
	$$(call say,COPY)
	$$Qmkdir -p $$(@D)
	$$Qcp $$< $$@
build/$1/tests/lib/%.o: tests/lib/%.c build/$1/sentryscim.h $$$$(needs_$1)
	$$(compile)
build/$1/tests/lib/%: build/$1/tests/lib/%.o build/$1/libsentryscim.a $(EXTRA:%.c=build/$1/%.o)
	$$(link_$(if $(MUSL),musl,host))
build/$1/libmbedtls.a: $(patsubst %,build/$1/mbedtls/%.o,$(MBEDTLS_CLIENT) $(if $(CONFIG),$(MBEDTLS_SERVER)))
	$$(call say,AR)
	$$Qrm -f $$@
	$$Q$$(AR) rcsD $$@ $$^
endef

# A release toolchain links against musl, true static PIE by hand: what Debian's musl-gcc makes of
# -static-pie is a dynamic program.
define release
build/$1/tests/%: LINK_TESTS := $(LINK_TESTS)
build/$1/%: LINK_FLAGS := $(RELEASE_LINK) $(if $(RELRO),-T build/$1/layout.ld) $(LDFLAGS)
build/$1/sentry-scim: BUDGET := $(BUDGET)
build/$1/sentry-scim: ISA    := $(ISA)
build/$1/%: RUN := $(RUN)

build/$1/layout.ld: toolchains/layout toolchains/$1.mk
	$$(call say,GEN)
	$$Qmkdir -p $$(@D)
	$$Qtoolchains/layout '$(RELRO)' $$(CC) $$(CPU) $(RELEASE_LINK) >$$@

build/$1/musl/lib/libc.a: $(call obtained,musl) toolchains/$1.mk
	$$(call say,MUSL)
	$$Qrm -rf build/$1/musl && mkdir -p build/$1/musl/objects
	$$Qcd build/$1/musl/objects && CC='$$(CC)' CROSS_COMPILE='$$(CROSS)' \
		CFLAGS='$$(CPU) -Os -fPIE -fno-ident -ffile-prefix-map=$$(CURDIR)=.' \
		$$(CURDIR)/build/third_party/musl/configure --prefix=$$(CURDIR)/build/$1/musl \
		--disable-shared --disable-gcc-wrapper >configure.log
	$$Q$$(MAKE) -s -C build/$1/musl/objects install-libs install-headers >build/$1/musl/make.log 2>&1
	$$Qln -sfn $(HEADERS) build/$1/musl/include/
	$$Qrm -rf build/$1/musl/objects && touch $$@

build/$1/sentry-scim: $(call objects,$1,$(LAYERS)) build/$1/src/main.o $(EXTRA:%.c=build/$1/%.o) toolchains/gate
	$$(link_musl)
	$$Q$$(CROSS)objcopy --only-keep-debug $$@ $$@.debug
	$$Q$$(CROSS)strip -R .comment $$@
	$$Qtoolchains/gate '$$(CROSS)' $$@ $$(BUDGET) '$$(filter %/roots_data.o,$$^)' '$$(ISA)'
# The program as a command of this machine, by qemu where it is another's
build/$1/run: build/$1/sentry-scim
	$$Qprintf '#!/bin/sh\nexec %s "$$$${0%%/*}/sentry-scim" "$$$$@"\n' '$(RUN)' >$$@
	$$Qchmod +x $$@
build/$1/tests/bench/%: build/$1/tests/bench/%.o build/$1/libmbedtls.a $(EXTRA:%.c=build/$1/%.o)
	$$(link_musl)

build/$1/tests/boot/init: build/$1/tests/boot/init.o $(EXTRA:%.c=build/$1/%.o)
	$$(link_musl)

# Unit tests of what this compiler made: each layer optimized as a whole, once, for all of them.
$(LAYERS:%=build/$1/layer/%.o): build/$1/layer/%.o: $$$$(call objects,$1,$$$$*)
	$$(link_layer)
$(UNIT:%=build/$1/tests/unit/test_%): build/$1/tests/unit/test_%: build/$1/tests/unit/test_%.o \
		$(HELP:%.c=build/$1/%.o) build/$1/cmocka.o $(EXTRA:%.c=build/$1/%.o) \
		$$$$(addprefix build/$1/layer/,$$$$(addsuffix .o,$$$$(uses_$$$$(call layer_of,$$$$*))))
	$$(link_musl)
$(UNIT:%=build/check/$1/unit-%.tap): build/check/$1/unit-%.tap: build/$1/tests/unit/test_% FORCE
	$Qtests/tap $$@ env CMOCKA_MESSAGE_OUTPUT=TAP \
		$(if $(filter $(NATIVE),$(HOST)),,$(if $(RUN),EMULATED=yes) $(RUN)) $$<
build/check/$1/cli.tap: build/$1/run build/local-sentry FORCE
	$Qtests/tap $$@ env SENTRY_SCIM=$$< tests/cli/run everywhere
endef

define link_musl
	$(call say,LINK)
	$Q$(CC) $(CPU) $(CODE) $(LINK_FLAGS) $(LINK_TESTS) -o $@ $(patsubst %,build/$(NAME)/musl/lib/%,rcrt1.o crti.o) \
		$(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) build/$(NAME)/musl/lib/libc.a \
		$(shell $(CC) -print-libgcc-file-name) -Wl,--end-group build/$(NAME)/musl/lib/crtn.o
endef

# The objects of a layer as one, without what only the link-time optimizer can read
define link_layer
	$(call say,LAYER)
	$Qmkdir -p $(@D)
	$Q$(CC) $(CPU) $(CODE) -Os -r -flinker-output=nolto-rel -nostdlib -o $@ $(filter %.o,$^) \
		-Wl,--whole-archive $(filter %.a,$^) -Wl,--no-whole-archive
endef

TOOLCHAIN_VARIABLES := CC CROSS CPU CODE FAST ABI RELRO NATIVE LINK_TESTS CONFIG MUSL HEADERS LDFLAGS EXTRA RUN BUDGET DRIVER ISA CHECKS
$(foreach t,$(TOOLCHAINS),\
	$(foreach v,$(TOOLCHAIN_VARIABLES),$(eval $v :=))\
	$(eval include toolchains/$t.mk)$(eval $(call toolchain,$t))$(if $(MUSL),$(eval $(call release,$t))))

# What is made

all: build/sentry-scim ## the program for TARGET, by default this machine: build/sentry-scim
ifneq ($(TARGET),$(HOST)-linux-musl)
all: build/$(TARGET)/sentry-scim
.PHONY: build/sentry-scim
build/sentry-scim: ;
else
build/sentry-scim: build/$(TARGET)/sentry-scim
	$(call say,COPY)
	$Qcp $< $@
endif

lib: build/$(TARGET)/libsentryscim.a build/$(TARGET)/sentryscim.h ## the client as a library for TARGET: libsentryscim.a, sentryscim.h

build/asan/sentry-scim: $(call objects,asan,$(LAYERS)) build/asan/src/main.o
	$(link_host)

targets: $(TARGETS:%=build/%/run) ## the program for every target: build/TARGET/sentry-scim

server: build/local-sentry ## the local Sentry, for tests and for development against it
build/local-sentry: $(patsubst %.c,build/native/%.o,$(sort $(wildcard tests/server/*.c))) \
		$(call objects,native,base codec) build/native/libmbedtls.a
	$(link_host)

build/native/tests/bench/journal_fill: build/native/tests/bench/journal_fill.o $(call objects,native,base codec)
	$(link_host)

build/gen/roots_data.c: build/native/mkroots $(call obtained,mozilla-ca)
	$(call say,GEN)
	$Qmkdir -p $(@D)
	$Qbuild/native/mkroots build/third_party/mozilla-ca/certdata.txt \
		$$(sed -n 's/^date  *//p' third_party/mozilla-ca.mf) >$@
build/native/third_party/mkroots.o: SOURCE_FLAGS = $(source_flags)
build/native/third_party/mkroots.o: third_party/mkroots.c $(needs_native)
	$(compile)
build/native/mkroots: build/native/third_party/mkroots.o $(call objects,native,base codec)
	$(link_host)

# Named one by one: a file that only a pattern could make is no reason for make to choose the rule that
# needs it.
$(patsubst third_party/%.mf,build/third_party/%/.obtained,$(wildcard third_party/*.mf)): \
		build/third_party/%/.obtained: third_party/%.mf third_party/obtain | $(DEPS)
	$Qthird_party/obtain $*
	$Qtouch $@

BOOT := x86_64-linux-musl armv7-linux-musleabihf mipsel-linux-muslsf
boot-check: $(BOOT:%=build/%/sentry-scim) $(BOOT:%=build/%/tests/boot/init) build/local-sentry
	$Qtests/tap build/check/boot.tap tests/boot/run
	$Qtests/tally build/check/boot.tap
boot-check: ## the program alone on whole machines, with the distribution's kernels and no other file

reproducible: $(patsubst %,build/third_party/%/.obtained,musl mbedtls mozilla-ca) ## builds twice in different surroundings and compares; REPRODUCIBLE=all for every target
	$Qtests/tap build/check/reproducible.tap tests/build/reproducible \
		$(if $(filter all,$(REPRODUCIBLE)),$(TARGETS),$(sort $(REPRODUCIBLE)))
	$Qtests/tally build/check/reproducible.tap

dist: $(DIST:%=build/%/run) ## a release in build/dist: source, programs, manual, SBOM, SHA256SUMS; SIGN_KEY=
	$Qtoolchains/dist build/dist $(DIST)

packages: all build/local-sentry ## the recipes in toolchains/packages, each package built and looked into
	$Qtests/tap build/check/packages.tap tests/build/packages
	$Qtests/tally build/check/packages.tap

install: all build/$(TARGET)/run ## into DESTDIR and PREFIX (/usr/local), with manual and completions
	install -D -m 755 build/$(TARGET)/sentry-scim $(DESTDIR)$(PREFIX)/bin/sentry-scim
	build/$(TARGET)/run man >build/sentry-scim.1
	install -D -m 644 build/sentry-scim.1 $(DESTDIR)$(PREFIX)/share/man/man1/sentry-scim.1
	build/$(TARGET)/run completion bash >build/sentry-scim.bash
	install -D -m 644 build/sentry-scim.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/sentry-scim
	build/$(TARGET)/run completion zsh >build/_sentry-scim
	install -D -m 644 build/_sentry-scim $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_sentry-scim
	build/$(TARGET)/run completion fish >build/sentry-scim.fish
	install -D -m 644 build/sentry-scim.fish \
		$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/sentry-scim.fish

install-lib: lib ## the library, its header and sentryscim.pc, as `install` does
	install -D -m 644 build/$(TARGET)/libsentryscim.a $(DESTDIR)$(PREFIX)/lib/libsentryscim.a
	install -D -m 644 build/$(TARGET)/sentryscim.h $(DESTDIR)$(PREFIX)/include/sentryscim.h
	sed -n 's/^#define SENTRY_SCIM_VERSION "\(.*\)"/Version: \1/p' src/base/version.h | \
		cat toolchains/sentryscim.pc - | sed 's|@PREFIX@|$(PREFIX)|' >build/$(TARGET)/sentryscim.pc
	install -D -m 644 build/$(TARGET)/sentryscim.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig/sentryscim.pc

# Tests. Each writes TAP to build/check; tests/tally adds up.

$(UNIT:%=build/asan/tests/unit/test_%): build/asan/tests/unit/test_%: build/asan/tests/unit/test_%.o \
		$(HELP:%.c=build/asan/%.o) build/asan/cmocka.o $$(call test_needs,asan,$$*)
	$(link_host)
$(FUZZ:%=build/asan/tests/fuzz/fuzz_%): build/asan/tests/fuzz/fuzz_%: build/asan/tests/fuzz/fuzz_%.o \
		build/asan/tests/fuzz/replay.o $$(call test_needs,asan,$$*)
	$(link_host)
$(FUZZ:%=build/fuzz/tests/fuzz/fuzz_%): build/fuzz/tests/fuzz/fuzz_%: build/fuzz/tests/fuzz/fuzz_%.o \
		$$(call test_needs,fuzz,$$*)
	$(link_host)

UNIT_TAP  := $(UNIT:%=build/check/unit-%.tap)
FUZZ_TAP  := $(FUZZ:%=build/check/fuzz-%.tap)
LINT_TAP  := $(patsubst tests/lint/%.sh,build/check/lint-%.tap,$(wildcard tests/lint/*.sh))
BUILD_TAP := $(patsubst tests/build/%.sh,build/check/build-%.tap,$(wildcard tests/build/test_*.sh))
CLI_TAP   := $(if $(wildcard tests/cli/run),build/check/cli.tap)

$(UNIT_TAP): build/check/unit-%.tap: build/asan/tests/unit/test_% FORCE
	$Qtests/tap $@ env CMOCKA_MESSAGE_OUTPUT=TAP $<
$(FUZZ_TAP): build/check/fuzz-%.tap: build/asan/tests/fuzz/fuzz_% FORCE
	$Qtests/tap $@ $< $(wildcard tests/fuzz/corpus/$* tests/corpora)
$(LINT_TAP): build/check/lint-%.tap: tests/lint/%.sh FORCE
	$Qtests/tap $@ $<
build/check/build-test_packages.tap: build/sentry-scim build/local-sentry
$(BUILD_TAP): build/check/build-%.tap: tests/build/%.sh FORCE
	$Qtests/tap $@ $<
build/check/cli.tap: build/sentry-scim build/asan/sentry-scim build/local-sentry FORCE
	$Qtests/tap $@ tests/cli/run

build/check/lib.tap: build/$(TARGET)/libsentryscim.a build/$(TARGET)/tests/lib/example build/native/tests/lib/example \
		build/asan/tests/lib/options build/asan/tests/lib/starved build/tsan/tests/lib/threads \
		build/local-sentry FORCE
	$Qtests/tap $@ env TARGET=$(TARGET) tests/lib/run

build/check/target.tap: build/$(TARGET)/run build/local-sentry FORCE
	$Qtests/tap $@ env SENTRY_SCIM=$< tests/cli/run member exactly_once tls team

EVERY_TAP := $(foreach t,$(TARGETS) ubsan,$(UNIT:%=build/check/$t/unit-%.tap) build/check/$t/cli.tap)

check: $(UNIT_TAP) $(FUZZ_TAP) $(LINT_TAP) $(BUILD_TAP) $(CLI_TAP) build/check/lib.tap ## everything below down to lint
check-unit: $(UNIT_TAP) ## unit tests, under the sanitizers
check-fuzz: $(FUZZ_TAP) ## the corpora replayed through each parser, under the sanitizers
check-build: $(BUILD_TAP) ## the build's own scripts
check-cli: $(CLI_TAP) ## the program end to end against the local Sentry
check-lib: build/check/lib.tap ## the library, linked into programs, against the local Sentry
check-target: build/check/target.tap ## creating a member end to end, by TARGET's program
targets-check: $(EVERY_TAP) targets-table ## for each target, under an emulator: unit tests, create, list, roster; takes long
lint: $(LINT_TAP) ## layers, headers, banned calls, layout
check check-unit check-fuzz check-build check-cli check-lib check-target targets-check lint:
	$Qtests/tally $(filter %.tap,$^)

targets-table: $(TARGETS:%=build/%/sentry-scim) build/native/count.so build/local-sentry $(EVERY_TAP)
	$Qtests/target/table README.md build/native/count.so $(foreach t,$(TARGETS),'$t=$(run_$t)')
build/native/count.so: tests/target/count.c Makefile
	$(call say,LINK)
	$Qmkdir -p $(@D)
	$Qgcc -std=c11 $(source_flags) -O2 -fPIC -shared -fvisibility=hidden -o $@ $<

fuzz: $(FUZZ:%=build/fuzz/tests/fuzz/fuzz_%) ## libFuzzer, FUZZ_SECONDS for each parser
	$Qset -e; for n in $(FUZZ); do \
		mkdir -p build/fuzz/corpus/$$n build/fuzz/found; \
		build/fuzz/tests/fuzz/fuzz_$$n -max_total_time=$(FUZZ_SECONDS) -timeout=10 \
			-artifact_prefix=build/fuzz/found/$$n- build/fuzz/corpus/$$n \
			$$(for d in tests/fuzz/corpus/$$n tests/corpora; do [ ! -d $$d ] || echo $$d; done); \
	done

interop: build/sentry-scim build/local-sentry
	$Qmkdir -p build/check
	$Qtests/interop/run | tee build/check/interop.tap
	$Qtests/tally build/check/interop.tap
soak: build/sentry-scim build/asan/sentry-scim build/local-sentry
	$Qmkdir -p build/check
	$Qtests/soak/run | tee build/check/soak.tap
	$Qtests/tally build/check/soak.tap
bench: build/sentry-scim build/local-sentry build/native/tests/bench/journal_fill \
		$(patsubst %.c,build/$(TARGET)/%,$(wildcard tests/bench/floor.c))
	$Qtests/bench/run
soak: ## rosters imported and applied, killed at every call, cut at every byte, in SOAK_HISTORIES (1000) storms
interop: ## against servers, proxies and networks that others made
bench: ## size, memory, instructions and time, beside curl and a bare mbedTLS program
demo: build/sentry-scim build/local-sentry ## creates a member at a local Sentry over verified TLS
	$Qtests/demo

deps: ## installs what `make check` needs, as root; else says what to type
	$Qthird_party/deps $(if $(filter targets targets-check boot-check dist reproducible,$(MAKECMDGOALS)),targets) \
		$(filter packages,$(MAKECMDGOALS))

format: ## applies .clang-format
	clang-format-14 -i $(wildcard src/*/*.[ch] src/*.c tests/*/*.[ch] third_party/*.c toolchains/*.c)

clean: ## removes what was built, keeps what was obtained
	rm -rf $(filter-out build/third_party,$(wildcard build/*))

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "  make %-13s %s\n", $$1, $$2 }'
	@echo "  TARGET=T     $(sort $(basename $(notdir $(wildcard toolchains/*musl*.mk))))"
	@echo "  V=1          shows the commands"

FORCE:
.PHONY: all lib server install install-lib check check-unit check-fuzz check-build check-cli check-lib check-target lint fuzz interop \
	soak targets targets-check targets-table boot-check reproducible dist packages bench demo deps format \
	clean help FORCE

-include $(wildcard build/*/src/*.d build/*/src/*/*.d build/*/lib/src/*/*.d build/*/lib/gen/*.d build/*/gen/*.d build/*/tests/*/*.d \
	build/*/third_party/*.d)
