# clang's libFuzzer with both sanitizers, for `make fuzz`. Objects are instrumented; the driver with
# its main() joins in at the link.
CC     := clang
CPU    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
DRIVER := -fsanitize=fuzzer
