# 64-bit ARM: servers, single-board computers, routers of the last ten years.
CROSS   := $(if $(filter aarch64,$(HOST)),,aarch64-linux-gnu-)
CC      := $(CROSS)gcc
MUSL    := yes
HEADERS := $(addprefix $(if $(CROSS),/usr/aarch64-linux-gnu/include/,/usr/include/),linux asm-generic) \
	$(if $(CROSS),/usr/aarch64-linux-gnu/include/asm,/usr/include/aarch64-linux-gnu/asm)
# Return addresses are signed and branch targets marked where the processor knows how.
CPU     := -march=armv8-a -mbranch-protection=standard
RELRO   := 4096
RUN     := $(if $(CROSS),qemu-aarch64)
BUDGET  := 610304
