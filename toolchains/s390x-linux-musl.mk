# IBM Z, big-endian, since the z196.
CROSS   := $(if $(filter s390x,$(HOST)),,s390x-linux-gnu-)
CC      := $(CROSS)gcc
MUSL    := yes
HEADERS := $(addprefix $(if $(CROSS),/usr/s390x-linux-gnu/include/,/usr/include/),linux asm-generic) \
	$(if $(CROSS),/usr/s390x-linux-gnu/include/asm,/usr/include/s390x-linux-gnu/asm)
CPU     := -march=z196
RUN     := $(if $(CROSS),qemu-s390x)
BUDGET  := 630784
