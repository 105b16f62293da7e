#include "fault.h"

#include <stdlib.h>
#include <string.h>

#include "die.h"

struct action {
	const char *name; /* a final ':' asks for an argument */
	/* ARGUMENT points into the specification and is NUL-terminated; false: it makes no sense */
	bool (*apply)(struct effect *e, const char *argument);
};

struct fault {
	char *method, *prefix, *actions; /* owned */
	uint64_t from, to, every;        /* which of the matching requests */
	uint64_t seen;                   /* matching requests so far */
	char **texts;                    /* owned: one action each */
	size_t text_count;
};

static bool read_u64(const char *text, uint64_t *out)
{
	return str_to_u64(str_of(text), INT64_MAX, out);
}

static bool drop_before(struct effect *e, const char *argument)
{
	(void)argument;
	e->skip = e->silent = true;
	e->ending = END_CLOSE;
	return true;
}

static bool drop_after(struct effect *e, const char *argument)
{
	(void)argument;
	e->silent = true;
	e->ending = END_CLOSE;
	return true;
}

static bool reset_before(struct effect *e, const char *argument)
{
	(void)argument;
	e->skip = e->silent = true;
	e->ending = END_RESET;
	return true;
}

static bool reset_after(struct effect *e, const char *argument)
{
	(void)argument;
	e->silent = true;
	e->ending = END_RESET;
	return true;
}

static bool late_commit(struct effect *e, const char *argument)
{
	uint64_t ms;

	if (!read_u64(argument, &ms))
		return false;
	drop_before(e, "");
	e->late_ms = (int64_t)ms;
	return true;
}

/* The answer of somebody else. The application has not seen the request, unless said otherwise. */
static bool replace(struct effect *e, enum stand_in who, int status)
{
	e->skip = true;
	e->stand_in = who;
	e->status = status;
	return true;
}

static bool crash(struct effect *e, const char *argument)
{
	(void)argument;
	return replace(e, STAND_IN_CRASH, 500);
}

static bool page_500(struct effect *e, const char *argument)
{
	(void)argument;
	return replace(e, STAND_IN_PAGE, 500);
}

static bool page_502(struct effect *e, const char *argument)
{
	(void)argument;
	return replace(e, STAND_IN_PAGE, 502);
}

static bool page_503(struct effect *e, const char *argument)
{
	(void)argument;
	return replace(e, STAND_IN_PAGE, 503);
}

static bool page_504(struct effect *e, const char *argument)
{
	(void)argument;
	return replace(e, STAND_IN_PAGE, 504);
}

static bool gateway(struct effect *e, const char *argument)
{
	(void)argument;
	return replace(e, STAND_IN_GATEWAY, 503);
}

static bool maintenance(struct effect *e, const char *argument)
{
	(void)argument;
	return replace(e, STAND_IN_MAINTENANCE, 503);
}

static bool rate(struct effect *e, const char *argument)
{
	(void)argument;
	return replace(e, STAND_IN_RATE, 429);
}

static bool concurrency(struct effect *e, const char *argument)
{
	(void)argument;
	return replace(e, STAND_IN_CONCURRENCY, 429);
}

static bool bare(struct effect *e, const char *argument)
{
	(void)argument;
	return replace(e, STAND_IN_BARE, 429);
}

static bool login(struct effect *e, const char *argument)
{
	(void)argument;
	return replace(e, STAND_IN_LOGIN, 200);
}

/* CODE alone, or CODE:TEXT. */
static bool coded(struct effect *e, enum stand_in who, const char *argument)
{
	struct str code, text;
	uint64_t status;
	bool more = str_cut(str_of(argument), ':', &code, &text);

	if (!str_to_u64(code, 999, &status) || status < 200)
		return false;
	e->text = more ? text.p : NULL;
	return replace(e, who, (int)status);
}

static bool status(struct effect *e, const char *argument)
{
	return coded(e, STAND_IN_STATUS, argument);
}

static bool redirect(struct effect *e, const char *argument)
{
	return coded(e, STAND_IN_REDIRECT, argument) && e->text != NULL;
}

static bool garbage(struct effect *e, const char *argument)
{
	(void)argument;
	return replace(e, STAND_IN_GARBAGE, 0);
}

static bool raw(struct effect *e, const char *argument)
{
	e->text = argument;
	return replace(e, STAND_IN_RAW, 0);
}

static bool read_cut(struct effect *e, const char *argument, enum ending ending)
{
	uint64_t n;

	if (!read_u64(argument, &n))
		return false;
	e->cut = (int64_t)n;
	e->ending = ending;
	return true;
}

static bool cut(struct effect *e, const char *argument)
{
	return read_cut(e, argument, END_CLOSE);
}

static bool cut_reset(struct effect *e, const char *argument)
{
	return read_cut(e, argument, END_RESET);
}

static bool stall_after(struct effect *e, const char *argument)
{
	return read_cut(e, argument, END_STALL);
}

static bool stall(struct effect *e, const char *argument)
{
	(void)argument;
	e->silent = true;
	e->ending = END_STALL;
	return true;
}

static bool slow(struct effect *e, const char *argument)
{
	return read_u64(argument, &e->per_second) && e->per_second > 0;
}

static bool delay(struct effect *e, const char *argument)
{
	return read_u64(argument, &e->delay_ms);
}

static bool no_length(struct effect *e, const char *argument)
{
	(void)argument;
	e->framing = FRAMING_NONE;
	return true;
}

static bool chunked(struct effect *e, const char *argument)
{
	(void)argument;
	e->framing = FRAMING_CHUNKED;
	return true;
}

static bool chunked_trailers(struct effect *e, const char *argument)
{
	(void)argument;
	e->framing = FRAMING_TRAILERS;
	return true;
}

static bool wrong_length(struct effect *e, const char *argument)
{
	uint64_t n;

	if ((argument[0] != '+' && argument[0] != '-') || !read_u64(argument + 1, &n))
		return false;
	e->framing = FRAMING_LENGTH;
	e->has_wrong_length = true;
	e->wrong_by = argument[0] == '-' ? -(int64_t)n : (int64_t)n;
	return true;
}

static bool interim(struct effect *e, const char *argument)
{
	(void)argument;
	e->interim = true;
	return true;
}

static bool huge_body(struct effect *e, const char *argument)
{
	return read_u64(argument, &e->pad) && e->pad <= SERVER_BUF_MAX / 2;
}

static bool header(struct effect *e, const char *argument)
{
	buf_addf(&e->fields, "%s\r\n", argument);
	return strchr(argument, ':') != NULL;
}

static bool retry_after(struct effect *e, const char *argument)
{
	uint64_t seconds;
	char date[HTTP_DATE_SIZE];

	if (!str_starts(str_of(argument), "date+")) {
		buf_addf(&e->fields, "Retry-After: %s\r\n", argument);
		return argument[0] != '\0';
	}
	if (!str_to_u64(str_of(argument + 5), 1000000000, &seconds))
		return false;
	http_date(wall_ms() / 1000 + (int64_t)seconds, date);
	buf_addf(&e->fields, "Retry-After: %s\r\n", date);
	return true;
}

static bool no_date(struct effect *e, const char *argument)
{
	(void)argument;
	e->no_date = true;
	return true;
}

static bool stale(struct effect *e, const char *argument)
{
	uint64_t ms;

	if (!read_u64(argument, &ms))
		return false;
	e->stale_ms = (int64_t)ms;
	return true;
}

static bool extra_bytes(struct effect *e, const char *argument)
{
	(void)argument;
	e->extra = true;
	return true;
}

static bool close_after(struct effect *e, const char *argument)
{
	(void)argument;
	e->close = true;
	return true;
}

static const struct action actions[] = {
	{"drop-before", drop_before},
	{"drop-after", drop_after},
	{"reset-before", reset_before},
	{"reset-after", reset_after},
	{"late-commit:", late_commit},
	{"500", crash},
	{"500-html", page_500},
	{"502", page_502},
	{"503", page_503},
	{"504", page_504},
	{"apigateway", gateway},
	{"maintenance", maintenance},
	{"429", rate},
	{"429-concurrency", concurrency},
	{"429-bare", bare},
	{"html200", login},
	{"status:", status},
	{"redirect:", redirect},
	{"garbage", garbage},
	{"raw:", raw},
	{"cut:", cut},
	{"cut-reset:", cut_reset},
	{"stall", stall},
	{"stall-after:", stall_after},
	{"slow:", slow},
	{"delay:", delay},
	{"no-length", no_length},
	{"wrong-length:", wrong_length},
	{"chunked", chunked},
	{"chunked-trailers", chunked_trailers},
	{"interim", interim},
	{"huge-body:", huge_body},
	{"header:", header},
	{"retry-after:", retry_after},
	{"no-date", no_date},
	{"stale:", stale},
	{"extra-bytes", extra_bytes},
	{"close", close_after},
};

/* Applies TEXT, one action, to E; false when there is no such action. */
static bool apply_action(struct effect *e, const char *text)
{
	size_t i;

	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		const char *name = actions[i].name;
		size_t n = strlen(name);
		bool takes_argument = name[n - 1] == ':';

		if (takes_argument ? strncmp(text, name, n) == 0 : strcmp(text, name) == 0)
			return actions[i].apply(e, takes_argument ? text + n : "");
	}
	return false;
}

/* "commit-502": the application does its work, and then somebody else answers. */
static bool apply_text(struct effect *e, const char *text)
{
	bool commit = strncmp(text, "commit-", 7) == 0;

	if (commit)
		text += strncmp(text, "commit-then-", 12) == 0 ? 12 : 7;
	if (!apply_action(e, text) || (commit && e->stand_in == STAND_IN_NONE))
		return false;
	if (commit)
		e->skip = false;
	return true;
}

static void effect_init(struct effect *e)
{
	*e = (struct effect){.late_ms = -1, .cut = -1};
	server_buf(&e->fields);
	server_buf(&e->words);
}

void effect_wipe(struct effect *e)
{
	buf_wipe(&e->fields);
	buf_wipe(&e->words);
}

static bool read_which(struct str which, struct fault *f)
{
	struct str from, to;

	if (which.n == 0)
		return false;
	if (which.p[0] == '%')
		return str_to_u64(str_skip(which, 1), INT64_MAX, &f->every) && f->every > 0;
	if (which.p[which.n - 1] == '+') {
		which.n--;
		return str_to_u64(which, INT64_MAX, &f->from);
	}
	if (str_cut(which, '-', &from, &to))
		return str_to_u64(from, INT64_MAX, &f->from) && str_to_u64(to, INT64_MAX, &f->to);
	f->to = 0;
	if (!str_to_u64(which, INT64_MAX, &f->from))
		return false;
	f->to = f->from;
	return true;
}

/* The next action off *REST, its quotes removed; *MORE tells whether a comma stood behind it. */
static char *next_action(struct str *rest, bool *more)
{
	char *text = must_alloc(rest->n + 1, 1);
	bool quoted = false;
	size_t i, n = 0;

	for (i = 0; i < rest->n && (quoted || rest->p[i] != ','); i++) {
		if (rest->p[i] == '\'')
			quoted = !quoted;
		else
			text[n++] = rest->p[i];
	}
	*more = i < rest->n;
	*rest = str_skip(*rest, *more ? i + 1 : i);
	return text;
}

static void read_actions(struct fault *f, struct str rest, const char *spec)
{
	struct effect trial;
	bool more;

	effect_init(&trial);
	do {
		f->texts = must_grow(f->texts, f->text_count, sizeof(*f->texts));
		f->texts[f->text_count] = next_action(&rest, &more);
		if (!apply_text(&trial, f->texts[f->text_count]))
			die("--fault '%s': there is no action '%s'", spec, f->texts[f->text_count]);
		f->text_count++;
	} while (more);
	effect_wipe(&trial);
}

void faults_add(struct faults *faults, const char *spec)
{
	struct fault *f = must_alloc(1, sizeof(*f));
	struct str request, rest, method, prefix, which;

	f->from = 1;
	f->to = UINT64_MAX;
	if (!str_cut(str_of(spec), '=', &request, &rest) ||
		!str_cut(str_trim(request), ' ', &method, &prefix))
		die("--fault '%s': METHOD PREFIX[#WHICH]=ACTION[,ACTION...] is wanted", spec);
	if (str_cut_last(str_trim(prefix), '#', &prefix, &which) && !read_which(which, f))
		die("--fault '%s': behind '#' stands N, N-M, N+ or %%K", spec);
	f->method = must_dup(method);
	f->prefix = must_dup(str_trim(prefix));
	f->actions = must_dup(rest);
	read_actions(f, str_trim(rest), spec);
	faults->rules = must_grow(faults->rules, faults->count, sizeof(*faults->rules));
	faults->rules[faults->count++] = f;
}

void faults_wipe(struct faults *faults)
{
	size_t i, k;

	for (i = 0; i < faults->count; i++) {
		struct fault *f = faults->rules[i];

		for (k = 0; k < f->text_count; k++)
			free(f->texts[k]);
		free(f->texts);
		free(f->method);
		free(f->prefix);
		free(f->actions);
		free(f);
	}
	free(faults->rules);
	*faults = (struct faults){0};
}

/* The target below the first MARK in it; the empty slice without one. */
static struct str below(struct str target, const char *mark)
{
	size_t n = strlen(mark);

	for (; target.n >= n; target = str_skip(target, 1))
		if (str_starts(target, mark))
			return str_skip(target, n);
	return str_of("");
}

static bool matches(const struct fault *f, struct str method, struct str target)
{
	struct str org, rest;

	if (strcmp(f->method, "*") != 0 && !str_is(method, f->method))
		return false;
	if (strcmp(f->prefix, "*") == 0)
		return true;
	if (f->prefix[0] == '/')
		return str_starts(target, f->prefix);
	if (str_starts(below(target, "/scim/v2/"), f->prefix))
		return true;
	return str_cut(below(target, "/organizations/"), '/', &org, &rest) &&
		str_starts(rest, f->prefix);
}

static bool is_due(const struct fault *f)
{
	if (f->every > 0)
		return f->seen % f->every == 0;
	return f->seen >= f->from && f->seen <= f->to;
}

void faults_gather(struct faults *faults, struct str method, struct str target, struct effect *out)
{
	size_t i, k;

	effect_init(out);
	for (i = 0; i < faults->count; i++) {
		struct fault *f = faults->rules[i];

		if (!matches(f, method, target))
			continue;
		f->seen++;
		if (!is_due(f))
			continue;
		out->any = true;
		buf_addf(&out->words, "%s%s", out->words.len > 0 ? "," : "", f->actions);
		for (k = 0; k < f->text_count; k++)
			if (!apply_text(out, f->texts[k]))
				die("--fault: '%s' made sense once", f->texts[k]);
	}
	must_hold(&out->words);
	must_hold(&out->fields);
}
