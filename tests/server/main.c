/*
 * local-sentry: a server that answers as Sentry does to SCIM, for tests and for trying things out.
 */
#include "options.h"

int main(int argc, char **argv)
{
	struct server server;
	struct options options = {.server = &server};

	server_init(&server);
	options_read(&options, argc, argv);
	if (options.chain != NULL)
		server.tls = tls_setup_new(
			options.chain, options.key, options.client_ca, options.only_1_2);
	record_open(&server.record, options.log, options.log_tokens);
	state_save(&server.api.state);
	server_listen(&server, options.listen, options.port_file);
	server_run(&server);
	server_wipe(&server);
	return 0;
}
