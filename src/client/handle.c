#include "client/handle.h"

#include "sys/clock.h"
#include "sys/entropy.h"

void handle_init(struct handle *h, struct route *route)
{
	*h = (struct handle){.route = route};
	client_init(&h->client, route, &h->origin);
}

void handle_equip(struct handle *h, const struct handle_options *o)
{
	const struct target *t = o->target;

	h->origin = (struct message_origin){
		.root = t->root,
		.root_path = t->root_path,
		.api_root = t->api_root,
		.authority = t->authority,
		.token = o->token,
		.user_agent = h->route->user_agent,
		.header_count = o->header_count,
		.headers = o->headers,
	};
	if (t->api_root.n > 0) /* the SCIM root stands below it */
		h->origin.api_path =
			str_from(t->root_path.p, t->root_path.n - (t->root.n - t->api_root.n));
	h->caller = (struct caller){
		.client = &h->client,
		.policy = o->policy,
		.question = {.is_sentry = t->is_sentry, .token = sentry_token_kind(o->token)},
	};
}

bool handle_secure(struct handle *h, const struct tls_options *options, struct err *e)
{
	struct route *r = h->route;
	/* Client certificate and pins are for the origin. */
	const struct tls_options for_proxy = {.trust = options->trust,
		.assume_time = options->assume_time,
		.assumed = options->assumed};
	const bool to_proxy = r->via != ROUTE_DIRECT && r->proxy_tls;
	unsigned skipped = 0;

	if (!r->tls && !to_proxy)
		return true;
	if (!entropy_ready(r->stop, clock_after(clock_now(), r->connect_timeout), e))
		return false;
	if (r->tls) {
		h->tls = tls_config_new(options, &skipped, e);
		if (h->tls == NULL)
			return false;
	}
	if (to_proxy) {
		h->proxy_tls = tls_config_new(&for_proxy, &skipped, e);
		if (h->proxy_tls == NULL)
			return false;
	}
	if (skipped > 0)
		log_line(r->log, LOG_WARN,
			"%u unusable certificate%s among the CA certificates skipped", skipped,
			skipped == 1 ? "" : "s");
	r->config = h->tls;
	r->proxy_config = h->proxy_tls;
	return true;
}

void handle_close(struct handle *h)
{
	client_wipe(&h->client);
	tls_config_free(h->tls);
	tls_config_free(h->proxy_tls);
}
