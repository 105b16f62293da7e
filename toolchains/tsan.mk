# The thread sanitizer, on this machine's libc: for the library's handles in several threads.
CC     := gcc
CPU    := -O1 -g -fsanitize=thread -pthread
CONFIG := src/lib/mbedtls_config.h
