/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP/1 engine: the one table of reasons. It feeds their statuses and names,
 * and the counters of refused requests; which rule each of them stands for is
 * said at enum tlsvip_http_reason.
 */
#ifndef TLSVIP_HTTP_REASONS_H
#define TLSVIP_HTTP_REASONS_H

/*
 * R(X, id, word, name, status, class, doc), X being handed on
 * id: of TLSVIP_HTTP_R_<id>
 * word, name: what it is called, in an identifier and by people
 * status: what it is answered with
 * class: in which sum of refused requests it counts; a response counts in none
 * doc: what was wrong
 */

/* Why requests are refused; each of these has a counter. */
#define TLSVIP_HTTP_REQUEST_REASONS(R, X) \
	R(X, LEADING_CRLF, leading_crlf, "leading-crlf", \
	  400, limit, "more empty lines in front of a request than crlf-max") \
	R(X, BARE_LF, bare_lf, "bare-lf", \
	  400, smuggling, "a line that ends with LF alone") \
	R(X, BARE_CR, bare_cr, "bare-cr", \
	  400, smuggling, "CR without LF") \
	R(X, METHOD_SYNTAX, method_syntax, "method-syntax", \
	  400, syntax, "a method that is no token") \
	R(X, METHOD_TOO_LONG, method_too_long, "method-too-long", \
	  501, unsupported, "a method of more than 32 bytes") \
	R(X, METHOD_CONNECT, method_connect, "method-connect", \
	  405, unsupported, "CONNECT") \
	R(X, H2_PREFACE, h2_preface, "h2-preface", \
	  400, unsupported, "HTTP/2 without ALPN") \
	R(X, TARGET_CHAR, target_char, "target-char", \
	  400, syntax, "a byte that may not stand in a target") \
	R(X, TARGET_FORM, target_form, "target-form", \
	  400, syntax, "neither a path nor an absolute URL") \
	R(X, TARGET_AUTHORITY, target_authority, "target-authority", \
	  400, syntax, "an absolute URL without a plain host and port") \
	R(X, LINE_TOO_LONG, line_too_long, "line-too-long", \
	  414, limit, "a request line above line-max") \
	R(X, VERSION_SYNTAX, version_syntax, "version-syntax", \
	  400, syntax, "a request line that does not end in a version") \
	R(X, VERSION_UNSUPPORTED, version_unsupported, "version-unsupported", \
	  505, unsupported, "neither HTTP/1.0 nor HTTP/1.1") \
	R(X, HEAD_TOO_LARGE, head_too_large, "head-too-large", \
	  431, limit, "a head above head-max") \
	R(X, FIELD_COUNT, field_count, "field-count", \
	  431, limit, "more fields than fields-max") \
	R(X, NAME_EMPTY, name_empty, "name-empty", \
	  400, syntax, "a line that begins with a colon") \
	R(X, NAME_CHAR, name_char, "name-char", \
	  400, syntax, "a field name that is no token") \
	R(X, NAME_SPACE, name_space, "name-space", \
	  400, smuggling, "white space in front of a colon") \
	R(X, NAME_TOO_LONG, name_too_long, "name-too-long", \
	  431, limit, "a field name above name-max") \
	R(X, OBS_FOLD, obs_fold, "obs-fold", \
	  400, smuggling, "a line that begins with white space") \
	R(X, VALUE_CHAR, value_char, "value-char", \
	  400, smuggling, "a control byte in a value") \
	R(X, NAME_LOOKALIKE, name_lookalike, "name-lookalike", \
	  400, smuggling, "a name read as one that decides framing") \
	R(X, HOST_MISSING, host_missing, "host-missing", \
	  400, syntax, "HTTP/1.1 without Host") \
	R(X, HOST_DUPLICATE, host_duplicate, "host-duplicate", \
	  400, smuggling, "more than one Host") \
	R(X, HOST_SYNTAX, host_syntax, "host-syntax", \
	  400, syntax, "Host that is not a host and port") \
	R(X, HOST_MISMATCH, host_mismatch, "host-mismatch", \
	  400, smuggling, "Host that differs from the absolute URL") \
	R(X, LENGTH_SYNTAX, length_syntax, "length-syntax", \
	  400, smuggling, "Content-Length that is not a plain number") \
	R(X, LENGTH_TOO_LARGE, length_too_large, "length-too-large", \
	  413, limit, "Content-Length of more than 18 digits") \
	R(X, LENGTH_DUPLICATE, length_duplicate, "length-duplicate", \
	  400, smuggling, "two Content-Length") \
	R(X, LENGTH_AND_CODING, length_and_coding, "length-and-coding", \
	  400, smuggling, "Content-Length and Transfer-Encoding") \
	R(X, CODING, coding, "coding", \
	  501, smuggling, "Transfer-Encoding other than chunked") \
	R(X, CODING_DUPLICATE, coding_duplicate, "coding-duplicate", \
	  400, smuggling, "two Transfer-Encoding") \
	R(X, CODING_HTTP10, coding_http10, "coding-http10", \
	  400, smuggling, "Transfer-Encoding in HTTP/1.0") \
	R(X, BODY_HTTP10, body_http10, "body-http10", \
	  400, smuggling, "GET, HEAD or DELETE with a body in HTTP/1.0") \
	R(X, BODY_TRACE, body_trace, "body-trace", \
	  400, smuggling, "TRACE with a body") \
	R(X, EXPECT, expect, "expect", \
	  417, unsupported, "Expect other than 100-continue") \
	R(X, EXPECT_NO_BODY, expect_no_body, "expect-no-body", \
	  417, syntax, "Expect without a body") \
	R(X, CONNECTION_SYNTAX, connection_syntax, "connection-syntax", \
	  400, syntax, "Connection that is no list of tokens") \
	R(X, CONNECTION_OPTION, connection_option, "connection-option", \
	  400, smuggling, "Connection names a field that decides framing") \
	R(X, CONNECTION_TOO_LONG, connection_too_long, "connection-too-long", \
	  431, limit, "a Connection line too long to be held") \
	R(X, UPGRADE_SYNTAX, upgrade_syntax, "upgrade-syntax", \
	  400, syntax, "Upgrade that is no list of protocols") \
	R(X, UPGRADE_TOO_LONG, upgrade_too_long, "upgrade-too-long", \
	  431, limit, "an Upgrade line too long to be held") \
	R(X, CHUNK_SIZE, chunk_size, "chunk-size", \
	  400, smuggling, "a chunk size that is not a plain number") \
	R(X, CHUNK_TOO_LARGE, chunk_too_large, "chunk-too-large", \
	  413, limit, "a chunk size of more than 15 digits") \
	R(X, CHUNK_EXT, chunk_ext, "chunk-ext", \
	  400, smuggling, "a chunk extension that is none") \
	R(X, CHUNK_EXT_TOO_LONG, chunk_ext_too_long, "chunk-ext-too-long", \
	  400, limit, "chunk extensions above ext-max") \
	R(X, CHUNK_CRLF, chunk_crlf, "chunk-crlf", \
	  400, smuggling, "a chunk that does not end in CRLF") \
	R(X, TRAILER_TOO_LARGE, trailer_too_large, "trailer-too-large", \
	  431, limit, "trailers above trailer-max") \
	R(X, TRAILER_FIELD, trailer_field, "trailer-field", \
	  400, smuggling, "a trailer that would decide framing") \
	R(X, SPOOFED, spoofed, "spoofed", \
	  400, spoofed, "a protected name, with spoof reject") \
	R(X, NOT_READY, not_ready, "not-ready", \
	  400, internal, "bytes ahead of the start, a fault of tlsvip") \
	R(X, UPGRADE_BODY, upgrade_body, "upgrade-body", \
	  400, smuggling, "Upgrade in a request with a body") \
	R(X, HEAD_PIECES, head_pieces, "head-pieces", \
	  400, limit, "a head in more records than records-max") \
	R(X, HEAD_TIMEOUT, head_timeout, "head-timeout", \
	  408, timeout, "a head or trailers that took longer than head-timeout") \
	R(X, METHOD_CASE, method_case, "method-case", \
	  400, smuggling, "a known method but for the case of its letters") \
	R(X, WEBSOCKET_KEY, websocket_key, "websocket-key", \
	  400, smuggling, "Sec-WebSocket-Key1, with an unannounced body")

/* Why responses are, beside those that they share with requests. */
#define TLSVIP_HTTP_RESPONSE_REASONS(R, X) \
	R(X, RSP_STATUS, rsp_status, "rsp-status", \
	  502, response, "a response without a status line") \
	R(X, RSP_UNASKED, rsp_unasked, "rsp-unasked", \
	  502, response, "a second response that nobody asked for") \
	R(X, RSP_INTERIM, rsp_interim, "rsp-interim", \
	  502, response, "an interim response of HTTP/1.0") \
	R(X, RSP_INTERIM_COUNT, rsp_interim_count, "rsp-interim-count", \
	  502, response, "too many interim responses to a request") \
	R(X, RSP_SWITCH, rsp_switch, "rsp-switch", \
	  502, response, "101 to a request without Upgrade") \
	R(X, RSP_BODY, rsp_body, "rsp-body", \
	  502, response, "a body in an interim response or a 204") \
	R(X, RSP_LOCATION, rsp_location, "rsp-location", \
	  502, response, "two Location or two Content-Location")

#define TLSVIP_HTTP_REASONS(R, X) \
	TLSVIP_HTTP_REQUEST_REASONS(R, X) \
	TLSVIP_HTTP_RESPONSE_REASONS(R, X)

#endif /* TLSVIP_HTTP_REASONS_H */
