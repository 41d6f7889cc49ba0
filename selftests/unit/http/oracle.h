/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One input of any bytes: does the engine do what the reference says, however
 * it is cut? Shared by the fuzzer and the random test.
 */
#ifndef SELFTESTS_HTTP_ORACLE_H
#define SELFTESTS_HTTP_ORACLE_H

#include "ref.h"

/* Bytes in front of an input that choose limits, policy and cuts. */
#define ORACLE_HEADER 3

const char *oracle_check(const u8 *data, size_t len);

#endif
