# Big-endian 32-bit MIPS whose compiler checks for undefined behaviour, misalignment included, and ends
# the program at the first: for tests, where this machine forgives what others do not. The link-time
# optimizer would drop the checks, and a release defines overflow, which is then nothing to check.
include toolchains/mips-linux-muslsf.mk
CHECKS := -fno-lto -fstrict-overflow -fdelete-null-pointer-checks \
	-fsanitize=undefined -fsanitize-undefined-trap-on-error
BUDGET := 4194304
