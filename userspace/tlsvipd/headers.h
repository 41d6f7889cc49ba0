/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The header block of a session, from facts to bytes. It knows neither TLS nor
 * netlink.
 */
#ifndef TLSVIPD_HEADERS_H
#define TLSVIPD_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <linux/tlsvip.h>

struct cert_facts;

/* Lines in a block at most: the custom ones, and each field once. */
#define HEADERS_LINES	(TLSVIP_CUSTOM_MAX + TLSVIP_HEADER_FIELD_MAX)

/**
 * struct headers_addr - one end of the client leg
 * @family: AF_INET or AF_INET6, of @ip
 * @ip: address, network byte order
 * @port: port, host byte order
 */
struct headers_addr {
	sa_family_t family;
	uint8_t ip[16];
	uint16_t port;
};

/**
 * struct headers_line - one line that a block is to have
 * @field: enum tlsvip_header_field; any number before headers_check()
 * @once: left out when the session was resumed
 * @text: the whole line of a custom one, without line end; else its name
 * @first: belongs into the block of the first request
 */
struct headers_line {
	uint32_t field;
	bool once;
	const char *text;
	bool first;
};

/**
 * struct headers_facts - what values are made of
 * @client: address of the client
 * @vip: address that the client connected to
 * @session_id: identifier of the session
 * @session_id_len: bytes of it; 0 if there is none
 * @cipher: name of the suite
 * @key_size: bits of the suite's key
 * @use_size: bits of it that count
 * @resumed: the session was resumed
 * @cert: what is known of the client's certificate; NULL: it has shown none
 */
struct headers_facts {
	const struct headers_addr *client;
	const struct headers_addr *vip;
	const uint8_t *session_id;
	size_t session_id_len;
	const char *cipher;
	int key_size;
	int use_size;
	bool resumed;
	const struct cert_facts *cert;
};

int headers_check(const struct headers_line *lines, unsigned int n);
int headers_build(const struct headers_facts *facts,
		  const struct headers_line *lines, unsigned int n, bool first,
		  char *buf, size_t size);

#endif /* TLSVIPD_HEADERS_H */
