#include "client/pages.h"

#include "base/limits.h"

void pages_init(struct pages *p, struct caller *caller, const char *collection, const char *query,
	uint64_t limit)
{
	*p = (struct pages){
		.caller = caller,
		.collection = collection,
		.query = query,
		.count = limit > 0 && limit < PAGES_COUNT ? (unsigned)limit : PAGES_COUNT,
		.next = 1,
		.read_to = 1,
		.page = {.resources = {.p = "[]", .n = 2}},
	};
	buf_init(&p->path, LIMIT_REQUEST_HEAD);
}

void pages_wipe(struct pages *p)
{
	buf_wipe(&p->path);
}

static bool seen(struct pages *p, uint64_t identity)
{
	unsigned i;

	if (identity == 0)
		return false;
	for (i = 0; i < PAGES_RECENT; i++)
		if (p->recent[i] == identity)
			return true;
	p->recent[p->recent_at] = identity;
	p->recent_at = (p->recent_at + 1) % PAGES_RECENT;
	return false;
}

static uint64_t page_size(const struct list_page *page)
{
	struct str resource;
	uint64_t n = 0;
	size_t at = 0;

	while (list_next(page, &at, &resource))
		n++;
	return n;
}

/*
 * GONE resources less: what stood behind them has moved forward, perhaps from the page of SIZE just
 * read, or from behind it, into the part that was read before. So much of that part comes again.
 */
static bool step_back(struct pages *p, uint64_t size, uint64_t gone, struct err *e)
{
	const uint64_t end = p->next + size;
	const uint64_t furthest = p->read_to > end ? p->read_to : end;

	if (p->gap_to <= end)
		p->gap_to = p->next;
	p->read_to = furthest > end + gone ? furthest - gone : end;
	p->next = gone < p->next ? p->next - gone : 1;
	if (p->next >= p->gap_to) /* there is nothing before the first page */
		p->next = p->read_to;
	if (furthest <= PAGES_RECENT + p->next)
		return true;
	err_set(e, ERR_PROTOCOL, "the list of %s lost too much while it was read: %llu of %llu",
		p->collection, (unsigned long long)gone,
		(unsigned long long)(p->page.total + gone));
	err_hint(e, "run the command again");
	return false;
}

static void step_on(struct pages *p, uint64_t size, uint64_t grown)
{
	/* What is still to be read in the gap has moved back. */
	if (p->gap_to > p->next)
		p->gap_to += grown;
	p->next += size;
	if (p->next >= p->gap_to && p->next < p->read_to)
		p->next = p->read_to;
	if (p->read_to < p->next)
		p->read_to = p->next;
}

/* Where to go on after a page of SIZE resources, and whether there is more. */
static bool advance(struct pages *p, uint64_t size, struct err *e)
{
	const bool compare = p->counted && p->page.has_total;
	/* Sums of what a server says must not overflow. */
	const uint64_t total = p->page.total < 2 * PAGES_MOST ? p->page.total : 2 * PAGES_MOST;
	const uint64_t gone = compare && total < p->total ? p->total - total : 0;
	const uint64_t grown = compare && total > p->total ? total - p->total : 0;

	p->again = gone > 0 || p->next < p->gap_to;
	p->changed = p->changed || gone > 0 || grown > 0;
	p->excuse += gone + grown;
	p->counted = p->counted || p->page.has_total;
	if (p->page.has_total)
		p->total = total;
	p->received += size;
	p->started = true;
	if (gone == 0)
		step_on(p, size, grown);
	else if (!step_back(p, size, gone, e))
		return false;
	p->last = (size == 0 && gone == 0) || (p->page.has_total && p->next > total);
	if (p->last && p->page.has_total && p->next <= total)
		p->changed = true;
	return true;
}

static bool fetch(struct pages *p, struct reply *reply, struct err *e)
{
	struct message_call call = {.method = str_of("GET")};

	buf_clear(&p->path);
	buf_addf(&p->path, "%s?startIndex=%llu&count=%u%s%s", p->collection,
		(unsigned long long)p->next, p->count, p->query != NULL ? "&" : "",
		p->query != NULL ? p->query : "");
	if (p->path.failed)
		return err_memory(e, "asking for a page");
	call.path = buf_str(&p->path);
	if (!call_run(p->caller, &call, CALL_READ, false, reply, e))
		return false;
	if (!list_read(call_body(p->caller), &p->page)) {
		err_set(e, ERR_PROTOCOL, "the server's answer is no list of %s", p->collection);
		err_hint(e, "check --url: is this Sentry's API?");
		return false;
	}
	p->at = 0;
	p->fresh = 0;
	p->old = 0;
	if (!advance(p, page_size(&p->page), e))
		return false;
	if (p->received > PAGES_MOST)
		return err_set(e, ERR_LIMIT, "the server's list of %s has no end", p->collection);
	return true;
}

/* Whether the page just read was no news, without a reason: it will come again, too. */
static bool repeats(struct pages *p)
{
	if (!p->started || p->last)
		return false;
	if (p->stale > PAGES_STALE)
		return true;
	if (p->fresh > 0 || p->again)
		return false;
	if (p->old > p->excuse)
		return true;
	p->excuse -= p->old;
	return false;
}

enum pages_step pages_next(
	struct pages *p, struct str *resource, struct reply *reply, struct err *e)
{
	for (;;) {
		while (list_next(&p->page, &p->at, resource)) {
			if (seen(p, list_identity(*resource))) {
				p->changed = true;
				p->old++;
				p->stale++;
				continue;
			}
			p->fresh++;
			p->stale = 0;
			return PAGES_ITEM;
		}
		if (repeats(p)) {
			err_set(e, ERR_PROTOCOL,
				"the server sends the same page of %s again and again",
				p->collection);
			return PAGES_FAIL;
		}
		if (p->last)
			break;
		if (!fetch(p, reply, e))
			return PAGES_FAIL;
	}
	if (p->changed)
		log_line(p->caller->client->route->log, LOG_WARN,
			"the list of %s changed while it was read", p->collection);
	p->changed = false;
	return PAGES_END;
}
