/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one table of counters. It feeds /proc/net/tlsvip/stats, sysfs, netlink
 * and the documentation; nothing else names a counter.
 *
 * This is not where gauges live: a gauge is the difference of an alloc and a
 * free counter and is computed by its reader.
 */
#ifndef _TLSVIP_COUNTERS_H
#define _TLSVIP_COUNTERS_H

#include "http_reasons.h"

/*
 * X(group, name, running, doc)
 * group and name make the public name "group.name" (underscores become dashes)
 * and the symbol TLSVIP_C_<group>_<name>. Running counters are not cleared.
 *
 * Those of the first list have a copy for each CPU.
 */
#define TLSVIP_COUNTERS_PERCPU(X) \
	X(steer, syn_hit, 0, "SYNs given to a proxy socket") \
	X(steer, cookie_hit, 0, "SYN-cookie ACKs given to a proxy socket") \
	X(steer, timewait_reuse, 0, "SYNs that replaced a TIME_WAIT socket") \
	X(steer, maxconns_drop, 0, "SYNs dropped: context at maxconns") \
	X(steer, queue_drop, 0, "SYNs dropped: handshake queue full") \
	X(steer, too_short, 0, "TCP packets too short to be judged, let pass") \
	X(steer, listener_miss, 0, "SYNs dropped: proxy socket gone") \
	X(steer, listener_retry, 0, "attempts to make lost or missing proxy sockets") \
	X(conn, alloc, 1, "connections created") \
	X(conn, free, 1, "connections freed") \
	X(conn, accepted, 0, "connections accepted") \
	X(conn, established, 0, "connections that reached the relay") \
	X(conn, limit_drop, 0, "accepted connections dropped: maxconns, or too many handshakes") \
	X(conn, nomem, 0, "connections lost to a failed allocation") \
	X(conn, stray, 0, "accepted sockets without a service, reset") \
	X(leg, alloc, 1, "legs created") \
	X(leg, free, 1, "legs freed") \
	X(upcall, alloc, 1, "handshakes queued for the daemon") \
	X(upcall, free, 1, "handshakes that left the queue or the daemon") \
	X(upcall, handed_out, 0, "handshakes taken by a worker") \
	X(upcall, late, 0, "verdicts for handshakes that had ended") \
	X(upcall, leftover, 0, "verdicts that carried decrypted bytes") \
	X(ssl, conns_attempted, 0, "handshakes begun") \
	X(ssl, conns_completed, 0, "handshakes completed") \
	X(ssl, full_handshakes, 0, "full handshakes") \
	X(ssl, resumed_handshakes, 0, "resumed handshakes") \
	X(ssl, tls12, 0, "TLS 1.2 sessions") \
	X(ssl, tls13, 0, "TLS 1.3 sessions") \
	X(ssl, handshake_failures, 0, "handshakes that failed") \
	X(ssl, handshake_timeouts, 0, "handshakes that ran out of time") \
	X(ssl, handshake_refused, 0, "version or suite that cannot be offloaded") \
	X(ssl, no_trustpoint, 0, "no usable key and certificate") \
	X(ssl, daemon_exit, 0, "handshakes lost with their worker") \
	X(ssl, bad_verdict, 0, "hand-overs that failed the kernel's checks") \
	X(ssl, alerts_sent, 0, "fatal alerts sent by the kernel") \
	X(ssl, alerts_received, 0, "fatal alerts received in the data phase") \
	X(ssl, close_notify_sent, 0, "close_notify alerts sent") \
	X(ssl, close_notify_received, 0, "close_notify alerts received") \
	X(ssl, truncated, 0, "FIN without close_notify") \
	X(ssl, bad_records, 0, "records not decrypted or not allowed") \
	X(ssl, keyupdates, 0, "KeyUpdates received that end the session") \
	X(server, connects, 0, "connection attempts to servers") \
	X(server, refused, 0, "connection attempts refused") \
	X(server, unreachable, 0, "connection attempts without a route") \
	X(server, no_port, 0, "connection attempts without a free local port or an address") \
	X(server, timeouts, 0, "connection attempts that ran out of time") \
	X(server, proxy_headers, 0, "PROXY protocol headers queued for servers") \
	X(relay, c2s_bytes, 0, "application bytes to servers") \
	X(relay, s2c_bytes, 0, "application bytes to clients") \
	X(relay, copied, 0, "bytes copied because they could not be spliced") \
	X(relay, requeues, 0, "runs that used up their budget") \
	X(relay, idle_timeouts, 0, "connections ended by the idle timeout") \
	X(relay, linger_timeouts, 0, "connections ended by the linger timeout") \
	X(relay, client_resets, 0, "connections reset by the client") \
	X(relay, server_resets, 0, "connections reset by the server") \
	X(relay, nomem, 0, "runs put off by a failed allocation") \
	X(hdr, requests, 0, "requests seen") \
	X(hdr, inserted, 0, "header blocks inserted") \
	X(hdr, spoofed, 0, "client copies of inserted names removed") \
	X(hdr, inserted_client_ip_port, 0, "requests that got Client-IP or Client-Port") \
	X(hdr, inserted_session, 0, "requests that got session lines beside Session-Id") \
	X(hdr, inserted_session_id, 0, "requests that got Session-Id") \
	X(hdr, inserted_forwarded, 0, "requests that got Forwarded") \
	X(hdr, inserted_x_forwarded, 0, "requests that got X-Forwarded lines") \
	X(hdr, inserted_cert_status, 0, "requests that got ClientCert-Valid and -Error") \
	X(hdr, inserted_client_cert, 0, "requests that got other ClientCert lines") \
	X(hdr, inserted_rfc9440, 0, "requests that got Client-Cert") \
	X(hdr, inserted_custom, 0, "requests that got custom lines") \
	X(hdr, inserted_first, 0, "first requests that got a block of their own besides") \
	X(hdr, no_block, 0, "connections refused: header lines not made, or too long") \
	X(hdr, rejected, 0, "requests refused") \
	X(hdr, upgrades, 0, "connections switched to another protocol") \
	X(url, rewritten, 0, "URLs of responses made https") \
	X(url, missed, 0, "URLs of responses with http that no rule changed") \
	X(url, incomplete, 0, "responses cut short by the end of the server's stream") \
	X(url, rejected, 0, "responses that could not be read")

/*
 * What a connection can add to at most once. There are many of these, for each
 * service, and hardly any of them ever counts: one copy serves all CPUs. That
 * is 0.5 KiB a service, and not 32 KiB with 64 CPUs.
 */
#define TLSVIP_COUNTERS_SHARED(X) \
	X(hdr, early, 0, "answers that came before their request had ended") \
	X(hdr, unasked, 0, "answers that no request had asked for") \
	X(hdr, lost, 0, "connections whose answers could not be followed") \
	X(hdr, rejected_smuggling, 0, "requests refused: two parsers might differ") \
	X(hdr, rejected_limit, 0, "requests refused: a limit of size or number") \
	X(hdr, rejected_timeout, 0, "requests refused: a head took too long") \
	X(hdr, rejected_syntax, 0, "requests refused: not HTTP") \
	X(hdr, rejected_unsupported, 0, "requests refused: of HTTP, but not served") \
	X(hdr, rejected_spoofed, 0, "requests refused: a protected name") \
	X(hdr, rejected_internal, 0, "requests refused: a fault of tlsvip") \
	TLSVIP_HTTP_REQUEST_REASONS(TLSVIP_COUNTER_REASON, X)

#define TLSVIP_COUNTER_REASON(X, id, word, reason, status, class, doc) \
	X(reject, word, 0, doc)

#define TLSVIP_COUNTERS(X) TLSVIP_COUNTERS_PERCPU(X) TLSVIP_COUNTERS_SHARED(X)

#define TLSVIP_COUNTER_ENUM(group, name, running, doc) \
	TLSVIP_C_##group##_##name,

/*
 * Those below TLSVIP_C_SHARED are counted for each CPU. It is the number of the
 * first one that is not, so counting goes one back behind it.
 */
enum tlsvip_counter {
	TLSVIP_COUNTERS_PERCPU(TLSVIP_COUNTER_ENUM)
	TLSVIP_C_SHARED,
	TLSVIP_C_BEFORE_SHARED = TLSVIP_C_SHARED - 1,
	TLSVIP_COUNTERS_SHARED(TLSVIP_COUNTER_ENUM)
	TLSVIP_C_NUM,
};

#undef TLSVIP_COUNTER_ENUM

#endif /* _TLSVIP_COUNTERS_H */
