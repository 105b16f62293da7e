# 32-bit ARM with a floating-point unit: boards and routers of the last fifteen years. Thumb-2 code
# is a quarter smaller.
CROSS   := arm-linux-gnueabihf-
CC      := $(CROSS)gcc
MUSL    := yes
HEADERS := $(addprefix /usr/arm-linux-gnueabihf/include/,asm linux asm-generic)
CPU     := -march=armv7-a -mfpu=vfpv3-d16 -mfloat-abi=hard -mthumb
RUN     := qemu-arm -cpu cortex-a8
ISA     := Tag_CPU_arch: v7
BUDGET  := 438272
