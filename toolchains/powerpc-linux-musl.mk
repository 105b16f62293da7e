# Big-endian 32-bit PowerPC with a floating-point unit: network equipment, older servers and Macs. musl
# wants long double to be double, and procedure linkage without code in writable pages.
CROSS   := powerpc-linux-gnu-
CC      := $(CROSS)gcc
MUSL    := yes
HEADERS := $(addprefix /usr/powerpc-linux-gnu/include/,asm linux asm-generic)
CPU     := -mcpu=powerpc -mlong-double-64 -msecure-plt
RELRO   := 4096
RUN     := qemu-ppc -cpu 603
BUDGET  := 716800
