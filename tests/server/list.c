#include "list.h"

#include "die.h"

struct page list_page(const struct query *q, size_t total)
{
	struct page p = {total, total};

	if (q->start - 1 < total)
		p.from = (size_t)(q->start - 1);
	if (q->count < total - p.from)
		p.to = p.from + (size_t)q->count;
	return p;
}

void list_open(
	struct json_emit *j, struct reply *r, const struct query *q, size_t total, struct page page)
{
	reply_json(r, 200);
	json_emit_init(j, &r->body);
	json_emit_object(j);
	json_emit_key(j, str_of("schemas"));
	json_emit_array(j);
	json_emit_string(j, str_of(URN_LIST));
	json_emit_array_close(j);
	json_emit_key(j, str_of("totalResults"));
	json_emit_u64(j, total);
	json_emit_key(j, str_of("startIndex"));
	json_emit_u64(j, q->start);
	json_emit_key(j, str_of("itemsPerPage"));
	json_emit_u64(j, page.to - page.from);
	json_emit_key(j, str_of("Resources"));
	json_emit_array(j);
}

void list_close(struct json_emit *j)
{
	json_emit_array_close(j);
	json_emit_object_close(j);
	list_must_be_done(j);
}

void list_emit_id(struct json_emit *j, uint64_t id)
{
	struct buf text;

	server_buf(&text);
	buf_add_u64(&text, id);
	must_hold(&text);
	json_emit_string(j, buf_str(&text));
	buf_wipe(&text);
}

void list_must_be_done(const struct json_emit *j)
{
	if (!json_emit_done(j))
		die("an answer is no JSON: %s", j->fault != NULL ? j->fault : "too large");
}
