# Address and undefined-behaviour sanitizers, on this machine's libc: unit tests, replayed corpora
# and the end-to-end tests run so. The first finding ends the program.
CC    := gcc
CPU   := -Og -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
	-fno-common
