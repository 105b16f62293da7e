# Big-endian 32-bit MIPS whose compiler checks for undefined behaviour, misalignment included, and ends
# the program at the first: for tests, where this machine forgives what others do not.
include toolchains/mips-linux-muslsf.mk
CHECKS := -fsanitize=undefined -fsanitize-undefined-trap-on-error
BUDGET := 4194304
