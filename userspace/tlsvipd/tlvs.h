/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a PROXY protocol header says of a session, from facts to TLVs. The
 * header itself, with addresses and VRF, is made by the kernel.
 */
#ifndef TLSVIPD_TLVS_H
#define TLSVIPD_TLVS_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct tlvs_facts - what the TLVs are made of
 * @version: name of the TLS version
 * @cipher: name of the suite
 * @server_name: the name that the client asked for; NULL or empty if none
 * @alpn: the protocol that was agreed on, or NULL
 * @alpn_len: bytes of it
 */
struct tlvs_facts {
	const char *version;
	const char *cipher;
	const char *server_name;
	const unsigned char *alpn;
	size_t alpn_len;
};

int tlvs_build(const struct tlvs_facts *facts, uint8_t *buf, size_t size);

#endif /* TLSVIPD_TLVS_H */
