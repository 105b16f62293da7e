#include <string.h>

#include "api.h"
#include "codec/url.h"
#include "die.h"
#include "list.h"

/* What is constant is written as it is sent; %s stands for the SCIM base URL of the organization.
 */

#define ATTRIBUTE(name, type, multi, description, required, exact, mutability, uniqueness)         \
	"{\"name\":\"" name "\",\"type\":\"" type "\",\"multiValued\":" multi                      \
	",\"description\":\"" description "\",\"required\":" required ",\"caseExact\":" exact      \
	",\"mutability\":\"" mutability "\",\"returned\":\"default\",\"uniqueness\":\"" uniqueness \
	"\""
#define SUB(list) ",\"subAttributes\":[" list "]}"

/* In the old schemas some are called "read", which SCIM does not know. */
#define NAME_ATTRIBUTES(mutability)                                                                \
	ATTRIBUTE("familyName", "string", "false", "The family name of the User.", "false",        \
		"false", mutability, "none")                                                       \
	"}," ATTRIBUTE("givenName", "string", "false", "The given name of the User.", "false",     \
		"false", mutability, "none") "}"
#define EMAIL_ATTRIBUTES(mutability)                                                               \
	ATTRIBUTE("value", "string", "false", "Email addresses for the User.", "false", "false",   \
		mutability, "none")                                                                \
	"}," ATTRIBUTE("type", "string", "false", "A label indicating the attribute's function.",  \
		"false", "false", mutability, "none") "}," ATTRIBUTE("primary", "boolean",         \
		"false", "Whether this is the preferred address.", "false", "false", mutability,   \
		"none") "}"
#define USER_ATTRIBUTES(user_name, emails, names)                                                  \
	ATTRIBUTE("userName", "string", "false", "Unique identifier for the User.", "true",        \
		"false", user_name, "server")                                                      \
	"}," ATTRIBUTE("name", "complex", "false", "The components of the User's name.", "false",  \
		"false", names, "none") SUB(NAME_ATTRIBUTES(names)) "," ATTRIBUTE("emails",        \
		"complex", "true", "Email addresses for the User.", "false", "false", emails,      \
		"none") SUB(EMAIL_ATTRIBUTES(emails)) "," ATTRIBUTE("active", "boolean", "false",  \
		"Whether the User is a member.", "false", "false", "readWrite", "none") "}"
#define GROUP_ATTRIBUTES                                                                           \
	ATTRIBUTE("displayName", "string", "false", "A human-readable name for the Group.",        \
		"true", "false", "readWrite", "none")                                              \
	"}," ATTRIBUTE("members", "complex", "true", "A list of members of the Group.", "false",   \
		"false", "readWrite", "none")                                                      \
		SUB(ATTRIBUTE("value", "string", "false", "Identifier of the member.", "false",    \
			"false", "immutable", "none") "}," ATTRIBUTE("$ref", "reference", "false", \
			"The URI of the member.", "false", "false", "readOnly", "none") "}")

#define SCHEMAS_OF(urn) "\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:" urn "\"],"

/* One discoverable item in either age; OLD is NULL for what the old age did not have. */
struct item {
	const char *id;
	const char *fresh;
	const char *old;
};

static const struct item schemas[] = {
	{URN_USER,
		"{" SCHEMAS_OF(
			"Schema") "\"id\":\"" URN_USER "\",\"name\":\"User\","
				  "\"description\":\"SCIM User maps to Sentry Organization "
				  "Member\","
				  "\"attributes\":[" USER_ATTRIBUTES("immutable", "readOnly",
					  "readOnly") "],\"meta\":{\"resourceType\":\"Schema\","
						      "\"location\":\"%s/Schemas/" URN_USER "\"}}",
		"{\"id\":\"" URN_USER "\",\"name\":\"User\","
		"\"description\":\"SCIM User maps to Sentry Organization Member\","
		"\"attributes\":[" USER_ATTRIBUTES(
			"read", "read", "readWrite") "],\"meta\":{\"resourceType\":\"Schema\","
						     "\"location\":\"/v2/Schemas/" URN_USER "\"}}"},
	{URN_GROUP,
		"{" SCHEMAS_OF("Schema") "\"id\":\"" URN_GROUP "\",\"name\":\"Group\","
					 "\"description\":\"SCIM Group maps to Sentry Team\","
					 "\"attributes\":[" GROUP_ATTRIBUTES
					 "],\"meta\":{\"resourceType\":\"Schema\",\"location\":\"%"
					 "s/Schemas/" URN_GROUP "\"}}",
		"{\"id\":\"" URN_GROUP "\",\"name\":\"Group\","
		"\"description\":\"SCIM Group maps to Sentry Team\","
		"\"attributes\":[" GROUP_ATTRIBUTES
		"],\"meta\":{\"resourceType\":\"Schema\",\"location\":\"/v2/Schemas/" URN_GROUP
		"\"}}"},
};

#define RESOURCE_TYPE(name, means, urn)                                                            \
	"{" SCHEMAS_OF("ResourceType") "\"id\":\"" name "\",\"name\":\"" name                      \
				       "\",\"description\":\"SCIM " name " maps to Sentry " means  \
				       "\",\"endpoint\":\"/" name "s\",\"schema\":\"" urn          \
				       "\",\"meta\":{\"resourceType\":\"ResourceType\","           \
				       "\"location\":\"%s/ResourceTypes/" name "\"}}"

static const struct item resource_types[] = {
	{"User", RESOURCE_TYPE("User", "Organization Member", URN_USER), NULL},
	{"Group", RESOURCE_TYPE("Group", "Team", URN_GROUP), NULL},
};

#define ITEMS 2 /* in either list */

static const char provider[] = "{" SCHEMAS_OF(
	"ServiceProviderConfig") "\"documentationUri\":\"https://docs.sentry.io/organization/"
				 "authentication/sso/\","
				 "\"patch\":{\"supported\":true},"
				 "\"bulk\":{\"supported\":false,\"maxOperations\":0,"
				 "\"maxPayloadSize\":0},"
				 "\"filter\":{\"supported\":true,\"maxResults\":100},"
				 "\"changePassword\":{\"supported\":false},\"sort\":{\"supported\":"
				 "false},"
				 "\"etag\":{\"supported\":false},"
				 "\"authenticationSchemes\":[{\"type\":\"oauthbearertoken\","
				 "\"name\":\"OAuth Bearer Token\","
				 "\"description\":\"Authentication scheme using the OAuth Bearer "
				 "Token standard. Use the "
				 "SCIM token generated for your organization.\","
				 "\"specUri\":\"https://www.rfc-editor.org/info/"
				 "rfc6750\",\"primary\":true}],"
				 "\"meta\":{\"resourceType\":\"ServiceProviderConfig\","
				 "\"location\":\"%s/ServiceProviderConfig\"}}";

/* Appends TEXT with the SCIM base at its %s. */
static void add_located(struct call *c, const char *text, struct buf *out)
{
	const char *gap = strstr(text, "%s");

	if (gap == NULL) {
		buf_add_text(out, text);
		return;
	}
	buf_add(out, text, (size_t)(gap - text));
	buf_addf(out, "%s/api/0/organizations/%s/scim/v2", buf_text(&c->api->prefix), c->org->slug);
	buf_add_text(out, gap + 2);
}

/* Discovery cannot be filtered: RFC 7644 4 asks for a 403. */
static bool refuse_filter(struct call *c)
{
	struct buf value;
	bool asked;

	server_buf(&value);
	asked = query_value(c->request->query, "filter", &value);
	buf_wipe(&value);
	if (asked)
		reply_scim_error(c->reply, &c->api->manners, 403,
			"Filtering is not supported on this endpoint.", NULL);
	return asked;
}

/* One page of ITEMS, the old schemas or what is there today. */
static void list_items(
	struct call *c, const struct item items[ITEMS], const struct query *q, bool old)
{
	struct page page = list_page(q, ITEMS);
	struct json_emit j;
	struct buf text;
	size_t i;

	list_open(&j, c->reply, q, ITEMS, page);
	for (i = page.from; i < page.to; i++) {
		server_buf(&text);
		add_located(c, old ? items[i].old : items[i].fresh, &text);
		must_hold(&text);
		json_emit_raw(&j, buf_str(&text));
		buf_wipe(&text);
	}
	list_close(&j);
}

static void list_all(struct call *c, const struct item items[ITEMS])
{
	const struct query everything = {.start = 1, .count = ITEMS};

	if (!refuse_filter(c))
		list_items(c, items, &everything, false);
}

static void get_item(struct call *c, const struct item items[ITEMS], const char *missing)
{
	size_t i;

	if (refuse_filter(c))
		return;
	for (i = 0; i < ITEMS; i++)
		if (str_is(c->last, items[i].id)) {
			reply_json(c->reply, 200);
			add_located(c, items[i].fresh, &c->reply->body);
			return;
		}
	reply_scim_error(c->reply, &c->api->manners, 404, missing, NULL);
}

void schemas_list(struct call *c)
{
	struct query q;

	if (c->api->manners.discovery) {
		list_all(c, schemas);
		return;
	}
	if (query_read(&q, c->request->query, &c->api->manners, c->reply))
		list_items(c, schemas, &q, true);
	query_wipe(&q);
}

void schemas_get(struct call *c)
{
	get_item(c, schemas, "Schema not found.");
}

void resource_types_list(struct call *c)
{
	list_all(c, resource_types);
}

void resource_types_get(struct call *c)
{
	get_item(c, resource_types, "Resource type not found.");
}

void provider_config(struct call *c)
{
	if (refuse_filter(c))
		return;
	reply_json(c->reply, 200);
	add_located(c, provider, &c->reply->body);
}
