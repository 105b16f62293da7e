# ARM9 without a floating-point unit: storage boxes, gateways, older routers.
CROSS   := arm-linux-gnueabi-
CC      := $(CROSS)gcc
MUSL    := yes
HEADERS := $(addprefix /usr/arm-linux-gnueabi/include/,asm linux asm-generic)
CPU     := -march=armv5te -mfloat-abi=soft -marm
RUN     := qemu-arm -cpu arm926
ISA     := Tag_CPU_arch: v5TE
BUDGET  := 606208
