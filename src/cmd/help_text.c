#include "cmd/help_text.h"

const char help_summary[] = "provision members of a Sentry organization through SCIM";

const struct help_entry help_exit_codes[] = {
	{"0", "done"},
	{"1", "the server refused, or answered what is not understood"},
	{"2", "usage, configuration or input is wrong; nothing was sent"},
	{"3", "server not reached: name, connection, proxy or TLS; nothing was accepted"},
	{"4",
		"outcome unknown: a change was sent, no answer came, and asking afterwards did not "
		"settle it"},
	{"5", "exists already (with --if-exists fail)"},
	{"6", "not authorized (401, 403)"},
	{"7", "not found"},
	{"8", "some rows failed; each is reported"},
	{"9", "gave up waiting: rate limit or server unavailable"},
	{"10", "own or system fault: out of memory, disk full, output closed"},
	{"130, 143", "stopped by SIGINT, SIGTERM"},
	{0},
};

const struct help_entry help_environment[] = {
	{"SENTRY_AUTH_TOKEN_FILE", "file that holds the token"},
	{"SENTRY_AUTH_TOKEN", "the token"},
	{"CREDENTIALS_DIRECTORY", "set by systemd: the token is in its file sentry-auth-token"},
	{"SENTRY_ORG", "as --org"},
	{"SENTRY_REGION", "as --region"},
	{"SENTRY_URL", "as --url"},
	{"SENTRY_SCIM_URL", "as --scim-url"},
	{"SENTRY_SCIM_CONFIG", "as --config"},
	{"SSL_CERT_FILE", "CA certificates, one PEM file"},
	{"SSL_CERT_DIR", "CA certificates, directories parted by colons"},
	{"CURL_CA_BUNDLE", "as SSL_CERT_FILE, if neither of the two is set"},
	{"SENTRY_KEY_PASSPHRASE",
		"the passphrase of the client certificate's key; see --key-passphrase-file"},
	{"https_proxy, all_proxy",
		"the proxy, lower case before upper case; http_proxy for http URLs, lower case "
		"only; unheeded where REQUEST_METHOD is set (CGI)"},
	{"no_proxy", "as --no-proxy, lower case before upper case"},
	{"NO_COLOR", "no colours if it is not empty"},
	{0},
};

const struct help_entry help_files[] = {
	{"~/.sentryclirc", "read first"},
	{"/etc/sentry-scim.conf", "read for what the first one does not say"},
	{0},
};

const char help_file_keys[] = "[auth]\n"
			      "token\n"
			      "[defaults]\n"
			      "org, region, url, scim_url\n"
			      "[http]\n"
			      "ca_file, ca_add, cert, key, key_passphrase_file, pin, header,\n"
			      "proxy_url, proxy_username, proxy_password, unix_socket,\n"
			      "connect_timeout, timeout, max_retries, max_wait\n";

const char help_description[] =
	"Options may stand anywhere; \"--\" ends them. A setting comes from its option, else from "
	"the document of --input, the environment, a configuration file, the token itself, or the "
	"default, in this order. Of region, URL and SCIM root the one from the stronger place "
	"counts; two from the same place contradict each other. An empty environment variable "
	"counts as unset.\n"
	"\n"
	"Data goes to standard output, everything else to standard error. Resources are printed "
	"byte for byte as the server sent them. If the server refuses, standard error gets the "
	"status code and the body, then a line that begins with \"hint: \".\n"
	"\n"
	"An entry of --no-proxy, parted from the next by a comma or blanks, is a domain (its "
	"sub-domains are meant too), an address, a CIDR block, or one of the first two with a "
	"port. \"*\" as the only entry means every host. It beats --proxy.";

const char help_rosters[] =
	"A roster is CSV with a header row, JSON Lines, or one JSON array of objects, in UTF-8. "
	"CSV fields are parted by commas, semicolons or tabs, whichever the header uses. The "
	"columns, or members of an object: userName; sentryOrgRole; teams, parted by semicolons or "
	"a JSON array; any other is an attribute of that name, where dots make nested objects. "
	"Empty cells are left out.\n"
	"\n"
	"A result has line, userName, outcome, status, id and detail; outcomes are created, "
	"exists, updated, unchanged, removed, failed and unknown. A removed member has no line, an "
	"unchanged one no id.\n"
	"\n"
	"The journal has one record a line: number, type (H head, I intent, R result, E end), row "
	"from 0, a keyed digest of the user name, what is said, and a check sum. A torn last "
	"record "
	"is cut off; any other damage ends the run before anything is sent.\n"
	"\n"
	"For `roster plan` and `roster apply` a row without a role leaves the member's as it is, "
	"and "
	"one that does not say teams leaves these; an empty cell says none. Other attributes are "
	"for members who are created. A plan in JSON is an object with server, members, state (a "
	"digest of the organization), prune, teams and changes; a change has an action "
	"(create-team, create, add-to-team, remove-from-team, set-role, remove, or keep for what "
	"will not be done and why).";

const char help_network[] =
	"A member is created exactly once. If a request may have reached the server and no "
	"complete answer came (reset, time-out, 502, 503, 504), the program first asks whether the "
	"member is there. If so the resource is printed, with a note that it was confirmed by "
	"look-up, and the exit status is 0. If not the request is sent again, as often as "
	"--retries "
	"allows. Only when asking fails too, the outcome is unknown and the exit status 4: look "
	"before you repeat.\n"
	"\n"
	"A request refused for its rate (429) is repeated after the wait that the server asks for, "
	"else after a random, growing one. A wait longer than --max-wait ends the run with exit "
	"status 9. Redirects are reported and never followed.";

const char help_security[] =
	"The token is never taken from the command line, where every user could read it, nor "
	"printed, nor sent anywhere but to the server named. It is wiped from memory and from the "
	"environment after use. Use a file that only you may read.\n"
	"\n"
	"The server's certificate and name are always verified (TLS 1.2 or 1.3); there is no "
	"switch "
	"to turn that off. Name constraints of CAs are honoured; revocation is not looked up, "
	"--pin helps. For a private CA there is --ca-add, for a clock that is wrong "
	"--assume-time. A proxy over https is verified alike, but --pin and --cert are for the "
	"server only. No file in the working directory is ever read unasked.";
