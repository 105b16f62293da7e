# 64-bit PCs and servers; what `make` builds on one.
CROSS   := $(if $(filter x86_64,$(HOST)),,x86_64-linux-gnu-)
CC      := $(CROSS)gcc
MUSL    := yes
HEADERS := /usr/include/x86_64-linux-gnu/asm /usr/include/linux /usr/include/asm-generic
# No control-flow marks: musl's start-up code has none, so the linker drops them all.
CPU     := -march=x86-64 -fcf-protection=none
RUN     := $(if $(filter x86_64,$(HOST)),,qemu-x86_64)
# Relative relocations as a bitmap; musl applies them itself.
LDFLAGS := -Wl,-z,pack-relative-relocs
BUDGET  := 524288
