/*
 * A plug-in for qemu's user emulation: counts the instructions that a program of any machine
 * executes, and the pages of 4 KiB that it touches: executes, reads or writes. Both are the
 * program's alone, the kernel's share is not in them, and both are the same on every machine.
 * Writes "INSTRUCTIONS PAGES" to the file that the argument out=FILE names.
 *
 * The interface is version 1 of qemu's, declared here as far as it is used, since distributions
 * carry no header of it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

enum { NO_REGISTERS = 0, ADD_U64 = 0, READ_AND_WRITE = 3 };

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t qemu_plugin_id_t;

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_tb_trans_cb(
	qemu_plugin_id_t id, void (*call)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_inline(
	struct qemu_plugin_tb *tb, int op, void *to, uint64_t amount);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn,
	void (*call)(unsigned vcpu, uint32_t info, uint64_t address, void *data), int flags,
	int direction, void *data);
void qemu_plugin_register_atexit_cb(
	qemu_plugin_id_t id, void (*call)(qemu_plugin_id_t id, void *data), void *data);

EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(
	qemu_plugin_id_t id, const void *info, int argument_count, char **arguments);

/* A set of page numbers plus one, so that zero is a free place. */
#define PLACES 65536

static uint64_t pages[PLACES], instructions, last;
static unsigned touched;
static const char *out;

static void touch(uint64_t address)
{
	uint64_t page = address / 4096 + 1;
	unsigned place = (unsigned)(page * 0x9E3779B97F4A7C15U >> 48) % PLACES;

	if (page == last)
		return;
	last = page;
	while (pages[place] != 0 && pages[place] != page)
		place = (place + 1) % PLACES;
	if (pages[place] == page)
		return;
	if (touched == PLACES / 2)
		abort();
	pages[place] = page;
	touched++;
}

static void accessed(unsigned vcpu, uint32_t info, uint64_t address, void *data)
{
	(void)vcpu;
	(void)info;
	(void)data;
	touch(address);
}

/* Called before a block of instructions is executed for the first time. */
static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, ADD_U64, &instructions, n);
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		touch(qemu_plugin_insn_vaddr(insn));
		qemu_plugin_register_vcpu_mem_cb(
			insn, accessed, NO_REGISTERS, READ_AND_WRITE, NULL);
	}
}

static void ended(qemu_plugin_id_t id, void *data)
{
	FILE *f = fopen(out, "w");

	(void)id;
	(void)data;
	if (f == NULL || fprintf(f, "%llu %u\n", (unsigned long long)instructions, touched) < 0 ||
		fclose(f) != 0)
		abort();
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argument_count, char **arguments)
{
	(void)info;
	if (argument_count != 1 || strncmp(arguments[0], "out=", 4) != 0)
		return -1;
	out = strdup(arguments[0] + 4);
	if (out == NULL)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, ended, NULL);
	return 0;
}
