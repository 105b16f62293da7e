#include "sys/trust.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "codec/der.h"
#include "codec/pem.h"
#include "sys/roots.h"

#define READ_SIZE 4096
/* PEM is decoded in steps of this many characters until the subject has come into sight, which is
   mostly after three of them; a whole certificate would be five to ten times as much work. */
#define DECODE_STEP 256

/* Bundles of Debian, Ubuntu, Alpine and OpenWrt; RHEL and its kin; SUSE; the rest. */
static const char *const system_bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"/var/lib/ca-certificates/ca-bundle.pem",
	"/etc/ssl/ca-bundle.pem",
	"/etc/ssl/cert.pem",
};

/* A visit under way. */
struct hunt {
	const struct trust_source *source;
	const struct str *subjects;
	size_t subject_count; /* 0: all certificates are wanted */
	trust_visitor *visit;
	void *context;
	struct trust_tally tally;
	bool over;    /* the visitor wants no more */
	bool matched; /* the certificate under way has the subject asked for */
	struct pem pem;
	struct buf der;
};

void trust_init(struct trust *t)
{
	*t = (struct trust){.count = 0};
}

bool trust_add(struct trust *t, enum trust_kind kind, const char *path, bool named, struct err *e)
{
	if (t->count == TRUST_SOURCES)
		return err_set(
			e, ERR_CONFIG, "more than %d sources of CA certificates", TRUST_SOURCES);
	t->sources[t->count++] = (struct trust_source){.kind = kind, .path = path, .named = named};
	return true;
}

bool trust_add_bytes(struct trust *t, const char *name, struct str bytes, struct err *e)
{
	if (!trust_add(t, TRUST_BYTES, name, true, e))
		return false;
	t->sources[t->count - 1].bytes = bytes;
	return true;
}

static bool is_usable_bundle(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
		access(path, R_OK) == 0;
}

const struct trust_source *trust_add_system(struct trust *t)
{
	enum trust_kind kind = TRUST_EMBEDDED;
	const char *path = NULL;
	struct err full;

	for (size_t i = 0; i < sizeof system_bundles / sizeof system_bundles[0]; i++) {
		if (is_usable_bundle(system_bundles[i])) {
			kind = TRUST_FILE;
			path = system_bundles[i];
			break;
		}
	}
	err_clear(&full);
	if (!trust_add(t, kind, path, false, &full))
		return NULL;
	return &t->sources[t->count - 1];
}

static bool is_wanted(const struct hunt *h, struct str subject)
{
	for (size_t i = 0; i < h->subject_count; i++) {
		if (der_name_equal(subject, h->subjects[i]))
			return true;
	}
	return h->subject_count == 0;
}

static void show(struct hunt *h, struct str der)
{
	if (!h->visit(h->context, h->source, der))
		h->over = true;
}

/*
 * The certificate under way has grown: once its subject is there, decides whether the rest is worth
 * decoding.
 */
static void look_ahead(struct hunt *h)
{
	struct der_certificate c;

	if (h->matched || h->subject_count == 0 || !h->pem.inside || h->pem.skip)
		return;
	if (!der_certificate(buf_str(&h->der), true, &c))
		return;
	h->matched = is_wanted(h, c.subject);
	if (h->matched)
		return;
	h->tally.seen++;
	pem_skip(&h->pem);
}

static void end_of_certificate(struct hunt *h)
{
	struct str der = buf_str(&h->der);
	struct der_certificate c;

	if (!der_certificate(der, false, &c)) {
		h->tally.spoilt++;
		return;
	}
	h->tally.seen++;
	if (is_wanted(h, c.subject))
		show(h, der);
}

static void feed(struct hunt *h, const char *data, size_t len)
{
	while (len > 0 && !h->over) {
		bool looking = h->subject_count > 0 && !h->matched;
		size_t step = looking && len > DECODE_STEP ? DECODE_STEP : len;
		size_t used;

		switch (pem_feed(&h->pem, data, step, &used)) {
		case PEM_MORE: look_ahead(h); break;
		case PEM_CERTIFICATE:
			end_of_certificate(h);
			h->matched = false;
			break;
		case PEM_SPOILT:
			h->tally.spoilt++;
			h->matched = false;
			break;
		}
		data += used;
		len -= used;
	}
}

static void begin_pem(struct hunt *h)
{
	buf_clear(&h->der);
	pem_init(&h->pem, &h->der);
	h->matched = false;
}

static void end_pem(struct hunt *h)
{
	if (!h->over && pem_cut(&h->pem))
		h->tally.spoilt++;
}

static void hunt_bytes(struct hunt *h)
{
	begin_pem(h);
	feed(h, h->source->bytes.p, h->source->bytes.n);
	end_pem(h);
}

/* Reads FD to its end or until the visitor has had enough; false with errno set. */
static bool stream(struct hunt *h, int fd)
{
	char data[READ_SIZE];
	size_t total = 0;

	begin_pem(h);
	while (!h->over) {
		ssize_t got = read(fd, data, sizeof data);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		if (got == 0)
			break;
		total += (size_t)got;
		if (total > LIMIT_CA_FILE) {
			errno = EFBIG;
			return false;
		}
		feed(h, data, (size_t)got);
	}
	end_pem(h);
	return true;
}

/*
 * Opens only what can be read as often as a chain needs an issuer: a pipe would be empty the second
 * time. -1 with errno set, EISDIR or EINVAL for what is no regular file.
 */
static int open_regular(int at, const char *path)
{
	int fd = openat(at, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int why = 0;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) != 0)
		why = errno;
	else if (!S_ISREG(st.st_mode))
		why = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
	if (why == 0)
		return fd;
	close(fd);
	errno = why;
	return -1;
}

static bool hunt_file(struct hunt *h)
{
	int fd = open_regular(AT_FDCWD, h->source->path);
	bool ok;
	int why;

	if (fd < 0)
		return false;
	ok = stream(h, fd);
	why = errno;
	close(fd);
	errno = why;
	return ok;
}

/* One unusable file does not make the others unusable, so failures inside are passed over. */
static bool hunt_dir(struct hunt *h)
{
	DIR *dir = opendir(h->source->path);
	const struct dirent *entry;

	if (dir == NULL)
		return false;
	while (!h->over && (entry = readdir(dir)) != NULL) {
		int fd = open_regular(dirfd(dir), entry->d_name);

		if (fd < 0)
			continue;
		if (!stream(h, fd))
			h->tally.spoilt++;
		close(fd);
	}
	closedir(dir);
	return true;
}

static void hunt_embedded(struct hunt *h)
{
	for (size_t i = 0; i < roots_count() && !h->over; i++) {
		struct str subject, spki;

		roots_get(i, &subject, &spki);
		h->tally.seen++;
		if (!is_wanted(h, subject))
			continue;
		buf_clear(&h->der);
		der_anchor(subject, spki, &h->der);
		if (!h->der.failed)
			show(h, buf_str(&h->der));
	}
}

static bool unreadable(const struct trust_source *s, int why, struct err *e)
{
	switch (why) {
	case EISDIR:
		err_set(e, ERR_CONFIG, "%s: is a directory", s->path);
		err_hint(e, "a directory of CA certificates is named by --ca-dir");
		return false;
	case EINVAL:
		return err_set(e, ERR_CONFIG,
			"%s: is not a regular file (CA certificates are read more than once)",
			s->path);
	case EFBIG:
		return err_set(e, ERR_CONFIG, "%s: longer than %u bytes", s->path, LIMIT_CA_FILE);
	default: return err_sys(e, ERR_CONFIG, why, "%s", s->path);
	}
}

static bool hunt_source(struct hunt *h, struct err *e)
{
	bool ok = true;

	switch (h->source->kind) {
	case TRUST_FILE: ok = hunt_file(h); break;
	case TRUST_DIR: ok = hunt_dir(h); break;
	case TRUST_BYTES: hunt_bytes(h); break;
	case TRUST_EMBEDDED: hunt_embedded(h); break;
	}
	return ok || !h->source->named || unreadable(h->source, errno, e);
}

bool trust_visit(const struct trust *t, const struct str *subjects, size_t count,
	trust_visitor *visit, void *context, struct trust_tally *tally, struct err *e)
{
	struct hunt h = {
		.subjects = subjects, .subject_count = count, .visit = visit, .context = context};
	bool ok = true;

	buf_init(&h.der, LIMIT_CERTIFICATE);
	for (unsigned i = 0; ok && i < t->count && !h.over; i++) {
		h.source = &t->sources[i];
		ok = hunt_source(&h, e);
	}
	buf_wipe(&h.der);
	if (tally != NULL)
		*tally = h.tally;
	return ok;
}

void trust_describe(const struct trust *t, struct buf *out)
{
	for (unsigned i = 0; i < t->count; i++) {
		if (i > 0)
			buf_add_text(out, i + 1 < t->count ? ", " : " and ");
		if (t->sources[i].kind == TRUST_EMBEDDED)
			buf_add_text(out, "the roots compiled in");
		else
			buf_add_text(out, t->sources[i].path);
	}
}
