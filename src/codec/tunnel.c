#include "codec/tunnel.h"

#include "base/limits.h"
#include "codec/base64.h"
#include "codec/http_request.h"
#include "codec/utf8.h"

#define SOCKS_VERSION 5
/* RFC 1929 has a version of its own. */
#define LOGIN_VERSION 1

#define METHOD_NONE     0x00
#define METHOD_PASSWORD 0x02
#define METHOD_REFUSED  0xff

#define COMMAND_CONNECT 1

#define ADDRESS_IPV4 1
#define ADDRESS_NAME 3
#define ADDRESS_IPV6 4

/* The longest string that a length of one byte announces. */
#define SOCKS_STRING_MAX 255u

/* How much of a refusal's first line is shown. */
#define QUOTE_MAX 120

struct reply {
	const char *meaning;
	const char *hint;
};

/* Reply codes of RFC 1928 6. */
static const struct reply replies[] = {
	[1] = {"the proxy failed, it does not say how", ""},
	[2] = {"the proxy's rules do not allow it",
		"ask the proxy's operators to allow it, or use another way (--proxy, --no-proxy)"},
	[3] = {"the proxy cannot reach its network", ""},
	[4] = {"the proxy cannot reach the host",
		"is the name known where the proxy runs? with socks5:// it is resolved here, with "
		"socks5h:// by the proxy"},
	[5] = {"the connection was refused there", "check host and port of the URL"},
	[6] = {"the packets did not get there (TTL expired)", ""},
	[7] = {"the proxy does not know the command CONNECT", ""},
	[8] = {"the proxy does not take this kind of address",
		"try socks5h:// instead of socks5://, or the other way round"},
};

static void add_authority(const struct tunnel *t, struct buf *out)
{
	url_add_host(t->host, t->host_kind, out);
	buf_add_char(out, ':');
	buf_add_u64(out, t->port);
}

static void add_byte(struct buf *out, unsigned byte)
{
	buf_add_char(out, (char)(byte & 0xff));
}

/* RFC 7617 2. */
static void add_basic(const struct tunnel *t, struct buf *out)
{
	struct buf pair;

	buf_init(&pair, LIMIT_REQUEST_HEAD);
	buf_add_str(&pair, t->user);
	buf_add_char(&pair, ':');
	buf_add_str(&pair, t->password);
	buf_add_text(out, "Basic ");
	base64_encode(buf_str(&pair), out);
	out->failed |= pair.failed;
	buf_wipe(&pair);
}

/* Nothing of the exchange with the origin goes in here (RFC 9110 9.3.6). */
static bool write_connect(struct tunnel *t, struct str user_agent, struct err *e)
{
	struct http_request r;
	struct buf authority, basic;
	bool ok;

	buf_init(&authority, LIMIT_REQUEST_HEAD);
	buf_init(&basic, LIMIT_REQUEST_HEAD);
	add_authority(t, &authority);
	http_request_start(&r, &t->out, str_of("CONNECT"), buf_str(&authority));
	http_request_field(&r, str_of("Host"), buf_str(&authority));
	http_request_field(&r, str_of("User-Agent"), user_agent);
	if (t->has_credentials) {
		add_basic(t, &basic);
		http_request_field(&r, str_of("Proxy-Authorization"), buf_str(&basic));
	}
	ok = http_request_end(&r) && !authority.failed && !basic.failed;
	buf_wipe(&basic);
	buf_wipe(&authority);
	if (!ok && r.fault != NULL)
		return err_set(
			e, ERR_CONFIG, "the request to the proxy cannot be written: %s", r.fault);
	return ok || err_memory(e, "writing the request to the proxy");
}

static void write_greeting(struct tunnel *t)
{
	add_byte(&t->out, SOCKS_VERSION);
	add_byte(&t->out, t->has_credentials ? 2 : 1);
	add_byte(&t->out, METHOD_NONE);
	if (t->has_credentials)
		add_byte(&t->out, METHOD_PASSWORD);
}

static void add_socks_string(struct buf *out, struct str s)
{
	add_byte(out, (unsigned)s.n);
	buf_add_str(out, s);
}

static void write_login(struct tunnel *t)
{
	add_byte(&t->out, LOGIN_VERSION);
	add_socks_string(&t->out, t->user);
	add_socks_string(&t->out, t->password);
}

static void write_socks_connect(struct tunnel *t)
{
	uint8_t address[16];
	size_t n = url_host_address(t->host, t->host_kind, address);

	add_byte(&t->out, SOCKS_VERSION);
	add_byte(&t->out, COMMAND_CONNECT);
	add_byte(&t->out, 0);
	if (t->host_kind == URL_HOST_NAME) {
		add_byte(&t->out, ADDRESS_NAME);
		add_socks_string(&t->out, t->host);
	} else {
		add_byte(&t->out, n == 4 ? ADDRESS_IPV4 : ADDRESS_IPV6);
		buf_add(&t->out, address, n);
	}
	add_byte(&t->out, t->port >> 8);
	add_byte(&t->out, t->port);
}

static bool has_control(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

/* An empty password passes in SOCKS5 too: RFC 1929 counts from 1, servers from 0. */
const char *tunnel_credentials_fault(enum tunnel_kind kind, struct str user, struct str password)
{
	bool socks = kind == TUNNEL_SOCKS5;

	if (has_control(user) || has_control(password))
		return "the proxy's user name or password holds a control character";
	if (socks && user.n == 0)
		return "the proxy's user name is empty";
	if (socks && (user.n > SOCKS_STRING_MAX || password.n > SOCKS_STRING_MAX))
		return "the proxy's user name or password is longer than SOCKS5 can send (255 "
		       "bytes)";
	if (!socks && user.n > 0 && str_contains(user, ":"))
		return "the proxy's user name holds a colon, which Basic authentication cannot "
		       "send";
	return NULL;
}

/* Hosts come out of url.h; this keeps one that does not from being sent cut or empty. */
static bool can_send_host(const struct tunnel *t)
{
	enum url_host_kind kind;

	return url_host_kind(t->host, &kind) && kind == t->host_kind;
}

bool tunnel_init(struct tunnel *t, enum tunnel_kind kind, struct str host,
	enum url_host_kind host_kind, uint16_t port, bool has_credentials, struct str user,
	struct str password, struct str user_agent, struct err *e)
{
	const char *fault;

	*t = (struct tunnel){
		.kind = kind,
		.state = TUNNEL_FAILED,
		.host = host,
		.host_kind = host_kind,
		.port = port,
		.user = user,
		.password = password,
		.has_credentials = has_credentials,
	};
	buf_init(&t->out, LIMIT_REQUEST_HEAD);
	buf_init(&t->in, LIMIT_HTTP_HEAD);
	http_response_init(&t->response, HTTP_REQUEST_CONNECT, &t->in);
	fault = has_credentials ? tunnel_credentials_fault(kind, user, password) : NULL;
	if (fault != NULL)
		return err_set(e, ERR_CONFIG, "%s", fault);
	if (!can_send_host(t))
		return err_set(e, ERR_CONFIG, "the proxy cannot be asked for such a host");
	if (kind == TUNNEL_CONNECT) {
		if (!write_connect(t, user_agent, e))
			return false;
	} else {
		write_greeting(t);
		if (t->out.failed)
			return err_memory(e, "writing the request to the proxy");
	}
	t->state = kind == TUNNEL_CONNECT ? TUNNEL_HTTP_ASK : TUNNEL_SOCKS_GREET;
	return true;
}

void tunnel_wipe(struct tunnel *t)
{
	http_response_wipe(&t->response);
	buf_wipe(&t->in);
	buf_wipe(&t->out);
	t->state = TUNNEL_FAILED;
}

static const enum tunnel_step steps[] = {
	[TUNNEL_HTTP_ASK] = TUNNEL_SEND,
	[TUNNEL_HTTP_ANSWER] = TUNNEL_READ,
	[TUNNEL_SOCKS_GREET] = TUNNEL_SEND,
	[TUNNEL_SOCKS_METHOD] = TUNNEL_READ,
	[TUNNEL_SOCKS_LOGIN] = TUNNEL_SEND,
	[TUNNEL_SOCKS_LOGIN_OK] = TUNNEL_READ,
	[TUNNEL_SOCKS_ASK] = TUNNEL_SEND,
	[TUNNEL_SOCKS_ANSWER] = TUNNEL_READ,
	[TUNNEL_STANDS] = TUNNEL_OPEN,
	[TUNNEL_FAILED] = TUNNEL_FAIL,
};

/* From a state in which something is sent to the one that waits for the answer. */
static const enum tunnel_state after_sending[] = {
	[TUNNEL_HTTP_ASK] = TUNNEL_HTTP_ANSWER,
	[TUNNEL_SOCKS_GREET] = TUNNEL_SOCKS_METHOD,
	[TUNNEL_SOCKS_LOGIN] = TUNNEL_SOCKS_LOGIN_OK,
	[TUNNEL_SOCKS_ASK] = TUNNEL_SOCKS_ANSWER,
};

enum tunnel_step tunnel_next(const struct tunnel *t)
{
	return steps[t->state];
}

void tunnel_sent(struct tunnel *t)
{
	if (tunnel_next(t) != TUNNEL_SEND)
		return;
	buf_wipe(&t->out); /* credentials may have been in it */
	t->state = after_sending[t->state];
}

/* ERR_PROXY about reaching the origin: "the proxy WHAT HOST:PORT: WHY". */
static bool refuse(struct tunnel *t, struct err *e, const char *what, const char *why)
{
	struct buf authority;

	buf_init(&authority, LIMIT_REQUEST_HEAD);
	add_authority(t, &authority);
	t->state = TUNNEL_FAILED;
	err_set(e, ERR_PROXY, "the proxy %s %s: %s", what, buf_text(&authority), why);
	buf_wipe(&authority);
	return false;
}

/* ERR_PROXY about the proxy itself. */
static bool break_off(struct tunnel *t, struct err *e, const char *why)
{
	t->state = TUNNEL_FAILED;
	return err_set(e, ERR_PROXY, "%s", why);
}

static const char *protocol_of(char first)
{
	switch (first) {
	case 'H': return "HTTP";
	case 0x15: /* the record types of an alert and of a handshake */
	case 0x16: return "TLS";
	case 0x00: return "SOCKS4";
	case 0x05: return "SOCKS5";
	default: return "another protocol";
	}
}

static bool wrong_protocol(struct tunnel *t, struct err *e, char first)
{
	t->state = TUNNEL_FAILED;
	err_set(e, ERR_PROXY, "this is no %s proxy, it speaks %s",
		t->kind == TUNNEL_CONNECT ? "HTTP" : "SOCKS5", protocol_of(first));
	err_hint(e,
		"check scheme and port of the proxy's URL: http, https (TLS with the proxy "
		"itself), socks5 or socks5h");
	return false;
}

static bool early_bytes(struct tunnel *t, struct err *e)
{
	return break_off(t, e, "the proxy sent bytes that nobody can have asked for");
}

static bool refuse_login(struct tunnel *t, struct err *e, const char *with, const char *without)
{
	break_off(t, e, t->has_credentials ? with : without);
	if (t->has_credentials)
		err_hint(e, "check user name and password in the proxy's URL");
	else
		err_hint(e, "give them in the proxy's URL, before its host: USER:PASSWORD@HOST");
	return false;
}

/* The status line, fit for a message. */
static void quote_status_line(const struct tunnel *t, struct buf *out)
{
	struct str line, rest;

	str_cut(buf_str(&t->response.head), '\r', &line, &rest);
	utf8_printable(str_from(line.p, line.n < QUOTE_MAX ? line.n : QUOTE_MAX), out);
}

/* Appends the schemes that the proxy takes (RFC 9110 11.6.1), parted by ", "; whether Basic is one
   of them, or nothing is said. In a list of challenges whatever has no '=' begins one. */
static bool takes_basic(const struct tunnel *t, struct buf *schemes)
{
	struct str value, element, scheme, rest;
	unsigned at = 0;
	bool basic = false;

	while (http_response_next_field(&t->response, "Proxy-Authenticate", &at, &value))
		while (value.n > 0) {
			str_cut(value, ',', &element, &value);
			str_cut(str_trim_space(element), ' ', &scheme, &rest);
			if (!http_is_token(scheme))
				continue;
			basic |= str_is_fold(scheme, "Basic");
			if (schemes->len > 0)
				buf_add_text(schemes, ", ");
			buf_add_str(schemes, scheme);
		}
	return basic || schemes->len == 0;
}

static bool refuse_407(struct tunnel *t, struct err *e)
{
	struct buf schemes;
	bool basic;

	buf_init(&schemes, LIMIT_HTTP_HEAD);
	basic = takes_basic(t, &schemes);
	buf_truncate(&schemes, QUOTE_MAX);
	if (basic) {
		refuse_login(t, e, "the proxy refused the user name or password (407)",
			"the proxy demands a user name and a password (407)");
	} else {
		t->state = TUNNEL_FAILED;
		err_set(e, ERR_PROXY,
			"the proxy wants a log-in by %s (407), and only Basic is spoken here",
			buf_text(&schemes));
		err_hint(e,
			"a relay on this machine that speaks it (cntlm, px) can stand between: "
			"--proxy then names the relay");
	}
	buf_wipe(&schemes);
	return false;
}

static bool refuse_http(struct tunnel *t, struct err *e)
{
	int status = t->response.status;
	struct buf line;

	if (status == 407)
		return refuse_407(t, e);
	if (status == 401) /* tinyproxy's word for wrong ones */
		return refuse_login(t, e, "the proxy refused the user name or password (401)",
			"the proxy demands a user name and a password (401)");
	buf_init(&line, LIMIT_HTTP_HEAD * 4);
	quote_status_line(t, &line);
	refuse(t, e, "refused to connect to", buf_text(&line));
	buf_wipe(&line);
	if (status == 403 || status == 405)
		err_hint(e, "%s", replies[2].hint);
	else if (status / 100 == 3)
		err_hint(e, "this may be a portal that wants a log-in first");
	return false;
}

/* The head decides: what a refusal has for a body is not waited for. */
static bool feed_http(struct tunnel *t, const char *data, size_t len, struct err *e)
{
	struct http_response *r = &t->response;
	enum http_step step;
	size_t used;

	step = http_response_feed(r, data, len, &used);
	if (r->status >= 300 && r->state != HTTP_FIELDS)
		return refuse_http(t, e);
	if (step == HTTP_FAIL && r->head.len > 0 && r->head.data[0] != 'H')
		return wrong_protocol(t, e, r->head.data[0]);
	if (step == HTTP_FAIL) {
		break_off(t, e, r->fault);
		return err_context(e, "the proxy's answer is malformed");
	}
	if (step != HTTP_DONE)
		return true;
	if (used < len)
		return early_bytes(t, e);
	t->state = TUNNEL_STANDS;
	return true;
}

static unsigned reply_byte(const struct tunnel *t, size_t at)
{
	return (unsigned char)t->in.data[at];
}

/* On to the next question, which waits in `out`. */
static bool ask(struct tunnel *t, enum tunnel_state state, struct err *e)
{
	buf_clear(&t->in);
	if (state == TUNNEL_SOCKS_LOGIN)
		write_login(t);
	else
		write_socks_connect(t);
	t->state = state;
	if (!t->out.failed)
		return true;
	t->state = TUNNEL_FAILED;
	return err_memory(e, "writing the request to the proxy");
}

static bool judge_method(struct tunnel *t, struct err *e)
{
	unsigned method = reply_byte(t, 1);

	if (method == METHOD_NONE)
		return ask(t, TUNNEL_SOCKS_ASK, e);
	if (method == METHOD_PASSWORD && t->has_credentials)
		return ask(t, TUNNEL_SOCKS_LOGIN, e);
	if (method == METHOD_REFUSED)
		return refuse_login(t, e,
			"the proxy takes neither a user name and password nor going without",
			"the proxy demands a user name and a password, or another kind of log-in");
	return break_off(t, e, "the proxy chose a kind of log-in that was not offered");
}

/* RFC 1929 2: anything but 0 is a refusal. The version in front is 1 or, with servers that take it
   for that of SOCKS, 5: nothing hangs on it. */
static bool judge_login(struct tunnel *t, struct err *e)
{
	if (reply_byte(t, 1) != 0)
		return refuse_login(t, e, "the proxy refused the user name or password", "");
	return ask(t, TUNNEL_SOCKS_ASK, e);
}

static bool refuse_reply(struct tunnel *t, unsigned code, struct err *e)
{
	bool known = code < sizeof(replies) / sizeof(replies[0]);
	struct buf text;

	buf_init(&text, LIMIT_REQUEST_HEAD);
	buf_add_text(&text, known ? replies[code].meaning : "it gives a reason unknown here");
	buf_addf(&text, " (SOCKS5 reply %u)", code);
	refuse(t, e, "could not connect to", buf_text(&text));
	buf_wipe(&text);
	if (known && replies[code].hint[0] != '\0')
		err_hint(e, "%s", replies[code].hint);
	return false;
}

/* The size of the reply by its address (RFC 1928 6), known from its fifth byte on; 0 for an address
   of unknown kind. */
static size_t reply_size(const struct tunnel *t)
{
	switch (reply_byte(t, 3)) {
	case ADDRESS_IPV4: return 4 + 4 + 2;
	case ADDRESS_IPV6: return 4 + 16 + 2;
	case ADDRESS_NAME: return 4 + 1 + reply_byte(t, 4) + 2;
	default: return 0;
	}
}

/* A refusal is known from two bytes, and some proxies send no more of it. */
static bool judge_reply(struct tunnel *t, struct err *e)
{
	size_t size;

	if (reply_byte(t, 1) != 0)
		return refuse_reply(t, reply_byte(t, 1), e);
	if (t->in.len < 5)
		return true;
	size = reply_size(t);
	if (size == 0)
		return break_off(t, e, "the proxy's reply holds an address of an unknown kind");
	if (t->in.len == size)
		t->state = TUNNEL_STANDS;
	return true;
}

static bool judge_socks(struct tunnel *t, struct err *e)
{
	if (t->state != TUNNEL_SOCKS_LOGIN_OK && reply_byte(t, 0) != SOCKS_VERSION)
		return wrong_protocol(t, e, t->in.data[0]);
	if (t->in.len < 2)
		return true;
	if (t->state == TUNNEL_SOCKS_METHOD)
		return judge_method(t, e);
	if (t->state == TUNNEL_SOCKS_LOGIN_OK)
		return judge_login(t, e);
	return judge_reply(t, e);
}

/* Byte by byte: replies are short, and each state takes exactly what belongs to it. */
static bool feed_socks(struct tunnel *t, const char *data, size_t len, struct err *e)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (tunnel_next(t) != TUNNEL_READ)
			return early_bytes(t, e);
		buf_add_char(&t->in, data[i]);
		if (t->in.failed) {
			t->state = TUNNEL_FAILED;
			return err_memory(e, "reading the proxy's reply");
		}
		if (!judge_socks(t, e))
			return false;
	}
	return true;
}

enum tunnel_step tunnel_feed(struct tunnel *t, const char *data, size_t len, struct err *e)
{
	bool ok;

	if (len == 0 || t->state == TUNNEL_FAILED)
		return tunnel_next(t);
	if (tunnel_next(t) != TUNNEL_READ)
		ok = early_bytes(t, e);
	else if (t->kind == TUNNEL_CONNECT)
		ok = feed_http(t, data, len, e);
	else
		ok = feed_socks(t, data, len, e);
	return ok ? tunnel_next(t) : TUNNEL_FAIL;
}

enum tunnel_step tunnel_end(struct tunnel *t, struct err *e)
{
	bool begun = t->in.len > 0 || http_response_begun(&t->response);

	if (t->state == TUNNEL_FAILED)
		return TUNNEL_FAIL;
	if (begun)
		break_off(t, e, "the proxy closed the connection in the middle of its answer");
	else if (t->state == TUNNEL_SOCKS_LOGIN_OK)
		refuse_login(t, e, "the proxy closed the connection after the log-in", "");
	else
		break_off(t, e, "the proxy closed the connection without an answer");
	err_hint(e,
		"check scheme and port of the proxy's URL, and whether it takes connections "
		"from this machine");
	return TUNNEL_FAIL;
}
