/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Word to the service manager that started us, if one did.
 */
#ifndef TLSVIPD_NOTIFY_H
#define TLSVIPD_NOTIFY_H

void notify_ready(const char *status);
void notify_reloading(void);
void notify_stopping(void);

#endif /* TLSVIPD_NOTIFY_H */
