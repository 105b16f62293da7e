#define _GNU_SOURCE /* F_OFD_SETLK */

#include "roster/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/version.h"
#include "codec/hex.h"
#include "codec/journal_record.h"
#include "codec/url.h"
#include "sys/digest.h"
#include "sys/entropy.h"
#include "sys/file.h"

#define READ_SIZE (64u * 1024u)
/* Records are written out when so many bytes wait, synced only by journal_sync(). */
#define PENDING_MAX (64u * 1024u)
/* Hex digits of a member's or server's digest: 64 bits tell them apart. */
#define SHORT_DIGITS 16

struct journal {
	int fd;
	struct journal_options options;
	struct journal_subject subject;
	uint8_t run[JOURNAL_RUN_ID];
	uint64_t seq;       /* of the last record */
	uint8_t *states;    /* owned: one enum journal_state a row */
	bool complete;      /* the last record is an end */
	bool failed;        /* an error of writing or syncing is final */
	bool unsynced;      /* written since the last sync */
	struct buf pending; /* owned: records not written yet */
	char path[];        /* for messages */
};

static const char *const state_names[] = {
	[JOURNAL_UNTOUCHED] = "untouched",
	[JOURNAL_INTENT] = "intent",
	[JOURNAL_CREATED] = "created",
	[JOURNAL_EXISTS] = "exists",
	[JOURNAL_UPDATED] = "updated",
	[JOURNAL_UNCHANGED] = "unchanged",
	[JOURNAL_REMOVED] = "removed",
	[JOURNAL_FAILED] = "failed",
	[JOURNAL_UNKNOWN] = "unknown",
};
#define STATES (sizeof(state_names) / sizeof(state_names[0]))

const char *journal_state_name(enum journal_state state)
{
	return state_names[state];
}

static bool state_of(struct str name, enum journal_state *out)
{
	unsigned i;

	for (i = JOURNAL_CREATED; i < STATES; i++)
		if (str_is(name, state_names[i])) {
			*out = (enum journal_state)i;
			return true;
		}
	return false;
}

/* ---- the head ---- */

static bool add_short_digest(struct str salt, struct str text, struct buf *out)
{
	uint8_t digest[DIGEST_BYTES];
	struct digest *d = digest_new();

	if (d == NULL)
		return false;
	digest_add(d, salt.p, salt.n);
	digest_add(d, text.p, text.n);
	digest_end(d, digest);
	hex_write(digest, SHORT_DIGITS / 2, out);
	return true;
}

/* "action,roster,server": what must be the same for a journal to be gone on with. */
static bool add_subject(const struct journal_subject *s, struct buf *out)
{
	buf_addf(out, "%s,", s->action);
	hex_write(s->roster, JOURNAL_DIGEST, out);
	buf_add_char(out, ',');
	return add_short_digest(str_of("server"), s->server, out);
}

static bool write_head(struct journal *j, struct buf *line)
{
	struct buf who, data;
	struct journal_record r = {.seq = 1, .type = 'H', .row = j->subject.rows};
	bool ok;

	buf_init(&who, JOURNAL_RECORD_MAX);
	buf_init(&data, JOURNAL_RECORD_MAX);
	hex_write(j->run, JOURNAL_RUN_ID, &who);
	ok = add_subject(&j->subject, &data);
	buf_addf(&data, ",sentry-scim/%s", SENTRY_SCIM_VERSION);
	r.who = buf_str(&who);
	r.data = buf_str(&data);
	ok = ok && !who.failed && !data.failed && journal_record_write(&r, j->run, line);
	buf_wipe(&who);
	buf_wipe(&data);
	return ok;
}

struct load {
	struct journal *j;
	uint64_t line;     /* lines seen */
	uint64_t good_end; /* offset behind the last good record */
	uint64_t bad_line; /* the first that is broken, 0: none */
	bool of_another;   /* it is the journal of another roster, and may give way */
	uint64_t rows;     /* of its own roster */
};

static bool is_of_another(const struct journal *j, const char *what, struct err *e)
{
	err_set(e, ERR_CONFIG, "%s is the journal of another %s", j->path, what);
	err_hint(e, "finish that run, or name another journal with --journal");
	return false;
}

/* Whether the head R is about the same action, roster and server; or about another roster, where
   that may turn out to be no matter. */
static bool same_subject(struct load *l, const struct journal_record *r, struct err *e)
{
	static const char *const what[] = {"action", "roster", "server"};
	struct journal *j = l->j;
	struct buf mine;
	struct str theirs = r->data, ours, a, b;
	unsigned i;
	bool ok = true;

	buf_init(&mine, JOURNAL_RECORD_MAX);
	if (!add_subject(&j->subject, &mine) || mine.failed) {
		buf_wipe(&mine);
		return err_memory(e, "the journal");
	}
	ours = buf_str(&mine);
	for (i = 0; i < 3 && ok; i++) {
		str_cut(ours, ',', &a, &ours);
		str_cut(theirs, ',', &b, &theirs);
		if (str_equal(a, b) && (i != 1 || r->row == j->subject.rows))
			continue;
		l->of_another = i == 1 && j->options.renew_other;
		ok = l->of_another || is_of_another(j, what[i], e);
	}
	buf_wipe(&mine);
	l->rows = r->row;
	return ok;
}

/* ---- loading ---- */

static bool damaged(const struct load *l, struct err *e)
{
	err_set(e, ERR_CONFIG, "%s:%llu: the journal is damaged", l->j->path,
		(unsigned long long)(l->bad_line != 0 ? l->bad_line : l->line));
	err_hint(e,
		"what it says cannot be believed; move it away, and the next run asks the server "
		"about every row");
	return false;
}

static bool take_head(struct load *l, struct str line, struct err *e)
{
	struct journal_record r;
	struct str rest = line, word;
	unsigned i;

	/* The run's id, which every check sum needs, stands in the head itself. */
	for (i = 0; i < 3; i++)
		str_cut(rest, ' ', &word, &rest);
	str_cut(rest, ' ', &word, &rest);
	if (!hex_read(word, l->j->run, JOURNAL_RUN_ID) ||
		!journal_record_read(line, l->j->run, &r) || r.type != 'H' || r.seq != 1)
		return false;
	l->j->seq = 1;
	return same_subject(l, &r, e);
}

/* Believes R, or finds that it cannot be. */
static bool take_record(struct load *l, const struct journal_record *r)
{
	struct journal *j = l->j;
	enum journal_state state = JOURNAL_INTENT;
	struct str name, rest;

	if (r->seq != j->seq + 1)
		return false;
	if (r->type == 'R') {
		str_cut(r->data, ',', &name, &rest);
		if (!state_of(name, &state))
			return false;
	} else if (r->type != 'I' && r->type != 'E') {
		return false;
	}
	if (r->type != 'E') {
		if (r->row > l->rows)
			return false;
		if (!l->of_another)
			j->states[r->row] = (uint8_t)state;
	}
	j->complete = r->type == 'E';
	j->seq = r->seq;
	return true;
}

static bool take_line(struct load *l, struct str line, uint64_t end, struct err *e)
{
	struct journal_record r;

	l->line++;
	if (l->line == 1) {
		if (take_head(l, line, e)) {
			l->good_end = end;
			return true;
		}
		l->bad_line = 1;
		return e->kind == ERR_NONE;
	}
	if (!journal_record_read(line, l->j->run, &r)) {
		if (l->bad_line == 0)
			l->bad_line = l->line;
		return true;
	}
	/* A good record behind a broken one is no torn end. */
	if (l->bad_line != 0 || !take_record(l, &r))
		return damaged(l, e);
	l->good_end = end;
	return true;
}

/* Reads all of the file, in pieces. */
static bool read_all(struct load *l, struct err *e)
{
	struct buf window;
	uint64_t offset = 0;
	bool ok = true;

	buf_init(&window, READ_SIZE + JOURNAL_RECORD_MAX);
	while (ok) {
		char *room = buf_room(&window, READ_SIZE - window.len);
		ssize_t n = room == NULL ? 0 : read(l->j->fd, room, READ_SIZE - window.len);
		struct str rest, line, next;

		if (room == NULL)
			ok = err_memory(e, "reading the journal");
		else if (n < 0 && errno != EINTR)
			ok = err_sys(e, ERR_SYSTEM, errno, "%s", l->j->path);
		if (!ok || n == 0)
			break;
		if (n < 0)
			continue;
		buf_grew(&window, (size_t)n);
		rest = buf_str(&window);
		while (ok && str_cut(rest, '\n', &line, &next)) {
			offset += line.n + 1;
			rest = next;
			ok = take_line(l, line, offset, e);
		}
		/* No record is as long as what is left without a line end: it is none. */
		if (rest.n > JOURNAL_RECORD_MAX) {
			l->bad_line = l->bad_line != 0 ? l->bad_line : l->line + 1;
			offset += rest.n - JOURNAL_RECORD_MAX;
			rest = str_skip(rest, rest.n - JOURNAL_RECORD_MAX);
		}
		buf_drop(&window, window.len - rest.n);
	}
	buf_wipe(&window);
	return ok;
}

static bool cut_torn_end(struct load *l, struct err *e)
{
	struct journal *j = l->j;
	struct stat st;

	if (l->good_end == 0)
		return damaged(l, e); /* no head: never a journal of ours */
	if (fstat(j->fd, &st) != 0)
		return err_sys(e, ERR_SYSTEM, errno, "%s", j->path);
	if ((uint64_t)st.st_size == l->good_end)
		return true;
	log_line(j->options.log, LOG_NOTE, "%s ends in a torn record, which is cut off", j->path);
	if (ftruncate(j->fd, (off_t)l->good_end) != 0 || fdatasync(j->fd) != 0)
		return err_sys(e, ERR_SYSTEM, errno, "%s", j->path);
	return true;
}

/* ---- opening ---- */

static bool sync_directory(const char *path)
{
	struct str folder, name;
	char text[4096];
	int fd;
	bool ok;

	if (!str_cut_last(str_of(path), '/', &folder, &name))
		snprintf(text, sizeof(text), ".");
	else if (folder.n >= sizeof(text))
		return false;
	else
		snprintf(text, sizeof(text), "%.*s/", STR_ARG(folder));
	fd = open(text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	/* Some file systems cannot sync a directory; they have no need to. */
	ok = fsync(fd) == 0 || errno == EINVAL;
	close(fd);
	return ok;
}

static bool write_new(struct journal *j, const char *temporary)
{
	struct buf line;
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool ok;

	if (fd < 0)
		return false;
	buf_init(&line, JOURNAL_RECORD_MAX);
	ok = entropy_get(j->run, sizeof(j->run)) && write_head(j, &line) &&
		file_write_all(fd, line.data, line.len) && fsync(fd) == 0;
	buf_wipe(&line);
	return close(fd) == 0 && ok;
}

/* The head is whole before the journal has its name, and no other journal is replaced but one that
   is to be renewed. */
static bool create(struct journal *j, bool replace, struct err *e)
{
	/* Two runs that begin together must not write into one file. */
	size_t size = strlen(j->path) + sizeof(".4294967295.new");
	char *temporary = malloc(size);
	bool ok;
	int number;

	if (temporary == NULL)
		return err_memory(e, "the journal");
	snprintf(temporary, size, "%s.%u.new", j->path, (unsigned)getpid());
	errno = 0;
	ok = write_new(j, temporary);
	if (ok && (replace || link(temporary, j->path) != 0))
		/* Without hard links (FAT) a rename has to do. */
		ok = (!replace && errno == EEXIST) || rename(temporary, j->path) == 0;
	ok = ok && sync_directory(j->path);
	number = errno;
	unlink(temporary);
	free(temporary);
	return ok || err_sys(e, ERR_SYSTEM, number, "the journal %s", j->path);
}

static bool try_open(struct journal *j)
{
	j->fd = open(j->path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	return j->fd >= 0;
}

static bool lock(struct journal *j, struct err *e)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(j->fd, F_OFD_SETLK, &whole) == 0 ||
		(errno == EINVAL && fcntl(j->fd, F_SETLK, &whole) == 0))
		return true;
	if (errno == EAGAIN || errno == EACCES)
		return err_set(e, ERR_CONFIG, "another run is using the journal %s", j->path);
	return err_sys(e, ERR_SYSTEM, errno, "locking %s", j->path);
}

static bool check_file(struct journal *j, struct err *e)
{
	struct stat st;

	if (fstat(j->fd, &st) != 0)
		return err_sys(e, ERR_SYSTEM, errno, "%s", j->path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_CONFIG, "the journal %s is no regular file", j->path);
	if (st.st_uid != geteuid())
		return err_set(e, ERR_CONFIG, "the journal %s belongs to another user", j->path);
	return true;
}

/* Another run may have renewed the journal between opening and locking: then what is locked here
   has no name any more, and would be lost with all that is written to it. */
static bool is_current(const struct journal *j, struct err *e)
{
	struct stat mine, named;

	if (fstat(j->fd, &mine) != 0 || lstat(j->path, &named) != 0)
		return err_sys(e, ERR_SYSTEM, errno, "%s", j->path);
	if (mine.st_dev == named.st_dev && mine.st_ino == named.st_ino)
		return true;
	return err_set(e, ERR_CONFIG, "another run is using the journal %s", j->path);
}

static bool open_file(struct journal *j, struct err *e)
{
	if (!try_open(j)) {
		if (errno != ENOENT)
			return err_sys(e, ERR_CONFIG, errno, "the journal %s", j->path);
		if (!create(j, false, e))
			return false;
		if (!try_open(j))
			return err_sys(e, ERR_SYSTEM, errno, "the journal %s", j->path);
	}
	return check_file(j, e) && lock(j, e) && is_current(j, e);
}

/* A complete journal gives way to a new one. The old one stays locked until the new one has its
   name. */
static bool renew(struct journal *j, struct err *e)
{
	int old = j->fd;
	bool ok = create(j, true, e);

	j->fd = -1;
	if (ok && !try_open(j))
		ok = err_sys(e, ERR_SYSTEM, errno, "the journal %s", j->path);
	close(old);
	j->complete = false;
	memset(j->states, JOURNAL_UNTOUCHED, (size_t)j->subject.rows + 1);
	return ok && check_file(j, e) && lock(j, e) && is_current(j, e);
}

static bool load(struct journal *j, struct err *e)
{
	struct load l = {.j = j};

	if (!open_file(j, e) || !read_all(&l, e) || !cut_torn_end(&l, e))
		return false;
	if (l.of_another && !j->complete && j->seq > 1)
		return is_of_another(j, "roster", e);
	if (!l.of_another && !(j->options.renew_same && j->complete))
		return true;
	l = (struct load){.j = j};
	return renew(j, e) && read_all(&l, e) && cut_torn_end(&l, e);
}

struct journal *journal_open(const char *path, const struct journal_subject *subject,
	const struct journal_options *options, bool *resumed, struct err *e)
{
	struct journal *j = calloc(1, sizeof(*j) + strlen(path) + 1);

	if (j == NULL) {
		err_memory(e, "the journal");
		return NULL;
	}
	memcpy(j->path, path, strlen(path) + 1);
	j->fd = -1;
	j->subject = *subject;
	j->options = *options;
	buf_init(&j->pending, PENDING_MAX);
	if (subject->rows < SIZE_MAX)
		j->states = calloc((size_t)subject->rows + 1, 1);
	if (j->states == NULL)
		err_memory(e, "the journal's rows");
	else if (load(j, e)) {
		*resumed = j->seq > 1;
		return j;
	}
	if (j->fd >= 0)
		close(j->fd);
	free(j->states);
	free(j);
	return NULL;
}

/* ---- appending ---- */

enum journal_state journal_row(const struct journal *j, uint64_t row)
{
	return row < j->subject.rows ? (enum journal_state)j->states[row] : JOURNAL_UNTOUCHED;
}

bool journal_is_done(enum journal_state state)
{
	return state >= JOURNAL_CREATED && state <= JOURNAL_REMOVED;
}

uint64_t journal_done(const struct journal *j)
{
	uint64_t i, done = 0;

	for (i = 0; i < j->subject.rows; i++)
		done += journal_is_done((enum journal_state)j->states[i]);
	return done;
}

bool journal_complete(const struct journal *j)
{
	return j->complete;
}

bool journal_dirty(const struct journal *j)
{
	return j->unsynced || j->pending.len > 0;
}

/* What is in the file is not known after a failure: nothing more may be sent on its word. */
static bool give_up(struct journal *j, int number, struct err *e)
{
	j->failed = true;
	err_sys(e, ERR_SYSTEM, number, "the journal %s cannot be written", j->path);
	err_hint(
		e, "make room or name another disk with --journal, and run the same command again");
	return false;
}

static bool write_out(struct journal *j, struct err *e)
{
	if (j->failed)
		return err_set(e, ERR_SYSTEM, "the journal %s failed before", j->path);
	if (j->pending.len == 0)
		return true;
	if (!file_write_all(j->fd, j->pending.data, j->pending.len))
		return give_up(j, errno, e);
	buf_clear(&j->pending);
	j->unsynced = true;
	return true;
}

bool journal_sync(struct journal *j, struct err *e)
{
	if (!write_out(j, e))
		return false;
	if (j->unsynced && fdatasync(j->fd) != 0)
		return give_up(j, errno, e);
	j->unsynced = false;
	return true;
}

static bool add_who(const struct journal *j, struct str user_name, struct buf *out)
{
	struct buf folded;
	bool ok;
	size_t i;

	if (j->options.plain) {
		url_encode(user_name, out);
		buf_truncate(out, JOURNAL_RECORD_MAX / 2);
		return !out->failed;
	}
	buf_init(&folded, LIMIT_REQUEST_BODY);
	for (i = 0; i < user_name.n; i++)
		buf_add_char(&folded, char_lower(user_name.p[i]));
	ok = !folded.failed &&
		add_short_digest(
			str_from((const char *)j->run, sizeof(j->run)), buf_str(&folded), out);
	buf_wipe(&folded);
	return ok;
}

static bool append(
	struct journal *j, char type, uint64_t row, struct str who, struct str data, struct err *e)
{
	struct journal_record r = {
		.seq = j->seq + 1, .type = type, .row = row, .who = who, .data = data};

	if (j->pending.len + JOURNAL_RECORD_MAX > PENDING_MAX && !write_out(j, e))
		return false;
	if (!journal_record_write(&r, j->run, &j->pending))
		return err_memory(e, "the journal");
	j->seq++;
	j->complete = type == 'E';
	return true;
}

static bool append_row(struct journal *j, char type, uint64_t row, struct str user_name,
	struct str data, struct err *e)
{
	struct buf who;
	bool ok;

	buf_init(&who, LIMIT_REQUEST_BODY);
	ok = add_who(j, user_name, &who) ? append(j, type, row, buf_str(&who), data, e)
					 : err_memory(e, "the journal");
	buf_wipe(&who);
	return ok;
}

bool journal_intent(
	struct journal *j, uint64_t row, struct str user_name, unsigned attempt, struct err *e)
{
	char data[16];

	snprintf(data, sizeof(data), "%u", attempt);
	if (!append_row(j, 'I', row, user_name, str_of(data), e))
		return false;
	j->states[row] = JOURNAL_INTENT;
	return true;
}

bool journal_result(struct journal *j, uint64_t row, struct str user_name, enum journal_state state,
	int status, struct str id, struct err *e)
{
	struct buf data;
	bool ok;

	buf_init(&data, LIMIT_REQUEST_BODY);
	buf_addf(&data, "%s,%d,", state_names[state], status);
	if (id.n > 0 && id.n <= 64)
		url_encode(id, &data);
	else
		buf_add_char(&data, '-');
	ok = data.failed ? err_memory(e, "the journal")
			 : append_row(j, 'R', row, user_name, buf_str(&data), e);
	buf_wipe(&data);
	if (ok)
		j->states[row] = (uint8_t)state;
	return ok;
}

bool journal_end(struct journal *j, struct err *e)
{
	return append(j, 'E', 0, str_of("-"), str_of("complete"), e);
}

bool journal_close(struct journal *j, struct err *e)
{
	bool ok = journal_sync(j, e);

	if (close(j->fd) != 0 && ok)
		ok = err_sys(e, ERR_SYSTEM, errno, "%s", j->path);
	buf_wipe(&j->pending);
	free(j->states);
	free(j);
	return ok;
}
