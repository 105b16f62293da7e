#include "roster/people.h"

#include "base/limits.h"
#include "client/find.h"
#include "client/pages.h"
#include "codec/json_scan.h"
#include "scim/user.h"

struct texts {
	struct buf id, user_name, role; /* owned */
};

static bool take(struct texts *t, struct str resource, struct person *out, struct err *e)
{
	struct user u;

	if (!user_read(resource, &u))
		return err_set(e, ERR_PROTOCOL, "the server lists a member without id or name");
	buf_clear(&t->id);
	buf_clear(&t->user_name);
	buf_clear(&t->role);
	json_unescape(u.id.raw, &t->id);
	/* It becomes a segment of the path that removes. */
	if (!t->id.failed && !find_is_id(buf_str(&t->id)))
		return err_set(
			e, ERR_PROTOCOL, "the server lists a member with an id that is none");
	json_unescape(u.user_name.raw, &t->user_name);
	if (u.role.type == JSON_STRING)
		json_unescape(u.role.raw, &t->role);
	*out = (struct person){.id = buf_str(&t->id),
		.user_name = buf_str(&t->user_name),
		.role = buf_str(&t->role),
		.has_role = u.role.type == JSON_STRING};
	return (!t->id.failed && !t->user_name.failed && !t->role.failed) ||
		err_memory(e, "reading the members");
}

bool people_read(struct caller *caller, struct state *state, people_each_fn *each, void *context,
	struct reply *reply, struct err *e)
{
	enum pages_step step = PAGES_END;
	struct pages pages;
	struct str resource;
	struct person p;
	struct texts t;
	bool ok = true;

	buf_init(&t.id, LIMIT_HTTP_BODY);
	buf_init(&t.user_name, LIMIT_HTTP_BODY);
	buf_init(&t.role, LIMIT_HTTP_BODY);
	pages_init(&pages, caller, "Users", NULL, 0);
	while (ok && (step = pages_next(&pages, &resource, reply, e)) == PAGES_ITEM)
		ok = take(&t, resource, &p, e) &&
			(state_add(state, STATE_MEMBER, p.id, p.user_name, p.role) ||
				err_memory(e, "reading the members")) &&
			each(context, &p, e);
	pages_wipe(&pages);
	buf_wipe(&t.id);
	buf_wipe(&t.user_name);
	buf_wipe(&t.role);
	return ok && step == PAGES_END;
}
