#include "codec/hello_guard.h"

#include <string.h>

#define RECORD_HANDSHAKE 22

#define MESSAGE_SERVER_HELLO 2
#define MESSAGE_HEADER       4
#define VERSION_AT           MESSAGE_HEADER
#define RANDOM_AT            (VERSION_AT + 2)
#define RANDOM_LEN           32

/* The random of a HelloRetryRequest: SHA-256 of "HelloRetryRequest" (RFC 8446 4.1.3). */
static const uint8_t retry_random[RANDOM_LEN] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11,
	0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c,
	0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

void hello_guard_init(struct hello_guard *g)
{
	*g = (struct hello_guard){.state = HELLO_GUARD_RECORD};
}

static size_t at_most(size_t n, size_t max)
{
	return n < max ? n : max;
}

static uint32_t message_size(const struct hello_guard *g)
{
	return (uint32_t)g->message[1] << 16 | (uint32_t)g->message[2] << 8 | g->message[3];
}

/* Goes on behind what is kept of the message under way. */
static void skip_rest(struct hello_guard *g)
{
	g->skip = message_size(g) - (g->message_len - MESSAGE_HEADER);
	g->message_len = 0;
}

/* Judges as much of the message as there is: the version is refused with its second byte, before
   the message can be complete. */
static void judge(struct hello_guard *g)
{
	if (g->message_len < MESSAGE_HEADER)
		return;
	if (g->message[0] != MESSAGE_SERVER_HELLO) {
		skip_rest(g);
		return;
	}
	if (message_size(g) < sizeof(g->message) - MESSAGE_HEADER) {
		g->state = HELLO_GUARD_REFUSED;
		return;
	}
	if (g->message_len < RANDOM_AT)
		return;
	if (g->message[VERSION_AT] != 3 || g->message[VERSION_AT + 1] != 3)
		g->state = HELLO_GUARD_REFUSED;
	else if (g->message_len < sizeof(g->message))
		return;
	else if (memcmp(g->message + RANDOM_AT, retry_random, RANDOM_LEN) == 0)
		skip_rest(g);
	else
		g->state = HELLO_GUARD_DONE;
}

/* How many bytes complete the next part of a message that can be judged. */
static size_t wanted(const struct hello_guard *g)
{
	if (g->message_len < MESSAGE_HEADER)
		return MESSAGE_HEADER - g->message_len;
	if (g->message_len < RANDOM_AT)
		return RANDOM_AT - g->message_len;
	return sizeof(g->message) - g->message_len;
}

static size_t feed_message(struct hello_guard *g, const uint8_t *data, size_t len)
{
	size_t n;

	if (g->skip > 0) {
		n = at_most(len, g->skip);
		g->skip -= (uint32_t)n;
		return n;
	}
	n = at_most(len, wanted(g));
	memcpy(g->message + g->message_len, data, n);
	g->message_len += (unsigned)n;
	judge(g);
	return n;
}

static size_t feed_record(struct hello_guard *g, const uint8_t *data, size_t len)
{
	size_t n = at_most(len, sizeof(g->record) - g->record_len);

	memcpy(g->record + g->record_len, data, n);
	g->record_len += (unsigned)n;
	if (g->record_len < sizeof(g->record))
		return n;
	g->record_len = 0;
	g->payload = (unsigned)g->record[3] << 8 | g->record[4];
	if (g->payload > 0)
		g->state = HELLO_GUARD_PAYLOAD;
	return n;
}

/* Records of other types (alerts, change_cipher_spec) may stand between and are the library's. */
static size_t feed_payload(struct hello_guard *g, const uint8_t *data, size_t len)
{
	size_t n = at_most(len, g->payload);

	if (g->record[0] == RECORD_HANDSHAKE)
		n = feed_message(g, data, n);
	g->payload -= (unsigned)n;
	if (g->payload == 0 && g->state == HELLO_GUARD_PAYLOAD)
		g->state = HELLO_GUARD_RECORD;
	return n;
}

bool hello_guard_feed(struct hello_guard *g, const uint8_t *data, size_t len)
{
	size_t n;

	while (len > 0 && (g->state == HELLO_GUARD_RECORD || g->state == HELLO_GUARD_PAYLOAD)) {
		n = g->state == HELLO_GUARD_RECORD ? feed_record(g, data, len)
						   : feed_payload(g, data, len);
		data += n;
		len -= n;
	}
	return g->state != HELLO_GUARD_REFUSED;
}
