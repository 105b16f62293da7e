# Big-endian MIPS32 release 2 without a floating-point unit: routers.
CROSS   := mips-linux-gnu-
CC      := $(CROSS)gcc
MUSL    := yes
HEADERS := $(addprefix /usr/mips-linux-gnu/include/,asm linux asm-generic)
CPU     := -EB -march=mips32r2 -mabi=32 -msoft-float
# Debian's libgcc is hard-float: its integer routines serve (the linker would warn of each), its
# floating-point ones would not.
LDFLAGS := -Wl,--no-warn-mismatch
EXTRA   := toolchains/softfloat.c
RELRO   := 4096
RUN     := qemu-mips -cpu 24Kc
ISA     := ISA: MIPS32r2
BUDGET  := 724992
