# 32-bit PCs since the Pentium Pro, without SSE: old servers, industrial and thin clients.
CROSS   := i686-linux-gnu-
CC      := $(CROSS)gcc
MUSL    := yes
HEADERS := $(addprefix /usr/i686-linux-gnu/include/,asm linux asm-generic)
CPU     := -march=i686 -mno-sse -mno-mmx -fcf-protection=none
# The emulator loses its way in signals that end a wait; 64-bit kernels run the unit tests themselves.
RUN     := qemu-i386 -cpu pentium2
NATIVE  := x86_64 i686
LDFLAGS := -Wl,-z,pack-relative-relocs
BUDGET  := 544768
