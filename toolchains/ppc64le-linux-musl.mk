# Little-endian 64-bit POWER8 and later: servers. musl wants ELFv2, and long double to be double.
CROSS   := $(if $(filter ppc64le,$(HOST)),,powerpc64le-linux-gnu-)
CC      := $(CROSS)gcc
MUSL    := yes
HEADERS := $(addprefix $(if $(CROSS),/usr/powerpc64le-linux-gnu/include/,/usr/include/),linux asm-generic) \
	$(if $(CROSS),/usr/powerpc64le-linux-gnu/include/asm,/usr/include/powerpc64le-linux-gnu/asm)
CPU     := -mcpu=power8 -mabi=elfv2 -mlong-double-64
LDFLAGS := -Wl,-z,pack-relative-relocs
RUN     := $(if $(CROSS),qemu-ppc64le)
BUDGET  := 753664
