# This machine and its libc: tools that run during the build, and the tests' server.
CC     := gcc
CPU    := -O2 -g -pthread
CONFIG := tests/server/mbedtls_config.h
