/*
 * What the options do, one after the other, a line for each.
 *
 *     options URL ORGANIZATION CA_FILE PROXY SILENT_URL      (the token is in SENTRY_AUTH_TOKEN)
 *
 * URL's host is a name that only the resolver here knows.
 */
#include <sentryscim.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char pem[16384];
static size_t pem_size;

static bool find(
	void *context, const char *host, void (*add)(void *list, const char *address), void *list)
{
	(void)context;
	if (strcmp(host, "later.example") == 0)
		return false;
	if (strcmp(host, "sentry.example") == 0) {
		add(list, "no address");
		add(list, "127.0.0.1");
	}
	return true;
}

static bool stop_at_third(void *context)
{
	int *asked = context;

	return ++*asked >= 3;
}

static void count_notes(void *context, enum sentryscim_level level, const char *text)
{
	int *notes = context;

	if (level == SENTRYSCIM_TRACE && strncmp(text, "> ", 2) == 0)
		*notes += 1;
	if (strstr(text, getenv("SENTRY_AUTH_TOKEN")) != NULL || strchr(text, '\n') != NULL)
		*notes += 1000;
}

/* Opens, asks for a list, and says how that ended. */
static void attempt(const char *what, const struct sentryscim_options *o)
{
	struct sentryscim_answer answer = {.status = 0};
	struct sentryscim_error error;
	struct sentryscim *s = sentryscim_open(o, &error);

	if (s != NULL)
		sentryscim_request(s, "get", "Users", NULL, 0, &answer, &error);
	printf("%s: %d %d %s\n", what, (int)error.status, answer.status, error.text);
	sentryscim_close(s);
}

static void begin(struct sentryscim_options *o, char *argv[])
{
	sentryscim_defaults(o, sizeof(*o));
	o->url = argv[1];
	o->organization = argv[2];
	o->token = getenv("SENTRY_AUTH_TOKEN");
	o->ca_pem = pem;
	o->ca_pem_size = pem_size;
	o->resolve = find;
	o->retries = 0;
}

static void right_ones(char *argv[])
{
	static const char *const headers[] = {"X-Test: one", "X-Other: two"};
	struct sentryscim_options o;
	int count = 0;

	begin(&o, argv);
	attempt("resolver and PEM", &o);
	begin(&o, argv);
	o.proxy = argv[4];
	attempt("proxy", &o);
	begin(&o, argv);
	o.headers = headers;
	o.header_count = 2;
	o.user_agent = "firmware/1";
	attempt("headers", &o);
	begin(&o, argv);
	o.context = &count;
	o.resolve = NULL;
	o.url = argv[5];
	o.stop = stop_at_third;
	attempt("stop", &o);
	printf("asked %d times\n", count);
	count = 0;
	o.stop = NULL;
	o.timeout = 100;
	o.log = count_notes;
	o.verbosity = 3;
	attempt("time-out", &o);
	printf("traced %d lines\n", count);
}

static void wrong_ones(char *argv[])
{
	static const char *const pins[] = {"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="};
	static const char *const headers[] = {"Host: evil.example"};
	struct sentryscim_options o;

	begin(&o, argv);
	o.pins = pins;
	o.pin_count = 1;
	attempt("pin", &o);
	begin(&o, argv);
	o.assume_time = 86400;
	attempt("assumed time", &o);
	begin(&o, argv);
	o.url = "https://absent.example";
	attempt("no such host", &o);
	o.url = "https://later.example";
	attempt("no answer yet", &o);
	begin(&o, argv);
	o.token = "with blank";
	attempt("token", &o);
	begin(&o, argv);
	o.region = "us";
	attempt("contradiction", &o);
	begin(&o, argv);
	o.organization = NULL;
	attempt("organization", &o);
	begin(&o, argv);
	o.headers = headers;
	o.header_count = 1;
	attempt("header", &o);
	begin(&o, argv);
	o.cert = pem;
	attempt("certificate", &o);
	begin(&o, argv);
	o.ca_pem = "";
	o.ca_pem_size = 0;
	attempt("empty PEM", &o);
	begin(&o, argv);
	o.timeout = 0;
	attempt("time", &o);
}

int main(int argc, char *argv[])
{
	FILE *f = argc == 6 ? fopen(argv[3], "r") : NULL;

	if (f == NULL)
		return 2;
	pem_size = fread(pem, 1, sizeof(pem), f);
	fclose(f);
	right_ones(argv);
	wrong_ones(argv);
	return 0;
}
