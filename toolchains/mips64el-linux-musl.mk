# Little-endian 64-bit MIPS release 2: routers with Octeon, Loongson 3.
CROSS   := mips64el-linux-gnuabi64-
CC      := $(CROSS)gcc
MUSL    := yes
HEADERS := $(addprefix /usr/mips64el-linux-gnuabi64/include/,asm linux asm-generic)
CPU     := -EL -march=mips64r2 -mabi=64
RELRO   := 4096
RUN     := qemu-mips64el -cpu MIPS64R2-generic
ISA     := ISA: MIPS64r2
BUDGET  := 733184
