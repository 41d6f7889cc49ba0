/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the process denies itself, whoever started it. The service unit denies
 * more.
 */
#ifndef TLSVIPD_SANDBOX_H
#define TLSVIPD_SANDBOX_H

int sandbox_enter(void);

#endif /* TLSVIPD_SANDBOX_H */
