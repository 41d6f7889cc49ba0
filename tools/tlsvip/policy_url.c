// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rules of "tlsvip policy url-rewrite": from words and to words. The
 * commands are in policy.c.
 */
#include <stdio.h>
#include <string.h>

#include "tlsvip.h"

static enum cli_status url_port(struct cli *cli, struct args *args,
				struct tv_url *url, const char *what,
				uint16_t attr, uint32_t *port)
{
	char of[TLSVIP_URL_HOST_LEN + 24];

	snprintf(of, sizeof(of), "url %s %s", url->host, what);
	if (url->has & TV_HAS(attr))
		return cli_misuse(cli, "%s: given twice", of);
	url->has |= TV_HAS(attr);
	return args_u32(cli, args, of, 1, port);
}

/**
 * policy_key_url - take a rule
 * @cli: the run
 * @args: the words
 * @name: "url"
 * @object: the struct tv_policy that gets it
 *
 * Return: CLI_OK or CLI_USAGE.
 */
enum cli_status policy_key_url(struct cli *cli, struct args *args,
			       const char *name, void *object)
{
	const char *host = args_word(cli, args, name,
				     "a HOST, *.SUFFIX, PREFIX.* or *");
	struct tv_policy *pol = object;
	struct tv_url url = { .host = host };
	enum cli_status status = CLI_OK;

	if (!host)
		return CLI_USAGE;
	if (strlen(host) > TLSVIP_URL_HOST_LEN)
		return cli_misuse(cli,
				  "%s: a host of %zu bytes, expected at most %d",
				  name, strlen(host), TLSVIP_URL_HOST_LEN);
	while (!status) {
		if (args_take(args, "clearport"))
			status = url_port(cli, args, &url, "clearport",
					  TLSVIP_A_URL_CLEARPORT,
					  &url.clearport);
		else if (args_take(args, "sslport"))
			status = url_port(cli, args, &url, "sslport",
					  TLSVIP_A_URL_SSLPORT, &url.sslport);
		else
			break;
	}
	if (status)
		return status;
	if (pol->n_url == TLSVIP_URL_MAX)
		return cli_misuse(cli,
				  "%s %s: one too many, expected at most %d",
				  name, host, TLSVIP_URL_MAX);
	pol->url[pol->n_url++] = url;
	return CLI_OK;
}

/**
 * print_policy_urls - print the rules of a policy
 * @o: the output; the object of the policy is open
 * @pol: the policy
 */
void print_policy_urls(struct out *o, const struct tv_policy *pol)
{
	const struct tv_url *url = pol->url;
	uint32_t i;

	out_array(o, "url");
	for (i = 0; i < pol->n_url; i++, url++) {
		out_object(o, NULL);
		out_line(o, 4);
		out_bare(o, "host", "url", url->host);
		out_uint(o, "clearport",
			 url->clearport != TV_CLEARPORT ? "clearport" : NULL,
			 url->clearport);
		out_uint(o, "sslport",
			 url->sslport != TV_SSLPORT ? "sslport" : NULL,
			 url->sslport);
		out_end(o);
	}
	out_end(o);
}
