/*
 * The machine that provisions one member, driven by scripts: what it asks for and how long it waits
 * before is compared at each step, what came of it is told. Then by a hundred thousand histories of
 * bad luck, against a server that would make the member twice if it were asked twice.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "canned.h"
#include "client/provision.h"

#define BODY "{\"userName\":\"ada@example.com\",\"anything\":1.50}"
#define LIST(count, items)                                                                         \
	"{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:ListResponse\"],"                   \
	"\"totalResults\":" count ",\"startIndex\":1,\"itemsPerPage\":" count                      \
	",\"Resources\":[" items "]}"
#define MEMBER(id, name, role)                                                                     \
	"{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"id\":\"" id               \
	"\",\"userName\":\"" name "\",\"name\":{\"givenName\":\"N/A\",\"familyName\":\"N/A\"},"    \
	"\"meta\":{\"resourceType\":\"User\"},\"sentryOrgRole\":\"" role "\",\"active\":true}"
#define SCIM_ERROR(rest) "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:Error\"]," rest "}"

#define ADA       MEMBER("242", "ada@example.com", "manager")
#define ADA_FOLD  MEMBER("243", "Ada@Example.COM", "Manager")
#define ADA_OTHER MEMBER("244", "lovelace@example.com", "manager")
#define ADA_ROLE  MEMBER("2/4 5", "ada@example.com", "member")
#define ADA_OWNER MEMBER("242", "ada@example.com", "owner")
#define ADA_BOTH  MEMBER("242", "lovelace@example.com", "owner")
#define CONFLICT  SCIM_ERROR("\"detail\":\"User already exists in the database.\"")
#define INVITED                                                                                    \
	SCIM_ERROR("\"status\":\"400\",\"detail\":\"{\\\"email\\\":[\\\"The user ada@example.com " \
		   "has already been invited\\\"]}\"")
#define BAD_ROLE SCIM_ERROR("\"status\":\"400\",\"detail\":\"Invalid organization role.\"")
#define BUSY     "{\"detail\":\"You are attempting to use this endpoint too frequently.\"}"
#define BROKEN   "{\"detail\":\"Internal Error\",\"errorId\":null}"
#define DENIED   "{\"detail\":\"You do not have permission to perform this action.\"}"
#define HTML     "<html><title>Log in</title></html>"

enum request { NOTHING, POST, LOOK, PUT, PUT_ODD };

struct step {
	enum request request; /* what is expected */
	int64_t low, high; /* the wait before it, with the least and the greatest random number */
	/* what comes of it: an answer if there is a status */
	int status;
	const char *fields, *body;
	enum err_kind kind; /* or an error */
	int number;
	bool lost; /* bytes of the request may have reached the server */
};

struct script {
	const char *what;
	enum provision_if_exists if_exists;
	int no_role; /* none is asked for */
	unsigned max;
	struct step steps[12];
	enum provision_outcome outcome;
	const char *resource; /* of a success */
	enum err_kind kind;   /* of a failure, and its exit code */
	int exit_code;
	int status; /* of the refusal shown, and its body */
	const char *refusal;
	const char *says, *hints; /* somewhere in the error */
	bool confirmed, role_differs, by_other_name, unsettled;
};

/* What may come of a request. */
#define OK(text)      .status = 200, .body = text
#define CREATED(text) .status = 201, .body = text
#define NO_CONTENT    .status = 204
#define FOUND(item)   .status = 200, .body = LIST("1", item)
#define NOBODY        .status = 200, .body = LIST("0", "")
#define EXISTS_409    .status = 409, .body = CONFLICT
#define EXISTS_400    .status = 400, .body = INVITED
#define THROTTLED     .status = 429, .body = BUSY
#define AFTER(s)      .status = 429, .fields = "Retry-After: " s "\r\n", .body = BUSY
#define AFTER_503(s)  .status = 503, .fields = "Retry-After: " s "\r\n", .body = HTML
#define DOWN          .status = 503, .body = HTML
#define FAULTY        .status = 500, .body = BROKEN
#define FORBIDDEN     .status = 403, .body = DENIED
#define REFUSED_ROLE  .status = 400, .body = BAD_ROLE
#define UNREACHED     .kind = ERR_CONNECT
#define UNNAMED       .kind = ERR_NAME, .number = EAGAIN
#define NO_SUCH_NAME  .kind = ERR_NAME
#define UNTRUSTED     .kind = ERR_CERTIFICATE
#define CUT           .kind = ERR_CLOSED, .lost = true
#define TIMED_OUT     .kind = ERR_TIMEOUT, .lost = true
#define ENCODED       .kind = ERR_PROTOCOL, .lost = true
#define STOPPED       .kind = ERR_INTERRUPTED, .number = SIGTERM
#define STOPPED_LATE  .kind = ERR_INTERRUPTED, .number = SIGINT, .lost = true

/* The waits before repetitions, the N-th from 0; after a 429; what the server asked for. */
#define BACK(n)     .low = 0, .high = 250 << (n)
#define THROTTLE(n) .low = 0, .high = 1000 << (n)
#define ASKED(ms)   .low = (ms), .high = (ms) + RETRY_SPREAD

/* How it ends. */
#define MADE(text)      .outcome = PROVISION_CREATED, .resource = text
#define EXISTED(text)   .outcome = PROVISION_EXISTED, .resource = text
#define UNCHANGED(text) .outcome = PROVISION_UNCHANGED, .resource = text
#define UPDATED(text)   .outcome = PROVISION_UPDATED, .resource = text
#define FAILED(k, code) .outcome = PROVISION_FAILED, .kind = (k), .exit_code = (code)
#define SHOWS(s, text)  .status = (s), .refusal = text
#define UNKNOWN(text)   FAILED(ERR_UNKNOWN, 4), .says = text
#define NOT_KNOWN_MADE  "not known whether the member was created"
#define NOT_KNOWN_ROLE  "not known whether the role was changed"

static const struct script scripts[] = {
	/* ---- the create, answered ---- */
	{"201", .max = 4, .steps = {{POST, CREATED(ADA)}}, MADE(ADA)},
	{"200 as well, in another case of letters", .steps = {{POST, OK(ADA_FOLD)}},
		MADE(ADA_FOLD)},
	{"409", .max = 4, .steps = {{POST, EXISTS_409}}, FAILED(ERR_EXISTS, 5),
		SHOWS(409, CONFLICT), .hints = "--if-exists ok"},
	{"400 for a pending invitation", .max = 4, .steps = {{POST, EXISTS_400}},
		FAILED(ERR_EXISTS, 5), SHOWS(400, INVITED), .hints = "pending"},
	{"400", .max = 4, .steps = {{POST, REFUSED_ROLE}}, FAILED(ERR_REFUSED, 1),
		SHOWS(400, BAD_ROLE), .hints = "no such role"},
	{"401", .max = 4,
		.steps = {{POST, .status = 401, .body = "{\"detail\":\"Invalid token\"}"}},
		FAILED(ERR_AUTH, 6), SHOWS(401, "{\"detail\":\"Invalid token\"}")},
	{"403", .max = 4, .steps = {{POST, FORBIDDEN}}, FAILED(ERR_AUTH, 6), SHOWS(403, DENIED)},
	{"404", .max = 4, .steps = {{POST, .status = 404, .body = ""}}, FAILED(ERR_NOT_FOUND, 7),
		SHOWS(404, "")},
	{"302", .max = 4, .steps = {{POST, .status = 302, .fields = "Location: https://x/\r\n"}},
		FAILED(ERR_REFUSED, 1), SHOWS(302, ""), .hints = "https://x/"},
	{"429, then 201", .max = 1, .steps = {{POST, THROTTLED}, {POST, THROTTLE(0), CREATED(ADA)}},
		MADE(ADA)},
	{"429 for ever", .max = 4,
		.steps = {{POST, THROTTLED}, {POST, THROTTLE(0), THROTTLED},
			{POST, THROTTLE(1), THROTTLED}, {POST, THROTTLE(2), THROTTLED},
			{POST, THROTTLE(3), THROTTLED}},
		FAILED(ERR_GAVE_UP, 9), SHOWS(429, BUSY), .hints = "--retries"},
	{"429 and no repetitions", .max = 0, .steps = {{POST, THROTTLED}}, FAILED(ERR_GAVE_UP, 9),
		SHOWS(429, BUSY)},
	{"429 with a wait", .max = 4,
		.steps = {{POST, AFTER("7")}, {POST, ASKED(7000), CREATED(ADA)}}, MADE(ADA)},
	{"429 with the longest wait", .max = 4,
		.steps = {{POST, AFTER("60")}, {POST, .low = 60000, .high = 60000, CREATED(ADA)}},
		MADE(ADA)},
	{"429 with too long a wait", .max = 4, .steps = {{POST, AFTER("61")}},
		FAILED(ERR_GAVE_UP, 9), SHOWS(429, BUSY), .hints = "61 s, longer than --max-wait"},
	/* ---- the create, not sent ---- */
	{"unreachable, then 201", .max = 4,
		.steps = {{POST, UNREACHED}, {POST, BACK(0), UNNAMED},
			{POST, BACK(1), .kind = ERR_TIMEOUT}, {POST, BACK(2), .kind = ERR_CLOSED},
			{POST, BACK(3), CREATED(ADA)}},
		MADE(ADA)},
	{"unreachable for ever", .max = 1, .steps = {{POST, UNREACHED}, {POST, BACK(0), UNREACHED}},
		FAILED(ERR_CONNECT, 3), .says = "told so"},
	{"unreachable and no repetitions", .max = 0, .steps = {{POST, UNNAMED}},
		FAILED(ERR_NAME, 3)},
	{"no such name", .max = 4, .steps = {{POST, NO_SUCH_NAME}}, FAILED(ERR_NAME, 3)},
	{"a certificate nobody trusts", .max = 4, .steps = {{POST, UNTRUSTED}},
		FAILED(ERR_CERTIFICATE, 3)},
	{"a proxy that refuses", .max = 4, .steps = {{POST, .kind = ERR_PROXY}},
		FAILED(ERR_PROXY, 3)},
	{"no handshake", .max = 4, .steps = {{POST, .kind = ERR_TLS}}, FAILED(ERR_TLS, 3)},
	{"no memory", .max = 4, .steps = {{POST, .kind = ERR_MEMORY}}, FAILED(ERR_MEMORY, 10)},
	{"stopped before", .max = 4, .steps = {{POST, STOPPED}}, FAILED(ERR_INTERRUPTED, 143),
		.says = "told so"},
	{"repetitions count over all reasons", .max = 2,
		.steps = {{POST, THROTTLED}, {POST, THROTTLE(0), UNREACHED},
			{POST, BACK(1), THROTTLED}},
		FAILED(ERR_GAVE_UP, 9), SHOWS(429, BUSY)},
	/* ---- the create, with an unknown effect: the look-up decides ---- */
	{"cut, and it is there", .max = 4, .steps = {{POST, CUT}, {LOOK, FOUND(ADA)}}, MADE(ADA),
		.confirmed = true},
	{"cut, and it is there; no repetitions are needed for that", .max = 0,
		.steps = {{POST, TIMED_OUT}, {LOOK, FOUND(ADA)}}, MADE(ADA), .confirmed = true},
	{"an answer that cannot be read", .max = 0, .steps = {{POST, ENCODED}, {LOOK, FOUND(ADA)}},
		MADE(ADA), .confirmed = true},
	{"cut, not there, then 201", .max = 1,
		.steps = {{POST, CUT}, {LOOK, NOBODY}, {POST, BACK(0), CREATED(ADA)}}, MADE(ADA)},
	{"cut and not there for ever", .max = 2,
		.steps = {{POST, CUT}, {LOOK, NOBODY}, {POST, BACK(0), CUT}, {LOOK, NOBODY},
			{POST, BACK(1), TIMED_OUT}, {LOOK, NOBODY}},
		FAILED(ERR_GAVE_UP, 9), .says = "told so", .hints = "was not created"},
	{"cut, not there, no repetitions", .max = 0, .steps = {{POST, CUT}, {LOOK, NOBODY}},
		FAILED(ERR_GAVE_UP, 9)},
	{"cut, found in another case of letters", .max = 4,
		.steps = {{POST, CUT}, {LOOK, FOUND(ADA_FOLD)}}, MADE(ADA_FOLD), .confirmed = true},
	{"cut, found among others", .max = 4,
		.steps = {{POST, CUT}, {LOOK, OK(LIST("3", ADA_OTHER "," ADA "," ADA_FOLD))}},
		MADE(ADA), .confirmed = true},
	{"cut, found by another address", .max = 4,
		.steps = {{POST, CUT}, {LOOK, FOUND(ADA_OTHER)}}, FAILED(ERR_EXISTS, 5),
		.says = "another address", .by_other_name = true},
	{"the same, and that is well", .if_exists = PROVISION_OK, .max = 4,
		.steps = {{POST, CUT}, {LOOK, FOUND(ADA_OTHER)}}, EXISTED(ADA_OTHER),
		.by_other_name = true},
	{"found with another role", .max = 4, .steps = {{POST, CUT}, {LOOK, FOUND(ADA_ROLE)}},
		MADE(ADA_ROLE), .confirmed = true, .role_differs = true},
	{"the same, no role asked for", .no_role = 1, .max = 4,
		.steps = {{POST, CUT}, {LOOK, FOUND(ADA_ROLE)}}, MADE(ADA_ROLE), .confirmed = true},
	{"found with another role, so it was there before", .if_exists = PROVISION_OK, .max = 4,
		.steps = {{POST, CUT}, {LOOK, FOUND(ADA_ROLE)}}, EXISTED(ADA_ROLE),
		.role_differs = true},
	{"the same, and the role is to be the one asked for", .if_exists = PROVISION_UPDATE,
		.max = 4, .steps = {{POST, CUT}, {LOOK, FOUND(ADA_ROLE)}, {PUT_ODD, OK(ADA)}},
		UPDATED(ADA)},
	{"503, and it is there", .max = 4, .steps = {{POST, DOWN}, {LOOK, FOUND(ADA)}}, MADE(ADA),
		.confirmed = true},
	{"503, not there, then 201", .max = 4,
		.steps = {{POST, DOWN}, {LOOK, NOBODY}, {POST, BACK(0), CREATED(ADA)}}, MADE(ADA)},
	{"503 with a wait: asked at once, sent again after it", .max = 4,
		.steps = {{POST, AFTER_503("7")}, {LOOK, NOBODY}, {POST, ASKED(7000), CUT},
			{LOOK, NOBODY}, {POST, BACK(1), CREATED(ADA)}},
		MADE(ADA)},
	{"503 with too long a wait", .max = 4, .steps = {{POST, AFTER_503("61")}, {LOOK, NOBODY}},
		FAILED(ERR_GAVE_UP, 9), SHOWS(503, HTML), .hints = "longer than --max-wait"},
	{"503 for ever", .max = 1,
		.steps = {{POST, DOWN}, {LOOK, NOBODY}, {POST, BACK(0), DOWN}, {LOOK, NOBODY}},
		FAILED(ERR_GAVE_UP, 9), SHOWS(503, HTML), .hints = "not available"},
	{"500, and it is there", .max = 4, .steps = {{POST, FAULTY}, {LOOK, FOUND(ADA)}}, MADE(ADA),
		.confirmed = true},
	{"500, and it is not: not repeated", .max = 4, .steps = {{POST, FAULTY}, {LOOK, NOBODY}},
		FAILED(ERR_REFUSED, 1), SHOWS(500, BROKEN)},
	{"500, and no look-up", .max = 0, .steps = {{POST, FAULTY}, {LOOK, DOWN}},
		FAILED(ERR_REFUSED, 1), SHOWS(500, BROKEN), .unsettled = true},
	{"a log-in page", .max = 4, .steps = {{POST, OK(HTML)}, {LOOK, OK(HTML)}},
		FAILED(ERR_PROTOCOL, 1), .hints = "log", .unsettled = true},
	{"a log-in page, yet it is there", .max = 4,
		.steps = {{POST, OK(HTML)}, {LOOK, FOUND(ADA)}}, MADE(ADA), .confirmed = true},
	{"no body, yet it is there", .max = 4, .steps = {{POST, NO_CONTENT}, {LOOK, FOUND(ADA)}},
		MADE(ADA), .confirmed = true},
	{"somebody else", .max = 4, .steps = {{POST, CREATED(ADA_OTHER)}, {LOOK, NOBODY}},
		FAILED(ERR_PROTOCOL, 1), .says = "not this member"},
	{"no id", .max = 4,
		.steps = {{POST, CREATED("{\"userName\":\"ada@example.com\"}")}, {LOOK, NOBODY}},
		FAILED(ERR_PROTOCOL, 1)},
	{"cut, not there, committed late: it is ours", .max = 4,
		.steps = {{POST, CUT}, {LOOK, NOBODY}, {POST, BACK(0), EXISTS_400},
			{LOOK, FOUND(ADA)}},
		MADE(ADA), .confirmed = true},
	{"the same, and the list does not know yet", .max = 4,
		.steps = {{POST, CUT}, {LOOK, NOBODY}, {POST, BACK(0), EXISTS_409}, {LOOK, NOBODY}},
		FAILED(ERR_EXISTS, 5), SHOWS(409, CONFLICT), .unsettled = true},
	{"exists after all, and asking fails", .max = 1,
		.steps = {{POST, CUT}, {LOOK, NOBODY}, {POST, BACK(0), EXISTS_409},
			{LOOK, UNTRUSTED}},
		FAILED(ERR_EXISTS, 5), SHOWS(409, CONFLICT), .unsettled = true},
	{"cut, not there, then refused", .max = 4,
		.steps = {{POST, CUT}, {LOOK, NOBODY}, {POST, BACK(0), FORBIDDEN}},
		FAILED(ERR_AUTH, 6), SHOWS(403, DENIED)},
	{"stopped in the middle", .max = 4, .steps = {{POST, STOPPED_LATE}},
		FAILED(ERR_INTERRUPTED, 130), .says = NOT_KNOWN_MADE},
	{"stopped while the effect is unknown", .max = 4, .steps = {{POST, CUT}, {LOOK, STOPPED}},
		FAILED(ERR_INTERRUPTED, 143), .says = NOT_KNOWN_MADE},
	{"stopped after a 500", .max = 4, .steps = {{POST, FAULTY}, {LOOK, STOPPED_LATE}},
		FAILED(ERR_INTERRUPTED, 130), .says = NOT_KNOWN_MADE},
	/* ---- a look-up that cannot be had ---- */
	{"busy, down, cut, unreachable, then found", .max = 4,
		.steps = {{POST, CUT}, {LOOK, THROTTLED}, {LOOK, THROTTLE(0), DOWN},
			{LOOK, BACK(1), CUT}, {LOOK, BACK(2), UNREACHED},
			{LOOK, BACK(3), FOUND(ADA)}},
		MADE(ADA), .confirmed = true},
	{"down for ever", .max = 1, .steps = {{POST, CUT}, {LOOK, DOWN}, {LOOK, BACK(0), FAULTY}},
		UNKNOWN(NOT_KNOWN_MADE), .hints = "--if-exists ok"},
	{"down, and no repetitions", .max = 0, .steps = {{POST, DOWN}, {LOOK, DOWN}},
		UNKNOWN(NOT_KNOWN_MADE)},
	{"forbidden", .max = 4, .steps = {{POST, CUT}, {LOOK, FORBIDDEN}}, UNKNOWN("status 403")},
	{"redirected", .max = 4, .steps = {{POST, CUT}, {LOOK, .status = 301}},
		UNKNOWN("status 301")},
	{"a conflict, which is no answer to a question", .max = 4,
		.steps = {{POST, CUT}, {LOOK, EXISTS_409}}, UNKNOWN("status 409")},
	{"no list", .max = 4, .steps = {{POST, CUT}, {LOOK, OK(ADA)}}, UNKNOWN("no list")},
	{"no JSON", .max = 4, .steps = {{POST, CUT}, {LOOK, OK(HTML)}}, UNKNOWN("no list")},
	{"a list that counts somebody and shows nobody", .max = 4,
		.steps = {{POST, CUT}, {LOOK, OK(LIST("1", ""))}}, UNKNOWN("no list")},
	{"a list of something else", .max = 4, .steps = {{POST, CUT}, {LOOK, FOUND("7")}},
		UNKNOWN("no list")},
	{"no certificate now", .max = 4, .steps = {{POST, CUT}, {LOOK, UNTRUSTED}},
		UNKNOWN(NOT_KNOWN_MADE)},
	{"asked to wait too long", .max = 4, .steps = {{POST, CUT}, {LOOK, AFTER("61")}},
		UNKNOWN("status 429"), .hints = "--if-exists ok"},
	{"asked to wait", .max = 4,
		.steps = {{POST, CUT}, {LOOK, AFTER_503("3")}, {LOOK, ASKED(3000), NOBODY},
			{POST, BACK(0), CREATED(ADA)}},
		MADE(ADA)},
	{"each look-up has its own repetitions, the creates share theirs", .max = 2,
		.steps = {{POST, CUT}, {LOOK, DOWN}, {LOOK, BACK(0), NOBODY}, {POST, BACK(0), DOWN},
			{LOOK, CUT}, {LOOK, BACK(0), CUT}, {LOOK, BACK(1), NOBODY},
			{POST, BACK(1), CREATED(ADA)}},
		MADE(ADA)},
	/* ---- it exists, and that is well ---- */
	{"exists, as asked", .if_exists = PROVISION_OK, .max = 4,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA)}}, EXISTED(ADA)},
	{"invited, in another case of letters", .if_exists = PROVISION_OK, .max = 4,
		.steps = {{POST, EXISTS_400}, {LOOK, FOUND(ADA_FOLD)}}, EXISTED(ADA_FOLD)},
	{"with another role", .if_exists = PROVISION_OK, .max = 4,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA_ROLE)}}, EXISTED(ADA_ROLE),
		.role_differs = true},
	{"with another role, none asked for", .if_exists = PROVISION_OK, .no_role = 1, .max = 4,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA_ROLE)}}, EXISTED(ADA_ROLE)},
	{"by another address", .if_exists = PROVISION_OK, .max = 4,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA_OTHER)}}, EXISTED(ADA_OTHER),
		.by_other_name = true},
	{"not listed: the create's words stay", .if_exists = PROVISION_OK, .max = 4,
		.steps = {{POST, EXISTS_409}, {LOOK, NOBODY}}, FAILED(ERR_EXISTS, 5),
		SHOWS(409, CONFLICT), .hints = "wait for approval"},
	{"the look-up is repeated", .if_exists = PROVISION_OK, .max = 3,
		.steps = {{POST, EXISTS_409}, {LOOK, DOWN}, {LOOK, BACK(0), CUT},
			{LOOK, BACK(1), UNREACHED}, {LOOK, BACK(2), FOUND(ADA)}},
		EXISTED(ADA)},
	{"the look-up is refused", .if_exists = PROVISION_OK, .max = 4,
		.steps = {{POST, EXISTS_409}, {LOOK, FORBIDDEN}}, FAILED(ERR_AUTH, 6),
		SHOWS(403, DENIED)},
	{"the look-up is throttled for ever", .if_exists = PROVISION_OK, .max = 1,
		.steps = {{POST, EXISTS_409}, {LOOK, THROTTLED}, {LOOK, THROTTLE(0), THROTTLED}},
		FAILED(ERR_GAVE_UP, 9), SHOWS(429, BUSY)},
	{"the look-up is to wait too long", .if_exists = PROVISION_OK, .max = 4,
		.steps = {{POST, EXISTS_409}, {LOOK, AFTER("3600")}}, FAILED(ERR_GAVE_UP, 9),
		SHOWS(429, BUSY), .hints = "3600 s, longer than --max-wait"},
	{"the look-up breaks the server", .if_exists = PROVISION_OK, .max = 0,
		.steps = {{POST, EXISTS_409}, {LOOK, FAULTY}}, FAILED(ERR_REFUSED, 1),
		SHOWS(500, BROKEN)},
	{"the look-up is cut for ever", .if_exists = PROVISION_OK, .max = 1,
		.steps = {{POST, EXISTS_409}, {LOOK, CUT}, {LOOK, BACK(0), CUT}},
		FAILED(ERR_GAVE_UP, 9), .says = "told so"},
	{"the look-up does not get through", .if_exists = PROVISION_OK, .max = 0,
		.steps = {{POST, EXISTS_409}, {LOOK, UNREACHED}}, FAILED(ERR_CONNECT, 3)},
	{"the look-up cannot be trusted", .if_exists = PROVISION_OK, .max = 4,
		.steps = {{POST, EXISTS_409}, {LOOK, UNTRUSTED}}, FAILED(ERR_CERTIFICATE, 3)},
	{"the look-up gives no list", .if_exists = PROVISION_OK, .max = 4,
		.steps = {{POST, EXISTS_409}, {LOOK, OK(HTML)}}, FAILED(ERR_EXISTS, 5),
		SHOWS(409, CONFLICT)},
	{"stopped at the look-up: nothing is unknown", .if_exists = PROVISION_OK, .max = 4,
		.steps = {{POST, EXISTS_409}, {LOOK, STOPPED_LATE}}, FAILED(ERR_INTERRUPTED, 130),
		.says = "told so"},
	/* ---- it exists, and the role is to be the one asked for ---- */
	{"as asked", .if_exists = PROVISION_UPDATE, .max = 4,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA_FOLD)}}, UNCHANGED(ADA_FOLD)},
	{"no role asked for", .if_exists = PROVISION_UPDATE, .no_role = 1, .max = 4,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA_OWNER)}}, UNCHANGED(ADA_OWNER)},
	{"changed", .if_exists = PROVISION_UPDATE, .max = 4,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA_ROLE)}, {PUT_ODD, OK(ADA_FOLD)}},
		UPDATED(ADA_FOLD)},
	{"an owner", .if_exists = PROVISION_UPDATE, .max = 4,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA_OWNER)}, {PUT, OK(ADA_OWNER)}},
		FAILED(ERR_REFUSED, 1), .says = "the role is 'owner'", .hints = "owner's role"},
	{"changed, says an empty answer; the look-up says the same", .if_exists = PROVISION_UPDATE,
		.max = 4,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA_OWNER)}, {PUT, NO_CONTENT},
			{LOOK, FOUND(ADA)}},
		UPDATED(ADA)},
	{"the look-up says otherwise", .if_exists = PROVISION_UPDATE, .max = 4,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA_OWNER)}, {PUT, NO_CONTENT},
			{LOOK, FOUND(ADA_OWNER)}},
		FAILED(ERR_REFUSED, 1), .says = "the role is 'owner'"},
	{"the look-up says nothing", .if_exists = PROVISION_UPDATE, .max = 0,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA_OWNER)}, {PUT, NO_CONTENT},
			{LOOK, DOWN}},
		UNKNOWN(NOT_KNOWN_ROLE)},
	{"the look-up gives no list", .if_exists = PROVISION_UPDATE, .max = 0,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA_OWNER)}, {PUT, OK(HTML)},
			{LOOK, OK(HTML)}},
		UNKNOWN(NOT_KNOWN_ROLE)},
	{"nobody is there any more", .if_exists = PROVISION_UPDATE, .max = 0,
		.steps = {{POST, CUT}, {LOOK, FOUND(ADA_BOTH)}, {PUT, NO_CONTENT}, {LOOK, NOBODY}},
		UNKNOWN(NOT_KNOWN_ROLE), .by_other_name = true},
	{"the change is repeated", .if_exists = PROVISION_UPDATE, .max = 4,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA_OWNER)}, {PUT, THROTTLED},
			{PUT, THROTTLE(0), CUT}, {PUT, BACK(1), DOWN}, {PUT, BACK(2), UNREACHED},
			{PUT, BACK(3), OK(ADA)}},
		UPDATED(ADA)},
	{"the change is throttled for ever", .if_exists = PROVISION_UPDATE, .max = 1,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA_OWNER)}, {PUT, THROTTLED},
			{PUT, THROTTLE(0), THROTTLED}},
		FAILED(ERR_GAVE_UP, 9), SHOWS(429, BUSY)},
	{"the change is to wait too long", .if_exists = PROVISION_UPDATE, .max = 1,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA_OWNER)}, {PUT, AFTER("61")}},
		FAILED(ERR_GAVE_UP, 9), SHOWS(429, BUSY), .hints = "longer than --max-wait"},
	{"the change is cut for ever", .if_exists = PROVISION_UPDATE, .max = 1,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA_OWNER)}, {PUT, CUT},
			{PUT, BACK(0), CUT}},
		UNKNOWN(NOT_KNOWN_ROLE)},
	{"the change is down for ever", .if_exists = PROVISION_UPDATE, .max = 0,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA_OWNER)}, {PUT, DOWN}},
		UNKNOWN(NOT_KNOWN_ROLE)},
	{"the change may have been made, then nobody was reached", .if_exists = PROVISION_UPDATE,
		.max = 1,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA_OWNER)}, {PUT, CUT},
			{PUT, BACK(0), UNREACHED}},
		UNKNOWN(NOT_KNOWN_ROLE)},
	{"the change was not sent", .if_exists = PROVISION_UPDATE, .max = 0,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA_OWNER)}, {PUT, UNREACHED}},
		FAILED(ERR_CONNECT, 3)},
	{"the change cannot be trusted to anybody", .if_exists = PROVISION_UPDATE, .max = 4,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA_OWNER)}, {PUT, UNTRUSTED}},
		FAILED(ERR_CERTIFICATE, 3)},
	{"the change is refused", .if_exists = PROVISION_UPDATE, .max = 4,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA_OWNER)}, {PUT, REFUSED_ROLE}},
		FAILED(ERR_REFUSED, 1), SHOWS(400, BAD_ROLE)},
	{"gone meanwhile", .if_exists = PROVISION_UPDATE, .max = 4,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA_OWNER)},
			{PUT, .status = 404, .body = SCIM_ERROR("\"status\":\"404\"")}},
		FAILED(ERR_NOT_FOUND, 7), SHOWS(404, SCIM_ERROR("\"status\":\"404\"")),
		.hints = "no such resource"},
	{"the change breaks the server", .if_exists = PROVISION_UPDATE, .max = 4,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA_OWNER)}, {PUT, FAULTY}},
		FAILED(ERR_REFUSED, 1), SHOWS(500, BROKEN)},
	{"stopped before the change", .if_exists = PROVISION_UPDATE, .max = 4,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA_OWNER)}, {PUT, STOPPED}},
		FAILED(ERR_INTERRUPTED, 143), .says = "told so"},
	{"stopped in the change", .if_exists = PROVISION_UPDATE, .max = 4,
		.steps = {{POST, EXISTS_409}, {LOOK, FOUND(ADA_OWNER)}, {PUT, STOPPED_LATE}},
		FAILED(ERR_INTERRUPTED, 130), .says = NOT_KNOWN_ROLE},
	{"stopped before the change of a member that was there all the time",
		.if_exists = PROVISION_UPDATE, .max = 4,
		.steps = {{POST, CUT}, {LOOK, FOUND(ADA_BOTH)}, {PUT, STOPPED}},
		FAILED(ERR_INTERRUPTED, 143), .says = "told so", .by_other_name = true},
	{"found by another address, as asked", .if_exists = PROVISION_UPDATE, .max = 4,
		.steps = {{POST, CUT}, {LOOK, FOUND(ADA_OTHER)}}, UNCHANGED(ADA_OTHER),
		.by_other_name = true},
};

static const struct answer_question at_sentry = {
	.is_sentry = true, .token = SENTRY_TOKEN_INTEGRATION};

static struct canned canned;

static int begin(void **state)
{
	(void)state;
	canned_init(&canned);
	return 0;
}

static int end(void **state)
{
	(void)state;
	canned_wipe(&canned);
	return 0;
}

static void start(struct provision *p, const char *name, const char *role,
	enum provision_if_exists if_exists, unsigned max, const struct answer_question *question)
{
	const struct retry_policy policy = {.max = max, .max_wait = 60000};

	provision_init(p, str_of(name), str_of(role), str_of(BODY), if_exists, &policy, question);
}

static void tell_answer(
	struct provision *p, int status, const char *fields, const char *body, uint32_t random)
{
	struct provision_event event = {.end = PROVISION_ANSWERED, .random = random};

	canned_set(&canned, status, fields, body);
	event.response = &canned.response;
	event.body = buf_str(&canned.body);
	provision_take(p, &event);
}

static void tell_error(
	struct provision *p, enum err_kind kind, int number, bool lost, uint32_t random)
{
	struct provision_event event = {
		.end = lost ? PROVISION_NO_ANSWER : PROVISION_NOT_SENT, .random = random};
	struct err e = {.kind = kind, .number = number, .text = "told so"};

	event.err = &e;
	provision_take(p, &event);
	/* nothing may be kept of what was only lent */
	memset(&e, 0x55, sizeof(e));
}

static void tell(struct provision *p, const struct step *s, uint32_t random)
{
	if (s->status != 0)
		tell_answer(p, s->status, s->fields != NULL ? s->fields : "",
			s->body != NULL ? s->body : "", random);
	else
		tell_error(p, s->kind, s->number, s->lost, random);
}

static const struct {
	const char *method, *path, *body;
} requests[] = {
	[POST] = {"POST", "Users", BODY},
	[LOOK] = {"GET", "Users?filter=userName%20eq%20%22ada%40example.com%22", ""},
	[PUT] = {"PUT", "Users/242", "{\"sentryOrgRole\":\"manager\"}"},
	[PUT_ODD] = {"PUT", "Users/2%2F4%205", "{\"sentryOrgRole\":\"manager\"}"},
};

static void expect(struct provision *p, enum request wanted, const char *what, unsigned step)
{
	struct message_call call;

	if (!provision_next(p, &call))
		fail_msg("%s: over before step %u: %s", what, step, p->err.text);
	if (!str_is(call.method, requests[wanted].method) ||
		!str_is(call.path, requests[wanted].path) ||
		!str_is(call.body, requests[wanted].body))
		fail_msg("%s: step %u is %.*s %.*s %.*s", what, step, STR_ARG(call.method),
			STR_ARG(call.path), STR_ARG(call.body));
}

static void check_end(const struct provision *p, const struct script *s)
{
	if (p->outcome != s->outcome)
		fail_msg("%s: outcome %d (%s)", s->what, p->outcome, p->err.text);
	assert_int_equal(p->confirmed, s->confirmed);
	assert_int_equal(p->role_differs, s->role_differs);
	assert_int_equal(p->by_other_name, s->by_other_name);
	assert_int_equal(p->unsettled, s->unsettled);
	assert_int_equal(p->wait, 0);
	assert_string_equal(p->why, "");
	if (p->status != s->status)
		fail_msg("%s: status %d", s->what, p->status);
	assert_string_equal(buf_text(&p->refusal), s->refusal != NULL ? s->refusal : "");
	assert_string_equal(buf_text(&p->resource), s->resource != NULL ? s->resource : "");
	if (s->outcome != PROVISION_FAILED) {
		assert_int_equal(p->err.kind, ERR_NONE);
		return;
	}
	if (p->err.kind != s->kind)
		fail_msg("%s: %s: %s", s->what, err_kind_name(p->err.kind), p->err.text);
	assert_int_equal(err_exit_code(&p->err), s->exit_code);
	if (s->says != NULL && strstr(p->err.text, s->says) == NULL)
		fail_msg("%s: it says: %s", s->what, p->err.text);
	if (s->says != NULL && strcmp(s->says, "told so") == 0)
		assert_string_equal(p->err.text, "told so");
	if (s->hints != NULL && strstr(p->err.hint, s->hints) == NULL)
		fail_msg("%s: it hints: %s", s->what, p->err.hint);
}

static void play(const struct script *s, uint32_t random)
{
	const struct step *step;
	struct message_call call;
	struct provision p;
	unsigned i = 0;

	start(&p, "ada@example.com", s->no_role ? "" : "manager", s->if_exists, s->max, &at_sentry);
	for (step = s->steps; step->request != NOTHING; step++) {
		expect(&p, step->request, s->what, ++i);
		if (p.wait != (random == 0 ? step->low : step->high))
			fail_msg("%s: wait %lld before step %u", s->what, (long long)p.wait, i);
		/* a person is told why something is asked again */
		assert_true(i == 1 || p.wait == 0 || p.why[0] != '\0');
		tell(&p, step, random);
	}
	if (provision_next(&p, &call))
		fail_msg("%s: goes on with %.*s", s->what, STR_ARG(call.method));
	check_end(&p, s);
	/* what is over stays over */
	tell_answer(&p, 201, "", ADA, random);
	check_end(&p, s);
	provision_wipe(&p);
}

static void each_script_is_followed(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
		play(&scripts[i], 0);
		play(&scripts[i], UINT32_MAX);
	}
}

static void notes_say_why_something_is_asked_again(void **state)
{
	struct provision p;

	(void)state;
	start(&p, "ada@example.com", "", PROVISION_FAIL, 4, &at_sentry);
	assert_string_equal(p.why, "");
	tell_answer(&p, 429, "Retry-After: 2\r\n", BUSY, 0);
	assert_string_equal(
		p.why, "the server answered with status 429; asking again in 2.0 s (1 of 4)");
	tell_answer(&p, 503, "", HTML, 0);
	assert_string_equal(p.why,
		"the server answered with status 503; looking whether ada@example.com was created");
	tell_error(&p, ERR_CONNECT, 0, false, UINT32_MAX);
	assert_string_equal(p.why, "told so; asking again in 0.2 s (1 of 4)");
	tell_answer(&p, 200, "", LIST("0", ""), UINT32_MAX);
	assert_string_equal(p.why, "it was not; creating again in 0.5 s (2 of 4)");
	tell_answer(&p, 201, "", ADA, 0);
	assert_string_equal(p.why, "");
	provision_wipe(&p);
}

/* A name that no filter can hold leaves nobody to ask. */
static void names_that_cannot_be_looked_up_end_unknown(void **state)
{
	static const char *const names[] = {
		"a,b@example.com", "a\"b@example.com", "a\\b", "a eq b", "a\tb", " "};
	struct provision p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		start(&p, names[i], "", PROVISION_OK, 4, &at_sentry);
		tell_error(&p, ERR_CLOSED, 0, true, 0);
		assert_int_equal(p.outcome, PROVISION_FAILED);
		assert_int_equal(err_exit_code(&p.err), 4);
		assert_non_null(strstr(p.err.text, "cannot be searched for"));
		provision_wipe(&p);

		start(&p, names[i], "", PROVISION_FAIL, 4, &at_sentry);
		tell_answer(&p, 500, "", BROKEN, 0);
		assert_int_equal(err_exit_code(&p.err), 1);
		provision_wipe(&p);

		start(&p, names[i], "", PROVISION_OK, 4, &at_sentry);
		tell_answer(&p, 409, "", CONFLICT, 0);
		assert_int_equal(p.outcome, PROVISION_FAILED);
		assert_int_equal(err_exit_code(&p.err), 5);
		assert_int_equal(p.status, 409);
		provision_wipe(&p);
	}
}

/* Other providers follow RFC 7644, where a filter's string is JSON. */
static void elsewhere_every_name_can_be_looked_up(void **state)
{
	static const struct answer_question elsewhere = {.token = SENTRY_TOKEN_PLAIN};
	struct message_call call;
	struct provision p;

	(void)state;
	start(&p, "a,\"b", "", PROVISION_FAIL, 4, &elsewhere);
	tell_error(&p, ERR_CLOSED, 0, true, 0);
	assert_true(provision_next(&p, &call));
	assert_true(str_is(call.method, "GET"));
	assert_true(str_is(call.path, "Users?filter=userName%20eq%20%22a%2C%5C%22b%22"));
	tell_answer(&p, 200, "", LIST("1", "{\"id\":\"1\",\"userName\":\"a,\\u0022b\"}"), 0);
	assert_int_equal(p.outcome, PROVISION_CREATED);
	assert_true(p.confirmed);
	provision_wipe(&p);
}

/* What an earlier run may have done is looked for first; that is no repetition, and leaves as many
   as the policy has. */
static void a_resumed_create_begins_with_a_lookup(void **state)
{
	struct message_call call;
	struct provision p;

	(void)state;
	start(&p, "ada@example.com", "manager", PROVISION_OK, 0, &at_sentry);
	provision_resume(&p);
	assert_true(provision_next(&p, &call));
	assert_true(str_is(call.method, "GET"));
	tell_answer(&p, 200, "", LIST("0", ""), 0);
	assert_true(provision_next(&p, &call));
	assert_true(str_is(call.method, "POST"));
	assert_int_equal(p.wait, 0);
	tell_answer(&p, 201, "", ADA, 0);
	assert_int_equal(p.outcome, PROVISION_CREATED);
	assert_false(p.confirmed);
	provision_wipe(&p);

	start(&p, "ada@example.com", "manager", PROVISION_OK, 0, &at_sentry);
	provision_resume(&p);
	assert_true(provision_next(&p, &call));
	tell_answer(&p, 200, "", LIST("1", ADA), 0);
	assert_int_equal(p.outcome, PROVISION_CREATED);
	assert_true(p.confirmed);
	provision_wipe(&p);
}

/* Words about a person and the causes of an error are cut, never overrun. */
static void long_names_and_causes_are_cut(void **state)
{
	struct err e = {.kind = ERR_CLOSED};
	struct provision_event event = {.end = PROVISION_NO_ANSWER, .err = &e};
	struct provision p;
	char name[2000];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memset(e.text, 'y', sizeof(e.text) - 1);
	start(&p, name, "", PROVISION_FAIL, 0, &at_sentry);
	provision_take(&p, &event);
	assert_int_equal(strlen(p.why), sizeof(p.why) - 1);
	provision_take(&p, &event);
	assert_int_equal(p.err.kind, ERR_UNKNOWN);
	assert_non_null(strstr(p.err.text, NOT_KNOWN_MADE));
	provision_wipe(&p);
}

/* What was done is not undone by having no memory for the answer. */
static void no_memory_for_the_answer_is_an_error_of_its_own(void **state)
{
	struct provision p;

	(void)state;
	start(&p, "ada@example.com", "", PROVISION_FAIL, 4, &at_sentry);
	p.resource.max = 16;
	tell_answer(&p, 201, "", ADA, 0);
	assert_int_equal(p.outcome, PROVISION_FAILED);
	assert_int_equal(err_exit_code(&p.err), 10);
	assert_non_null(strstr(p.err.text, "ada@example.com was provisioned"));
	assert_true(p.unsettled);
	provision_wipe(&p);
	/* Who is known to have been there before needs no asking. */
	start(&p, "ada@example.com", "", PROVISION_OK, 4, &at_sentry);
	p.resource.max = 16;
	tell_answer(&p, 409, "", CONFLICT, 0);
	tell_answer(&p, 200, "", LIST("1", ADA), 0);
	assert_int_equal(err_exit_code(&p.err), 10);
	assert_false(p.unsettled);
	provision_wipe(&p);
}

/* ---- histories ---- */

/* Marsaglia's xorshift: the same histories on every machine. */
static uint64_t luck;

static unsigned chance(unsigned of)
{
	luck ^= luck << 13;
	luck ^= luck >> 7;
	luck ^= luck << 17;
	return (unsigned)(luck >> 33) % of;
}

static uint32_t random_bits(void)
{
	return chance(4) == 0 ? UINT32_MAX : chance(1u << 31);
}

/*
 * The organization, as far as one name matters. A server that is NAIVE makes the member as often as
 * it is asked; one that is not refuses it the second time, and may do late what it was asked.
 */
struct world {
	bool naive;
	bool existed;       /* before the first request */
	unsigned made;      /* by requests of ours */
	unsigned late;      /* creates that were taken and not executed yet */
	unsigned stale;     /* look-ups that will still be answered from an old copy */
	bool role_as_asked; /* of the member */
	bool in_doubt;      /* a create went out whose effect the client cannot know */
	unsigned posts, puts, lost;
	unsigned requests;
};

static bool there(const struct world *w)
{
	return w->existed || w->made > 0;
}

static void execute_create(struct world *w)
{
	if (w->naive || !there(w)) {
		w->made++;
		w->role_as_asked = true;
	}
}

static void commit_late(struct world *w)
{
	while (w->late > 0 && chance(2) == 0) {
		w->late--;
		execute_create(w);
	}
}

/* The create is executed, now or later, or not at all; nobody hears of it. */
static void lose_create(struct world *w)
{
	unsigned fate = chance(w->naive ? 2 : 3);

	w->in_doubt = true;
	w->lost++;
	if (fate == 1)
		execute_create(w);
	else if (fate == 2)
		w->late++;
	if (!w->naive && chance(3) == 0)
		w->stale = chance(3);
}

/* What may come of any request, told to the machine; false when it was executed instead. */
static bool mishap(struct world *w, struct provision *p, bool create)
{
	static const enum err_kind early[] = {ERR_CONNECT, ERR_TIMEOUT, ERR_CLOSED, ERR_NAME,
		ERR_CERTIFICATE, ERR_PROXY, ERR_TLS};
	static const enum err_kind late[] = {ERR_TIMEOUT, ERR_CLOSED, ERR_PROTOCOL, ERR_SYSTEM};
	static const int down[] = {408, 502, 503, 504, 507, 522};

	switch (chance(14)) {
	case 0:
		tell_error(p, early[chance(7)], chance(2) == 0 ? EAGAIN : 0, false, random_bits());
		return true;
	case 1:
	case 2:
		if (create)
			lose_create(w);
		tell_error(p, late[chance(4)], 0, true, random_bits());
		return true;
	case 3:
	case 4:
		if (create)
			lose_create(w);
		tell_answer(p, down[chance(6)], chance(4) == 0 ? "Retry-After: 90\r\n" : "", HTML,
			random_bits());
		return true;
	case 5:
		tell_answer(
			p, 429, chance(4) == 0 ? "Retry-After: 1\r\n" : "", BUSY, random_bits());
		return true;
	case 6:
		if (create)
			lose_create(w);
		tell_answer(p, chance(2) == 0 ? 500 : 200, "", chance(2) == 0 ? HTML : BROKEN,
			random_bits());
		return true;
	case 7:
		if (chance(4) > 0)
			return false;
		if (chance(2) == 0) {
			tell_error(p, ERR_INTERRUPTED, SIGINT, false, 0);
		} else {
			if (create)
				lose_create(w);
			tell_error(p, ERR_INTERRUPTED, SIGINT, true, 0);
		}
		return true;
	case 8:
		if (chance(4) > 0)
			return false;
		tell_answer(p, 403, "", DENIED, random_bits());
		return true;
	default: return false;
	}
}

static void serve_create(struct world *w, struct provision *p)
{
	/* The rule of all rules: nothing in doubt is sent again. */
	assert_false(w->in_doubt);
	w->posts++;
	if (mishap(w, p, true))
		return;
	if (!w->naive && there(w)) {
		tell_answer(p, chance(2) == 0 ? 409 : 400, "", chance(2) == 0 ? CONFLICT : INVITED,
			random_bits());
		return;
	}
	execute_create(w);
	tell_answer(p, 201, "", ADA, random_bits());
}

static void serve_look_up(struct world *w, struct provision *p)
{
	const char *found = w->role_as_asked ? LIST("1", ADA) : LIST("1", ADA_OWNER);

	if (mishap(w, p, false))
		return;
	w->in_doubt = false;
	if (w->stale > 0)
		w->stale--;
	else if (there(w)) {
		tell_answer(p, 200, "", found, random_bits());
		return;
	}
	tell_answer(p, 200, "", LIST("0", ""), random_bits());
}

static void serve_change(struct world *w, struct provision *p)
{
	bool executed = chance(2) == 0;

	w->puts++;
	if (executed)
		w->role_as_asked = true;
	if (mishap(w, p, false))
		return;
	w->role_as_asked = true;
	if (chance(3) == 0)
		tell_answer(p, 204, "", "", random_bits());
	else
		tell_answer(p, 200, "", ADA, random_bits());
}

static void check_history(const struct world *w, const struct provision *p, unsigned max)
{
	assert_true(w->posts <= max + 1);
	/* Each create is followed by one look-up and its repetitions, the last by a change too. */
	assert_true(w->requests <= (max + 1) * (max + 2) + 2 * (max + 1) + 1);
	assert_true(w->made + (w->naive ? w->existed : 0) <= 1);
	if (p->outcome != PROVISION_FAILED) {
		assert_true(there(w));
		assert_true(p->resource.len > 0);
		assert_true(p->outcome != PROVISION_UPDATED || w->role_as_asked);
		assert_true(
			p->outcome != PROVISION_UNCHANGED || w->role_as_asked || p->role.n == 0);
		assert_true(!p->confirmed || w->lost > 0);
		assert_true(p->outcome == PROVISION_CREATED || p->if_exists != PROVISION_FAIL);
		return;
	}
	assert_true(p->err.kind != ERR_NONE);
	if (p->err.kind == ERR_UNKNOWN)
		assert_true(w->in_doubt || w->puts > 0);
	/* Only these may leave behind a member that was made and not reported. */
	if (w->naive && w->made > 0)
		assert_true(p->err.kind == ERR_UNKNOWN || p->err.kind == ERR_INTERRUPTED ||
			p->unsettled || w->puts > 0);
	/* "Nothing was accepted" and "not created" are said only where that is so. */
	if (w->naive && (err_exit_code(&p->err) == 3 || err_exit_code(&p->err) == 9))
		assert_true(w->made == 0 || w->puts > 0);
}

static void live(bool naive)
{
	static const unsigned most[] = {0, 1, 4};
	unsigned max = most[chance(3)];
	struct world w = {.naive = naive, .existed = !naive && chance(3) == 0};
	enum provision_if_exists if_exists = (enum provision_if_exists)chance(3);
	struct message_call call;
	struct provision p;

	w.role_as_asked = chance(2) == 0;
	start(&p, "ada@example.com", chance(3) > 0 ? "manager" : "", if_exists, max, &at_sentry);
	while (provision_next(&p, &call)) {
		assert_true(p.wait >= 0 && p.wait <= p.policy.max_wait);
		assert_true(++w.requests < 1000);
		commit_late(&w);
		if (str_is(call.method, "POST"))
			serve_create(&w, &p);
		else if (str_is(call.method, "GET"))
			serve_look_up(&w, &p);
		else
			serve_change(&w, &p);
	}
	check_history(&w, &p, max);
	provision_wipe(&p);
}

static void a_server_without_memory_makes_the_member_once(void **state)
{
	unsigned i;

	(void)state;
	luck = 0x9e3779b97f4a7c15;
	for (i = 0; i < 50000; i++)
		live(true);
}

static void late_commits_and_stale_lists_are_survived(void **state)
{
	unsigned i;

	(void)state;
	luck = 0xbf58476d1ce4e5b9;
	for (i = 0; i < 50000; i++)
		live(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_script_is_followed),
		cmocka_unit_test(notes_say_why_something_is_asked_again),
		cmocka_unit_test(names_that_cannot_be_looked_up_end_unknown),
		cmocka_unit_test(elsewhere_every_name_can_be_looked_up),
		cmocka_unit_test(a_resumed_create_begins_with_a_lookup),
		cmocka_unit_test(long_names_and_causes_are_cut),
		cmocka_unit_test(no_memory_for_the_answer_is_an_error_of_its_own),
		cmocka_unit_test(a_server_without_memory_makes_the_member_once),
		cmocka_unit_test(late_commits_and_stale_lists_are_survived),
	};

	return cmocka_run_group_tests_name("provision", tests, begin, end);
}
