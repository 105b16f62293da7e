#include "client/pages.h"

#include "base/limits.h"
#include "sys/log.h"

void pages_init(struct pages *p, struct caller *caller, const char *collection, const char *query,
	uint64_t limit)
{
	*p = (struct pages){
		.caller = caller,
		.collection = collection,
		.query = query,
		.count = limit > 0 && limit < PAGES_COUNT ? (unsigned)limit : PAGES_COUNT,
		.next = 1,
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

/* Where to go on after a page of SIZE resources, and whether there is more. */
static void advance(struct pages *p, uint64_t size)
{
	uint64_t gone = p->started && p->page.total < p->total ? p->total - p->page.total : 0;

	p->changed = p->changed || (p->started && p->page.total != p->total);
	p->rewound = gone > 0 && gone < p->next && gone < PAGES_RECENT / 2;
	p->total = p->page.total;
	p->received += size;
	p->started = true;
	if (p->rewound) {
		/* What stood behind the resources that went has moved forward, perhaps from this
		   page into the part that was read already. This page comes again. */
		p->next -= gone;
		return;
	}
	p->next += size;
	p->last = size == 0 || (p->page.has_total && p->next > p->total);
	if (size == 0 && p->page.has_total && p->next <= p->total)
		p->changed = true;
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
	advance(p, page_size(&p->page));
	p->at = 0;
	p->fresh = 0;
	if (p->received > PAGES_MOST)
		return err_set(e, ERR_LIMIT, "the server's list of %s has no end", p->collection);
	return true;
}

enum pages_step pages_next(
	struct pages *p, struct str *resource, struct reply *reply, struct err *e)
{
	for (;;) {
		while (list_next(&p->page, &p->at, resource)) {
			if (seen(p, list_identity(*resource))) {
				p->changed = true;
				continue;
			}
			p->fresh++;
			return PAGES_ITEM;
		}
		if (p->started && !p->last && !p->rewound && p->fresh == 0) {
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
		log_line(LOG_WARN, "the list of %s changed while it was read", p->collection);
	p->changed = false;
	return PAGES_END;
}
