#include "sys/relro.h"

#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* The linker's name for the beginning of the image, where the ELF header lies. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

void relro_protect(void)
{
	const ElfW(Ehdr) *header = &__ehdr_start;
	uintptr_t base = (uintptr_t)header, page = (uintptr_t)sysconf(_SC_PAGESIZE);

	for (unsigned i = 0; i < header->e_phnum; i++) {
		const ElfW(Phdr) *p =
			(const void *)(base + header->e_phoff + i * header->e_phentsize);
		uintptr_t begin = (base + p->p_vaddr) & ~(page - 1);
		uintptr_t end = (base + p->p_vaddr + p->p_memsz) & ~(page - 1);

		/* What follows on the last page stays writable, and with it all of the page. */
		if (p->p_type == PT_GNU_RELRO && end > begin &&
			mprotect((void *)begin, end - begin, PROT_READ) != 0)
			return;
	}
}
