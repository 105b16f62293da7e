#include "cmd/settings_parts.h"

#include "base/limits.h"
#include "sys/console.h"

/* SMALL_TEXT holds an organization, and anything else that is a word. */
#define SMALL_TEXT 512

/* PLACE: of both. */
static bool contradict(
	const struct setting *place, const char *one, const char *other, struct err *e)
{
	const char *from = place->where;

	if (place->place == PLACE_FLAG || place->place == PLACE_ENVIRONMENT)
		from = settings_place_name(place->place);
	return err_set(e, ERR_CONFIG, "%s and %s contradict each other (%s)", one, other, from);
}

/* Of region, URL and SCIM root only the one from the strongest place is left. */
static bool choose_one(struct settings *s, struct err *e)
{
	struct setting *const all[] = {&s->region, &s->url, &s->scim_url};
	static const char *const names[] = {"region", "url", "scim-url"};
	unsigned i, best = 0;

	for (i = 1; i < 3; i++)
		if (settings_rank(all[i]) < settings_rank(all[best]))
			best = i;
	for (i = 0; i < 3; i++) {
		if (i == best || all[i]->value == NULL)
			continue;
		if (settings_rank(all[i]) == settings_rank(all[best]))
			return contradict(all[best], names[best], names[i], e);
		*all[i] = (struct setting){.place = PLACE_NONE};
	}
	return true;
}

static bool claim(struct settings_loader *l, struct setting *s, struct buf *text, struct err *e)
{
	if (s->value != NULL || text->len == 0)
		return true;
	*s = (struct setting){
		.value = settings_keep(l, text, e), .place = PLACE_TOKEN, .where = "the token"};
	return s->value != NULL;
}

/* What the token says of itself counts where nothing else is known. */
static bool take_claims(struct settings_loader *l, struct err *e)
{
	struct settings *s = l->s;
	struct buf org, url;
	bool ok = true;

	buf_init(&org, SMALL_TEXT);
	buf_init(&url, LIMIT_URL);
	if (sentry_token_claims(s->token.value, &org, &url))
		ok = claim(l, &s->org, &org, e) &&
			(s->region.value != NULL || claim(l, &s->url, &url, e));
	buf_wipe(&org);
	buf_wipe(&url);
	return ok;
}

/*
 * A pasted SCIM base URL names an organization too: it counts like one given in the place of the
 * URL.
 */
static bool merge_org(
	struct settings_loader *l, const struct setting *url, struct buf *pasted, struct err *e)
{
	struct setting *org = &l->s->org;
	unsigned mine = settings_rank(org), theirs = settings_rank(url);

	if (pasted->len == 0 || (org->value != NULL && mine < theirs))
		return true;
	if (org->value != NULL && mine == theirs)
		return str_is(buf_str(pasted), org->value) ||
			contradict(url, "the organization in the URL", "org", e);
	*org = *url;
	org->value = settings_keep(l, pasted, e);
	return org->value != NULL;
}

static bool use_sentry(struct settings_loader *l, struct err *e)
{
	struct settings *s = l->s;
	const struct setting *from = s->region.value != NULL ? &s->region : &s->url;
	struct buf base, pasted;
	const char *kept;
	bool ok;

	buf_init(&base, LIMIT_URL);
	buf_init(&pasted, SMALL_TEXT);
	ok = from == &s->region ? sentry_region_url(str_of(from->value), &base, e)
				: sentry_base_url(str_of(from->value), &base, &pasted, e);
	if (!ok)
		err_context(e, "%s", from->where);
	ok = ok && merge_org(l, from, &pasted, e);
	buf_wipe(&pasted);
	kept = ok ? settings_keep(l, &base, e) : NULL;
	buf_wipe(&base);
	if (kept == NULL)
		return false;
	if (s->org.value != NULL && !sentry_check_org(str_of(s->org.value), e))
		return err_context(e, "%s", s->org.where);
	return target_use_sentry(
		&s->target, &s->route, l->arena, str_of(kept), str_of(s->org.value), e);
}

bool settings_load_target(struct settings_loader *l, struct err *e)
{
	struct settings *s = l->s;

	if (!choose_one(s, e))
		return false;
	if (s->scim_url.value != NULL) {
		if (!target_use_scim(&s->target, &s->route, l->arena, str_of(s->scim_url.value), e))
			return err_context(e, "%s", s->scim_url.where);
	} else {
		if (!take_claims(l, e))
			return false;
		if (s->region.value == NULL && s->url.value == NULL)
			s->url = (struct setting){.value = SENTRY_DEFAULT_URL,
				.place = PLACE_DEFAULT,
				.where = "default"};
		if (!use_sentry(l, e))
			return false;
	}
	/* What a local relay does with it is the relay's to answer for. */
	if (!s->route.tls && !route_is_loopback(&s->route) && s->unix_socket.value == NULL)
		console_line(LOG_WARN,
			"the token travels unencrypted to %.*s, since the URL is http",
			STR_ARG(s->route.host));
	return true;
}
