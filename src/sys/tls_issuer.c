#include <mbedtls/platform.h>

#include "codec/der.h"
#include "sys/tls_parse.h"
#include "sys/tls_private.h"

int tls_parse_anchor(mbedtls_x509_crt *crt, struct str der)
{
	return tls_parse_certificate(crt, (const unsigned char *)der.p, der.n);
}

static void free_list(mbedtls_x509_crt *list)
{
	/* The library frees what hangs on the first, and of the first only the content. */
	mbedtls_x509_crt_free(list);
	mbedtls_free(list);
}

void tls_anchors_wipe(struct tls_anchors *a)
{
	free_list(a->found);
	*a = (struct tls_anchors){.found = NULL};
}

/* Folders name a certificate by links, and sources overlap. */
static bool is_listed(const struct tls_anchors *a, struct str der)
{
	for (const mbedtls_x509_crt *crt = a->found; crt != NULL; crt = crt->next) {
		if (str_equal(tls_slice(&crt->raw), der))
			return true;
	}
	return false;
}

static bool add_found(void *context, const struct trust_source *source, struct str der)
{
	struct tls_anchors *a = context;
	struct tls_anchor *anchor;
	mbedtls_x509_crt *crt;
	int code;

	if (is_listed(a, der))
		return true;
	anchor = mbedtls_calloc(1, sizeof *anchor);
	if (anchor == NULL) {
		a->starved = true;
		return false;
	}
	anchor->source = source;
	crt = &anchor->crt;
	mbedtls_x509_crt_init(crt);
	code = tls_parse_anchor(crt, der);
	if (code != 0) {
		free_list(crt);
		/* One that cannot be parsed is none; one that found no memory may be the one. */
		a->starved = code == MBEDTLS_ERR_X509_ALLOC_FAILED;
		return !a->starved;
	}
	crt->next = a->found;
	a->found = crt;
	return true;
}

static struct str *find_sought(struct tls_anchors *a, struct str name)
{
	for (unsigned i = 0; i < a->sought_count; i++) {
		if (der_name_equal(a->sought[i], name))
			return &a->sought[i];
	}
	return NULL;
}

/* The issuers of CHILD and of all that the server sent behind it. */
static void seek_all(struct tls_anchors *a, const mbedtls_x509_crt *child)
{
	for (; child != NULL && a->sought_count < TLS_SOUGHT_MAX; child = child->next) {
		struct str issuer = tls_slice(&child->issuer_raw);

		if (find_sought(a, issuer) == NULL)
			a->sought[a->sought_count++] = issuer;
	}
}

/* Takes the anchors called NAME off the list of those found. */
static mbedtls_x509_crt *hand_out(struct tls_anchors *a, struct str name, unsigned *count)
{
	mbedtls_x509_crt *list = NULL;

	*count = 0;
	for (mbedtls_x509_crt **at = &a->found; *at != NULL;) {
		mbedtls_x509_crt *crt = *at;

		if (!der_name_equal(tls_slice(&crt->subject_raw), name)) {
			at = &crt->next;
			continue;
		}
		*at = crt->next;
		crt->next = list;
		list = crt;
		++*count;
	}
	return list;
}

/*
 * The library looks for an untrusted issuer behind the certificate only, and some servers send
 * their chain in another order (which RFC 8446 4.4.2 asks clients to bear): puts behind each
 * certificate, from LEAF on, the first one there is of its issuer's name. Others of that name stay
 * further behind.
 */
static void put_in_order(mbedtls_x509_crt *leaf)
{
	mbedtls_x509_crt *at, **link, *issuer;

	for (at = leaf; at->next != NULL; at = issuer) {
		link = &at->next;
		while (*link != NULL &&
			!der_name_equal(
				tls_slice(&(*link)->subject_raw), tls_slice(&at->issuer_raw)))
			link = &(*link)->next;
		issuer = *link;
		if (issuer == NULL)
			return;
		*link = issuer->next;
		issuer->next = at->next;
		at->next = issuer;
	}
}

int tls_find_issuer(void *context, const mbedtls_x509_crt *child, mbedtls_x509_crt **candidates)
{
	struct tls_config *config = context;
	struct tls *t = config->shaking;
	struct str issuer = tls_slice(&child->issuer_raw);
	struct tls_anchors *a;
	struct str *sought;

	if (t == NULL)
		return MBEDTLS_ERR_X509_FATAL_ERROR;
	a = &t->anchors;
	sought = find_sought(a, issuer);
	if (sought == NULL) {
		tls_anchors_wipe(a);
		/* The library asks for the leaf first, and its chain is no constant object. */
		put_in_order((mbedtls_x509_crt *)(uintptr_t)child);
		seek_all(a, child);
		sought = &a->sought[0];
		if (!trust_visit(config->trust, a->sought, a->sought_count, add_found, a, NULL,
			    &t->fault))
			return MBEDTLS_ERR_X509_FATAL_ERROR;
	}
	if (a->starved) {
		err_memory(&t->fault, "looking for the certificate's issuer");
		return MBEDTLS_ERR_X509_FATAL_ERROR;
	}
	*candidates = hand_out(a, issuer, &t->verdict.candidates);
	a->lent = *candidates;
	/* The library frees them: asked for once more, they are looked for once more. */
	*sought = str_from(NULL, 0);
	return 0;
}

const struct trust_source *tls_source_of(const struct tls_anchors *a, const mbedtls_x509_crt *crt)
{
	const mbedtls_x509_crt *one = a->lent;

	while (one != NULL && one != crt)
		one = one->next;
	return one != NULL ? ((const struct tls_anchor *)(const void *)one)->source : NULL;
}

struct leaf_search {
	struct str der;
	const struct trust_source *found;
};

static bool is_leaf(void *context, const struct trust_source *source, struct str der)
{
	struct leaf_search *search = context;

	if (str_equal(der, search->der))
		search->found = source;
	return search->found == NULL;
}

const struct trust_source *tls_trusts_itself(struct tls *t, const mbedtls_x509_crt *leaf)
{
	struct leaf_search search = {.der = tls_slice(&leaf->raw)};
	struct str subject = tls_slice(&leaf->subject_raw);

	return trust_visit(t->config->trust, &subject, 1, is_leaf, &search, NULL, &t->fault)
		? search.found
		: NULL;
}
