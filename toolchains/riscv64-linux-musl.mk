# 64-bit RISC-V as distributions take it (RV64GC): new boards. Registers are saved by shared routines.
CROSS   := $(if $(filter riscv64,$(HOST)),,riscv64-linux-gnu-)
CC      := $(CROSS)gcc
MUSL    := yes
HEADERS := $(addprefix $(if $(CROSS),/usr/riscv64-linux-gnu/include/,/usr/include/),linux asm-generic) \
	$(if $(CROSS),/usr/riscv64-linux-gnu/include/asm,/usr/include/riscv64-linux-gnu/asm)
CPU     := -march=rv64gc -mabi=lp64d -msave-restore
# Of objects that are not optimized together ld counts relocations of code that it then finds empty.
LINK_TESTS := -Wl,-z,notext
RUN     := $(if $(CROSS),qemu-riscv64)
BUDGET  := 483328
