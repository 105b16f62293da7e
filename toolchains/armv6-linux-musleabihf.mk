# ARM11 with a floating-point unit: the first Raspberry Pi and Zero. Debian's hard-float libgcc is for
# ARMv7, so the compiler is the soft-float one: floating point is computed by the unit, and passed in
# integer registers, which nobody outside a static program can tell; the library keeps to the hard-float
# ABI. Thumb code as for ARMv5.
CROSS   := arm-linux-gnueabi-
CC      := $(CROSS)gcc
MUSL    := yes
HEADERS := $(addprefix /usr/arm-linux-gnueabi/include/,asm linux asm-generic)
CPU     := -march=armv6k -mfpu=vfp -mfloat-abi=softfp -marm
ABI     := -mfloat-abi=hard
CODE    := -mthumb -fno-stack-clash-protection
FAST    := aes bignum_core chacha20 ecp_curves gcm poly1305 sha256 sha512
RUN     := qemu-arm -cpu arm1176
ISA     := Tag_CPU_arch: v6(K|KZ)?
BUDGET  := 466944
