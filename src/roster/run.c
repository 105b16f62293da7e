#include "roster/run.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/limits.h"
#include "client/conn.h"
#include "roster/pace.h"
#include "scim/user.h"
#include "sys/clock.h"
#include "sys/entropy.h"

/* Refusals of the token in a row that end the run: it is not about single rows any more. */
#define FORBIDDEN_MAX 3
#define TICK_MS       100
/* Descriptors of one connection: attempts that race, or one. */
#define POLL_MAX (RUN_JOBS_MAX * LIMIT_ADDRESSES)

enum lane_state {
	LANE_FREE,  /* no row */
	LANE_READY, /* its machine has a request to send, from `at` on */
	LANE_BUSY   /* an exchange is under way */
};

struct lane {
	enum lane_state state;
	struct conn conn;
	struct provision provision;
	struct roster_row row;
	struct buf request; /* owned: holds the token while an exchange is under way */
	int64_t at;
	bool intent; /* the create's intent is in the journal */
	bool ready;  /* its exchange has just begun, or poll() has named it */
	unsigned attempts;
};

struct run {
	const struct run_source *source;
	struct journal *journal;
	const struct run_options *options;
	struct route *route;
	const struct message_origin *origin;
	const struct run_watcher *watcher;
	struct run_totals *totals;
	struct pace pace;
	struct lane *lanes; /* owned */
	unsigned busy;      /* lanes that are not free */
	bool read_all;      /* no row is left in the file */
	bool draining;      /* no new row is begun */
	unsigned forbidden;
	bool too_long; /* the server wants to be left alone for longer than is waited for */
	int64_t ticked;
	struct err end; /* why the run drains, or nothing */
};

static uint32_t random_bits(void)
{
	uint32_t bits;

	return entropy_get(&bits, sizeof(bits)) ? bits : UINT32_MAX / 2;
}

static void drain(struct run *r, const struct err *e)
{
	r->draining = true;
	if (r->end.kind == ERR_NONE)
		r->end = *e;
}

/* ---- rows ---- */

static enum journal_state outcome_of(const struct provision *p)
{
	switch (p->outcome) {
	case PROVISION_CREATED: return JOURNAL_CREATED;
	case PROVISION_EXISTED: return JOURNAL_EXISTS;
	case PROVISION_UPDATED: return JOURNAL_UPDATED;
	case PROVISION_UNCHANGED: return JOURNAL_UNCHANGED;
	default:
		return p->err.kind == ERR_UNKNOWN || p->unsettled ? JOURNAL_UNKNOWN
								  : JOURNAL_FAILED;
	}
}

/* What ends the whole run and not just a row. */
static void judge_failure(struct run *r, const struct err *e)
{
	r->forbidden = e->kind == ERR_AUTH ? r->forbidden + 1 : 0;
	if (r->forbidden >= FORBIDDEN_MAX || e->kind == ERR_NOT_FOUND || e->kind == ERR_MEMORY ||
		e->kind == ERR_CERTIFICATE || e->kind == ERR_PROXY || e->kind == ERR_TLS ||
		(e->kind == ERR_NAME && e->number == 0) || (e->kind == ERR_GAVE_UP && r->too_long))
		drain(r, e);
	if (pace_unwell(&r->pace) && !r->draining) {
		struct err unwell;

		err_clear(&unwell);
		err_set(&unwell, ERR_GAVE_UP, "too much fails: the server is not well");
		err_hint(&unwell, "run the same command again later: it goes on from here");
		drain(r, &unwell);
	}
}

static bool finish(struct run *r, struct lane *l, struct err *e)
{
	struct provision *p = &l->provision;
	struct run_result result = {
		.row = &l->row, .outcome = outcome_of(p), .confirmed = p->confirmed};
	struct user u;
	struct buf id;
	bool ok = true;

	buf_init(&id, LIMIT_URL);
	if (p->outcome != PROVISION_FAILED) {
		result.resource = buf_str(&p->resource);
		if (user_read(result.resource, &u))
			json_unescape(u.id.raw, &id);
		result.id = buf_str(&id);
		r->forbidden = 0;
	} else {
		result.err = &p->err;
		result.status = p->status;
		result.refusal = buf_str(&p->refusal);
		judge_failure(r, &p->err);
	}
	/* Stopped in the middle: the intent stands, and the next run asks. */
	if (p->outcome != PROVISION_FAILED || p->err.kind != ERR_INTERRUPTED) {
		if (r->journal != NULL)
			ok = journal_result(r->journal, l->row.number, buf_str(&l->row.user_name),
				result.outcome, result.status, result.id, e);
		r->totals->by_state[result.outcome]++;
		r->totals->done++;
		ok = ok && r->watcher->row(r->watcher->context, &result, e);
	}
	buf_wipe(&id);
	provision_wipe(p);
	l->state = LANE_FREE;
	r->busy--;
	return ok;
}

enum roster_step run_every_row(void *reader, struct roster_row *row, struct err *e)
{
	struct roster_fault fault;
	enum roster_step step = roster_next(reader, row, &fault, e);

	if (step != ROSTER_FAULT)
		return step;
	err_set(e, ERR_INPUT, "the roster has a fault that it did not have");
	return ROSTER_FAIL;
}

/* The next row that is not done, in lane L; false at the end of the file. */
static bool next_row(struct run *r, struct lane *l, struct err *e)
{
	for (;;) {
		enum roster_step step = r->source->next(r->source->context, &l->row, e);

		r->read_all = step == ROSTER_END;
		if (step != ROSTER_ROW)
			return false;
		if (r->journal == NULL || r->options->again ||
			!journal_is_done(journal_row(r->journal, l->row.number)))
			return true;
	}
}

static void start_row(struct run *r, struct lane *l, int64_t now)
{
	enum journal_state before =
		r->journal != NULL ? journal_row(r->journal, l->row.number) : JOURNAL_UNTOUCHED;

	provision_init(&l->provision, buf_str(&l->row.user_name), buf_str(&l->row.role),
		buf_str(&l->row.body), r->options->if_exists, &r->options->policy,
		&r->options->question);
	if (before == JOURNAL_INTENT || before == JOURNAL_UNKNOWN || journal_is_done(before))
		provision_resume(&l->provision);
	l->state = LANE_READY;
	l->at = now;
	l->intent = false;
	l->attempts = 0;
	r->busy++;
}

/* Whether lane I may begin a row. */
static bool is_vacant(const struct run *r, unsigned i)
{
	return r->lanes[i].state == LANE_FREE && i < r->pace.allowed && !r->draining &&
		!r->read_all;
}

static bool any_vacant(const struct run *r)
{
	unsigned i;

	for (i = 0; i < r->options->jobs; i++)
		if (is_vacant(r, i))
			return true;
	return false;
}

static bool fill(struct run *r, int64_t now, struct err *e)
{
	unsigned i;

	for (i = 0; i < r->options->jobs; i++) {
		struct lane *l = &r->lanes[i];

		if (!is_vacant(r, i))
			continue;
		if (next_row(r, l, e)) {
			start_row(r, l, now);
			/* A machine may be over before its first request. */
			if (l->provision.state == PROVISION_OVER && !finish(r, l, e))
				return false;
		} else if (e->kind != ERR_NONE) {
			/* What is under way is brought to its end. */
			drain(r, e);
			err_clear(e);
		}
	}
	return true;
}

/* ---- requests ---- */

static void take(
	struct run *r, struct lane *l, enum provision_end end, const struct err *why, int64_t now)
{
	struct provision_event event = {
		.end = end,
		.response = &l->conn.response,
		.body = buf_str(&l->conn.body),
		.err = why,
		.random = random_bits(),
	};

	buf_clear(&l->request);
	if (end == PROVISION_ANSWERED) {
		pace_answer(&r->pace, &l->conn.response, now);
		r->too_long = r->too_long ||
			(l->conn.response.status >= 400 &&
				retry_asked(&l->conn.response) > r->options->policy.max_wait);
	} else if (why->kind != ERR_INTERRUPTED) {
		pace_failure(&r->pace);
		route_forget(r->route);
	}
	provision_take(&l->provision, &event);
	if (l->provision.why[0] != '\0')
		log_line(r->route->log, LOG_DETAIL, "line %llu: %s",
			(unsigned long long)l->row.place.line, l->provision.why);
	l->state = LANE_READY;
	l->at = clock_after(now, l->provision.wait);
}

static bool due(const struct lane *l, int64_t now)
{
	return l->state == LANE_READY && l->provision.state != PROVISION_OVER && l->at <= now;
}

/* Intents of all creates that may go out now, and the one sync that covers them. */
static bool write_intents(struct run *r, int64_t now, struct err *e)
{
	bool any = false;
	unsigned i;

	for (i = 0; i < r->options->jobs && r->journal != NULL; i++) {
		struct lane *l = &r->lanes[i];

		if (!due(l, now) || l->intent || l->provision.state != PROVISION_POST)
			continue;
		if (!journal_intent(r->journal, l->row.number, buf_str(&l->row.user_name),
			    ++l->attempts, e))
			return false;
		l->intent = true;
		any = true;
	}
	return !any || journal_sync(r->journal, e);
}

static void send_one(struct run *r, struct lane *l, int64_t now)
{
	struct message_call call;
	struct err why;

	err_clear(&why);
	if (!provision_next(&l->provision, &call))
		return;
	pace_sent(&r->pace, now);
	l->conn.handed = false;
	if (!message_write(r->origin, &call, false, &l->request, &why) ||
		(l->conn.state == CONN_CLOSED &&
			!route_resolve(
				r->route, clock_after(now, r->route->connect_timeout), &why))) {
		take(r, l, PROVISION_NOT_SENT, &why, now);
		return;
	}
	conn_begin(&l->conn, buf_str(&l->request), HTTP_REQUEST_PLAIN, now);
	l->state = LANE_BUSY;
	l->ready = true;
}

static unsigned under_way(const struct run *r)
{
	unsigned i, n = 0;

	for (i = 0; i < r->options->jobs; i++)
		n += r->lanes[i].state == LANE_BUSY;
	return n;
}

/* The one that has waited longest: lanes further down must not starve. */
static struct lane *next_due(struct run *r, int64_t now)
{
	struct lane *found = NULL;
	unsigned i;

	for (i = 0; i < r->options->jobs; i++)
		if (due(&r->lanes[i], now) && (found == NULL || r->lanes[i].at < found->at))
			found = &r->lanes[i];
	return found;
}

static void send_due(struct run *r, int64_t now)
{
	struct lane *l;

	while (pace_when(&r->pace, under_way(r), now) <= now && (l = next_due(r, now)) != NULL)
		send_one(r, l, now);
}

static void step_all(struct run *r, int64_t now)
{
	unsigned i;

	for (i = 0; i < r->options->jobs; i++) {
		struct lane *l = &r->lanes[i];
		struct err why;

		if (l->state != LANE_BUSY || (!l->ready && now < conn_wake(&l->conn)))
			continue;
		l->ready = false;
		err_clear(&why);
		switch (conn_step(&l->conn, now, &why)) {
		case CONN_WAIT: break;
		case CONN_DONE: take(r, l, PROVISION_ANSWERED, NULL, now); break;
		case CONN_FAIL:
			take(r, l, l->conn.handed ? PROVISION_NO_ANSWER : PROVISION_NOT_SENT, &why,
				now);
		}
	}
}

static bool collect(struct run *r, struct err *e)
{
	unsigned i;

	for (i = 0; i < r->options->jobs; i++)
		if (r->lanes[i].state == LANE_READY &&
			r->lanes[i].provision.state == PROVISION_OVER &&
			!finish(r, &r->lanes[i], e))
			return false;
	return true;
}

/* ---- the loop ---- */

/* Told to stop: rows that wait are let go, exchanges under way are finished; told again: cut. */
static void heed_signals(struct run *r, int64_t now)
{
	struct err why;
	unsigned i;

	if (stop_asked(r->route->stop) == 0)
		return;
	err_clear(&why);
	stop_error(r->route->stop, &why);
	drain(r, &why);
	for (i = 0; i < r->options->jobs; i++) {
		struct lane *l = &r->lanes[i];

		if (l->state == LANE_BUSY && stop_asked(r->route->stop) > 1)
			conn_close(&l->conn);
		else if (l->state != LANE_READY)
			continue;
		take(r, l, PROVISION_NOT_SENT, &why, now);
	}
}

static int64_t earliest(const struct run *r, int64_t now)
{
	int64_t wake = clock_after(now, 10 * TICK_MS);
	int64_t send = pace_when(&r->pace, under_way(r), now);
	unsigned i;

	for (i = 0; i < r->options->jobs; i++) {
		const struct lane *l = &r->lanes[i];
		int64_t at = CLOCK_NEVER;

		if (l->state == LANE_BUSY)
			at = conn_wake(&l->conn);
		else if (l->state == LANE_READY)
			at = l->at > send ? l->at : send;
		if (at < wake)
			wake = at;
	}
	return wake;
}

static bool wait_all(struct run *r, int64_t now, struct err *e)
{
	struct pollfd fds[POLL_MAX];
	unsigned i, n = 0, end[RUN_JOBS_MAX];
	int ready;

	for (i = 0; i < r->options->jobs; i++) {
		if (r->lanes[i].state == LANE_BUSY)
			n += conn_poll(&r->lanes[i].conn, fds + n, POLL_MAX - n);
		end[i] = n;
	}
	/* The first signal has been heeded; while draining another one must end the wait too. */
	ready = stop_asked(r->route->stop) != 0
		? poll(fds, n, clock_poll_timeout(earliest(r, now), now))
		: stop_poll(r->route->stop, fds, n, clock_poll_timeout(earliest(r, now), now));
	if (ready < 0)
		return errno == EINTR || errno == EAGAIN || err_sys(e, ERR_SYSTEM, errno, "poll");
	for (i = 0, n = 0; i < r->options->jobs; i++)
		for (; n < end[i]; n++)
			if (fds[n].revents != 0)
				r->lanes[i].ready = true;
	return true;
}

/* Whether all that is left is to be tried again later. */
static bool is_waiting(const struct run *r, int64_t now)
{
	unsigned i;

	for (i = 0; i < r->options->jobs; i++)
		if (r->lanes[i].state == LANE_BUSY ||
			(r->lanes[i].state == LANE_READY && r->lanes[i].at <= now))
			return false;
	return r->busy > 0;
}

static void tick(struct run *r, int64_t now)
{
	if (now - r->ticked < TICK_MS)
		return;
	r->ticked = now;
	r->totals->waiting = r->pace.hold_until > now ? "the server's rate limit"
		: is_waiting(r, now)                  ? "the next try"
						      : NULL;
	r->watcher->tick(r->watcher->context, r->totals, now);
}

static bool loop(struct run *r, struct err *e)
{
	for (;;) {
		int64_t now = clock_now();

		heed_signals(r, now);
		if (!collect(r, e) || !fill(r, now, e) || !write_intents(r, now, e))
			return false;
		if (r->busy == 0 && (r->draining || r->read_all))
			return true;
		send_due(r, now);
		step_all(r, clock_now());
		if (!collect(r, e))
			return false;
		tick(r, now);
		/* A lane that an answer has just set free goes on at once, not when the next
		   answer comes to another. */
		if (r->busy > 0 && !any_vacant(r) && !wait_all(r, clock_now(), e))
			return false;
	}
}

bool run_rows(const struct run_source *source, struct journal *journal,
	const struct run_options *options, struct route *route, const struct message_origin *origin,
	const struct run_watcher *watcher, struct run_totals *totals, struct err *e)
{
	struct run r = {
		.source = source,
		.journal = journal,
		.options = options,
		.route = route,
		.origin = origin,
		.watcher = watcher,
		.totals = totals,
	};
	unsigned i;
	bool ok;

	pace_init(&r.pace, options->rate, options->jobs, options->policy.max_wait);
	r.lanes = calloc(options->jobs, sizeof(*r.lanes));
	if (r.lanes == NULL)
		return err_memory(e, "the connections");
	for (i = 0; i < options->jobs; i++) {
		conn_init(&r.lanes[i].conn, route, i);
		roster_row_init(&r.lanes[i].row);
		buf_init(&r.lanes[i].request, LIMIT_REQUEST_HEAD + LIMIT_REQUEST_BODY);
	}
	ok = loop(&r, e);
	if (ok && r.end.kind != ERR_NONE) {
		*e = r.end;
		ok = false;
	}
	totals->stopped = !ok;
	for (i = 0; i < options->jobs; i++) {
		if (r.lanes[i].state != LANE_FREE)
			provision_wipe(&r.lanes[i].provision);
		conn_wipe(&r.lanes[i].conn);
		roster_row_wipe(&r.lanes[i].row);
		buf_wipe(&r.lanes[i].request);
	}
	free(r.lanes);
	return ok;
}
