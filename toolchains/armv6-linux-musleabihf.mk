# ARM11 with a floating-point unit: the first Raspberry Pi and Zero. Debian's hard-float libgcc is for
# ARMv7, so the compiler is the soft-float one: its libgcc is for ARMv5, and its helpers pass floats in
# integer registers, as the run-time ABI asks of helpers on every ARM.
CROSS   := arm-linux-gnueabi-
CC      := $(CROSS)gcc
MUSL    := yes
HEADERS := $(addprefix /usr/arm-linux-gnueabi/include/,asm linux asm-generic)
CPU     := -march=armv6k -mfpu=vfp -mfloat-abi=hard -marm
LDFLAGS := -Wl,--no-warn-mismatch
RUN     := qemu-arm -cpu arm1176
ISA     := Tag_CPU_arch: v6(K|KZ)?
BUDGET  := 598016
