# ARM9 without a floating-point unit: storage boxes, gateways, older routers. Thumb code is a quarter
# smaller, but has no long multiplication and few registers: arithmetic and ciphers stay ARM code. The
# compiler cannot probe the stack in Thumb code of this age.
CROSS   := arm-linux-gnueabi-
CC      := $(CROSS)gcc
MUSL    := yes
HEADERS := $(addprefix /usr/arm-linux-gnueabi/include/,asm linux asm-generic)
CPU     := -march=armv5te -mfloat-abi=soft -marm
CODE    := -mthumb -fno-stack-clash-protection
FAST    := aes bignum_core chacha20 ecp_curves gcm poly1305 sha256 sha512
RUN     := qemu-arm -cpu arm926
ISA     := Tag_CPU_arch: v5TE
BUDGET  := 466944
