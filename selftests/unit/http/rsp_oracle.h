/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One input of any bytes from a server: does the engine do what the reference
 * says, however it is cut? Shared by the fuzzer and the random test.
 */
#ifndef SELFTESTS_HTTP_RSP_ORACLE_H
#define SELFTESTS_HTTP_RSP_ORACLE_H

#include "rsp_ref.h"

/* Bytes in front of an input that choose limits, requests, rules and cuts. */
#define RSP_ORACLE_HEADER 4

const char *rsp_oracle_check(const u8 *data, size_t len);
void rsp_oracle_header(const struct rsp_ref_cfg *cfg, u8 *header);

#endif
