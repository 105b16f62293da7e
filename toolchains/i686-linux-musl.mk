# 32-bit PCs since the Pentium Pro, without SSE: old servers, industrial and thin clients.
CROSS   := i686-linux-gnu-
CC      := $(CROSS)gcc
MUSL    := yes
HEADERS := $(addprefix /usr/i686-linux-gnu/include/,asm linux asm-generic)
CPU     := -march=i686 -mno-sse -mno-mmx -fcf-protection=none
RUN     := qemu-i386 -cpu pentium2
LDFLAGS := -Wl,-z,pack-relative-relocs
BUDGET  := 544768
