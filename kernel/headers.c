// SPDX-License-Identifier: GPL-2.0-only
/*
 * One version of an http-header policy: which lines the daemon is to make, and
 * which names clients may not send.
 *
 * It does not make the block that is inserted; the daemon does, per session.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "headers.h"
#include "tlsvip.h"

/* What becomes of a field when the policy says so. */
#define TLSVIP_HEADERS_ONCE	BIT(0)	/* &tlsvip_headers.session_once */
#define TLSVIP_HEADERS_FIRST	BIT(1)	/* &tlsvip_headers.client_cert_first */

/**
 * struct tlsvip_headers_field - a field of the table
 * @name: its standard name
 * @group: offset of the option that asks for it, in struct tlsvip_headers
 * @flags: TLSVIP_HEADERS_ONCE, TLSVIP_HEADERS_FIRST
 */
struct tlsvip_headers_field {
	const char *name;
	u16 group;
	u8 flags;
};

#define TLSVIP_HEADERS_FIELD(id, string, option, flag)			\
	[TLSVIP_HEADER_FIELD_##id] = {					\
		.name = string,						\
		.group = offsetof(struct tlsvip_headers, option),	\
		.flags = flag,						\
	}
#define TLSVIP_HEADERS_SESSION(id, string, flag) \
	TLSVIP_HEADERS_FIELD(SESSION_##id, "Session-" string, session, flag)
#define TLSVIP_HEADERS_CERT(id, string, option)				\
	TLSVIP_HEADERS_FIELD(CLIENTCERT_##id,				\
			     TLSVIP_HEADERS_FAMILY string, option,	\
			     TLSVIP_HEADERS_FIRST)

/* How the names of the lines about the client's certificate begin. */
#define TLSVIP_HEADERS_FAMILY	"ClientCert-"

/* In the order in which they are inserted. */
static const struct tlsvip_headers_field
tlsvip_headers_table[TLSVIP_HEADER_FIELD_MAX + 1] = {
	TLSVIP_HEADERS_FIELD(CLIENT_IP, "Client-IP", client_ip_port, 0),
	TLSVIP_HEADERS_FIELD(CLIENT_PORT, "Client-Port", client_ip_port, 0),
	TLSVIP_HEADERS_SESSION(ID, "Id", 0),
	TLSVIP_HEADERS_SESSION(CIPHER_NAME, "Cipher-Name",
			       TLSVIP_HEADERS_ONCE),
	TLSVIP_HEADERS_SESSION(CIPHER_KEY_SIZE, "Cipher-Key-Size",
			       TLSVIP_HEADERS_ONCE),
	TLSVIP_HEADERS_SESSION(CIPHER_USE_SIZE, "Cipher-Use-Size",
			       TLSVIP_HEADERS_ONCE),
	TLSVIP_HEADERS_SESSION(STEP_UP, "Step-Up", TLSVIP_HEADERS_ONCE),
	TLSVIP_HEADERS_SESSION(INITIAL_CIPHER_NAME, "Initial-Cipher-Name",
			       TLSVIP_HEADERS_ONCE),
	TLSVIP_HEADERS_SESSION(INITIAL_CIPHER_KEY_SIZE,
			       "Initial-Cipher-Key-Size", TLSVIP_HEADERS_ONCE),
	TLSVIP_HEADERS_SESSION(INITIAL_CIPHER_USE_SIZE,
			       "Initial-Cipher-Use-Size", TLSVIP_HEADERS_ONCE),
	TLSVIP_HEADERS_FIELD(FORWARDED, "Forwarded", forwarded, 0),
	TLSVIP_HEADERS_FIELD(X_FORWARDED_FOR, "X-Forwarded-For", x_forwarded,
			     0),
	TLSVIP_HEADERS_FIELD(X_FORWARDED_PROTO, "X-Forwarded-Proto",
			     x_forwarded, 0),
	TLSVIP_HEADERS_FIELD(X_FORWARDED_PORT, "X-Forwarded-Port", x_forwarded,
			     0),
	/* the status is there with every request */
	TLSVIP_HEADERS_FIELD(CLIENTCERT_VALID, TLSVIP_HEADERS_FAMILY "Valid",
			     cert_status, 0),
	TLSVIP_HEADERS_FIELD(CLIENTCERT_ERROR, TLSVIP_HEADERS_FAMILY "Error",
			     cert_status, 0),
	TLSVIP_HEADERS_CERT(FINGERPRINT, "Fingerprint", cert_basic),
	TLSVIP_HEADERS_CERT(SUBJECT_CN, "Subject-CN", cert_basic),
	TLSVIP_HEADERS_CERT(ISSUER_CN, "Issuer-CN", cert_basic),
	TLSVIP_HEADERS_CERT(CERTIFICATE_VERSION,
			    "Certificate-Version", cert_basic),
	TLSVIP_HEADERS_CERT(SERIAL_NUMBER, "Serial-Number", cert_basic),
	TLSVIP_HEADERS_CERT(DATA_SIGNATURE_ALGORITHM,
			    "Data-Signature-Algorithm", cert_basic),
	TLSVIP_HEADERS_CERT(SUBJECT, "Subject", cert_subject),
	TLSVIP_HEADERS_CERT(ISSUER, "Issuer", cert_basic),
	TLSVIP_HEADERS_CERT(NOT_BEFORE, "Not-Before", cert_basic),
	TLSVIP_HEADERS_CERT(NOT_AFTER, "Not-After", cert_basic),
	TLSVIP_HEADERS_CERT(PUBLIC_KEY_ALGORITHM,
			    "Public-Key-Algorithm", cert_basic),
	TLSVIP_HEADERS_CERT(RSA_PUBLIC_KEY_SIZE,
			    "RSA-Public-Key-Size", cert_basic),
	TLSVIP_HEADERS_CERT(RSA_MODULUS_SIZE, "RSA-Modulus-Size", cert_basic),
	TLSVIP_HEADERS_CERT(RSA_MODULUS, "RSA-Modulus", cert_basic),
	TLSVIP_HEADERS_CERT(RSA_EXPONENT, "RSA-Exponent", cert_basic),
	TLSVIP_HEADERS_CERT(X509V3_AUTHORITY_KEY_IDENTIFIER,
			    "X509v3-Authority-Key-Identifier", cert_basic),
	TLSVIP_HEADERS_CERT(X509V3_BASIC_CONSTRAINTS,
			    "X509v3-Basic-Constraints", cert_basic),
	TLSVIP_HEADERS_CERT(SIGNATURE_ALGORITHM,
			    "Signature-Algorithm", cert_basic),
	TLSVIP_HEADERS_CERT(SIGNATURE, "Signature", cert_basic),
	TLSVIP_HEADERS_CERT(X509V3_KEY_USAGE, "X509v3-Key-Usage", cert_more),
	TLSVIP_HEADERS_CERT(X509V3_SUBJECT_ALTERNATIVE_NAME,
			    "X509v3-Subject-Alternative-Name", cert_more),
	TLSVIP_HEADERS_CERT(X509V3_CRL_DISTRIBUTION_POINTS,
			    "X509v3-CRL-Distribution-Points", cert_more),
	TLSVIP_HEADERS_CERT(X509V3_AUTHORITY_INFORMATION_ACCESS,
			    "X509v3-Authority-Information-Access", cert_more),
	TLSVIP_HEADERS_CERT(PEM, "PEM", cert_pem),
	TLSVIP_HEADERS_FIELD(CLIENT_CERT, "Client-Cert", rfc9440, 0),
	TLSVIP_HEADERS_FIELD(CLIENT_CERT_CHAIN, "Client-Cert-Chain",
			     rfc9440_chain, 0),
};

/* "PREFIX-", "-", a custom line */
static_assert(TLSVIP_PREFIX_LEN + 1 + TLSVIP_CUSTOM_LEN <= TLSVIP_LINE_LEN);
/* Standard names, with and without alias, custom ones, protected ones. */
static_assert(2 * TLSVIP_HEADERS_FIELDS + TLSVIP_CUSTOM_MAX +
	      TLSVIP_PROTECT_MAX <= TLSVIP_HTTP_NAMES_MAX);

static const char *tlsvip_headers_alias_of(const struct tlsvip_headers *hdrs,
					   const char *name)
{
	u32 i;

	for (i = 0; i < hdrs->n_aliases; i++)
		if (!strcasecmp(hdrs->alias[i].name, name))
			return hdrs->alias[i].alias;
	return NULL;
}

/**
 * tlsvip_headers_n_lines - lines that a policy inserts
 * @hdrs: version
 *
 * Context: any.
 * Return: how many.
 */
u32 tlsvip_headers_n_lines(const struct tlsvip_headers *hdrs)
{
	return hdrs->n_fields + hdrs->n_custom;
}

/**
 * tlsvip_headers_line - one of the lines that a policy inserts
 * @hdrs: version
 * @i: which, below tlsvip_headers_n_lines()
 * @line: written
 *
 * Context: any.
 */
void tlsvip_headers_line(const struct tlsvip_headers *hdrs, u32 i,
			 struct tlsvip_headers_line *line)
{
	const struct tlsvip_headers_field *f;
	const char *text, *alias = NULL;

	line->field = TLSVIP_HEADER_FIELD_CUSTOM;
	line->once = false;
	line->first = false;
	if (i < hdrs->n_fields) {
		line->field = hdrs->field[i];
		f = &tlsvip_headers_table[line->field];
		line->once = hdrs->session_once &&
			     f->flags & TLSVIP_HEADERS_ONCE;
		line->first = hdrs->client_cert_first &&
			      f->flags & TLSVIP_HEADERS_FIRST &&
			      !(hdrs->subject_name && line->field ==
				TLSVIP_HEADER_FIELD_CLIENTCERT_SUBJECT);
		text = f->name;
		alias = tlsvip_headers_alias_of(hdrs, text);
	} else {
		text = hdrs->custom[i - hdrs->n_fields];
	}
	if (alias || !*hdrs->prefix)
		strscpy(line->text, alias ?: text);
	else
		scnprintf(line->text, sizeof(line->text), "%s-%s",
			  hdrs->prefix, text);
}

static int tlsvip_headers_protect(struct tlsvip_headers *hdrs,
				  const char *name, u32 len,
				  struct netlink_ext_ack *extack)
{
	int err;

	if (tlsvip_http_cfg_protects(&hdrs->cfg, name, len))
		return 0;
	err = tlsvip_http_cfg_add_name(&hdrs->cfg, name, len);
	if (err == -EINVAL)
		NL_SET_ERR_MSG_FMT_MOD(extack,
				       "%.*s: longer than %d or not a name to insert",
				       (int)min(len, 24U), name,
				       TLSVIP_HTTP_NAME_SIZE);
	else if (err)
		NL_SET_ERR_MSG_FMT_MOD(extack, "too many names with %.*s",
				       (int)min(len, 24U), name);
	return err;
}

static void tlsvip_headers_select(struct tlsvip_headers *hdrs)
{
	enum tlsvip_client_cert cert = hdrs->client_cert;
	u32 i;

	hdrs->cert_status = cert != TLSVIP_CLIENT_CERT_NONE || hdrs->rfc9440;
	hdrs->cert_basic = cert == TLSVIP_CLIENT_CERT_BASIC ||
			   cert == TLSVIP_CLIENT_CERT_ALL;
	hdrs->cert_subject = hdrs->cert_basic || hdrs->subject_name;
	hdrs->cert_more = cert == TLSVIP_CLIENT_CERT_ALL;
	hdrs->cert_pem = cert == TLSVIP_CLIENT_CERT_PEM;
	hdrs->cfg.first_block = hdrs->client_cert_first;
	for (i = TLSVIP_HEADER_FIELD_CUSTOM + 1; i <= TLSVIP_HEADER_FIELD_MAX;
	     i++)
		if (*((bool *)hdrs + tlsvip_headers_table[i].group))
			hdrs->field[hdrs->n_fields++] = i;
}

static int tlsvip_headers_check_aliases(const struct tlsvip_headers *hdrs,
					struct netlink_ext_ack *extack)
{
	const struct tlsvip_headers_alias *a;
	u32 i, k;

	for (i = 0; i < hdrs->n_aliases; i++) {
		a = &hdrs->alias[i];
		if (tlsvip_headers_alias_of(hdrs, a->name) != a->alias) {
			NL_SET_ERR_MSG_FMT_MOD(extack,
					       "alias: two of them for %.40s",
					       a->name);
			return -EINVAL;
		}
		for (k = 0; k < hdrs->n_fields; k++)
			if (!strcasecmp(tlsvip_headers_table[hdrs->field[k]].name,
					a->name))
				break;
		if (k == hdrs->n_fields) {
			NL_SET_ERR_MSG_FMT_MOD(extack,
					       "alias: no option of the policy inserts %.32s",
					       a->name);
			return -EINVAL;
		}
		if (tlsvip_header_check_name(a->alias, strlen(a->alias),
					     "alias", extack))
			return -EINVAL;
	}
	return 0;
}

static int tlsvip_headers_check_prefix(struct tlsvip_headers *hdrs,
				       struct netlink_ext_ack *extack)
{
	char text[TLSVIP_PREFIX_LEN + 2];
	int err, len;

	if (!*hdrs->prefix)
		return 0;
	if (hdrs->prefix[strlen(hdrs->prefix) - 1] == '-') {
		NL_SET_ERR_MSG_FMT_MOD(extack,
				       "prefix: %s ends in \"-\", which is added",
				       hdrs->prefix);
		return -EINVAL;
	}
	if (tlsvip_header_check_name(hdrs->prefix, strlen(hdrs->prefix),
				     "prefix", extack))
		return -EINVAL;
	len = scnprintf(text, sizeof(text), "%s-", hdrs->prefix);
	if (tlsvip_header_check_prefix(text, len, "prefix", extack))
		return -EINVAL;
	err = tlsvip_http_cfg_add_prefix(&hdrs->cfg, text, len);
	if (err)
		NL_SET_ERR_MSG_FMT_MOD(extack,
				       "prefix: names of HTTP itself begin with %s",
				       text);
	return err;
}

static int tlsvip_headers_protect_prefix(struct tlsvip_headers *hdrs,
					 const char *prefix, u32 len,
					 struct netlink_ext_ack *extack)
{
	int err = tlsvip_http_cfg_add_prefix(&hdrs->cfg, prefix, len);

	if (!err || err == -EEXIST)
		return 0;
	if (err == -EINVAL)
		NL_SET_ERR_MSG_FMT_MOD(extack, "%.*s*: names of HTTP itself begin so",
				       (int)min(len, 24U), prefix);
	else
		NL_SET_ERR_MSG_FMT_MOD(extack, "too many names with %.*s*",
				       (int)min(len, 24U), prefix);
	return err;
}

/* All names that begin with @prefix, and the names of @others. */
static int tlsvip_headers_check_family(struct tlsvip_headers *hdrs,
				       const char *prefix, const u8 *others,
				       u32 n, struct netlink_ext_ack *extack)
{
	const char *name;
	int err;
	u32 i;

	err = tlsvip_headers_protect_prefix(hdrs, prefix, strlen(prefix),
					    extack);
	for (i = 0; i < n && !err; i++) {
		name = tlsvip_headers_table[others[i]].name;
		err = tlsvip_headers_protect(hdrs, name, strlen(name), extack);
	}
	return err;
}

/*
 * All names about certificates at once, inserted or not, and all that proxies
 * tell of a client: who reads one of them will believe the others.
 */
static int tlsvip_headers_check_families(struct tlsvip_headers *hdrs,
					 struct netlink_ext_ack *extack)
{
	static const u8 cert[] = {
		TLSVIP_HEADER_FIELD_CLIENT_CERT,
		TLSVIP_HEADER_FIELD_CLIENT_CERT_CHAIN,
	};
	static const u8 forwarded[] = { TLSVIP_HEADER_FIELD_FORWARDED };
	int err = 0;

	if (hdrs->cert_status)
		err = tlsvip_headers_check_family(hdrs, TLSVIP_HEADERS_FAMILY,
						  cert, ARRAY_SIZE(cert),
						  extack);
	if (!err && (hdrs->forwarded || hdrs->x_forwarded))
		err = tlsvip_headers_check_family(hdrs, "X-Forwarded-",
						  forwarded,
						  ARRAY_SIZE(forwarded),
						  extack);
	return err;
}

/* Every line has a name of its own, which clients may not send. */
static int tlsvip_headers_check_lines(struct tlsvip_headers *hdrs,
				      struct netlink_ext_ack *extack)
{
	struct tlsvip_headers_line *line;
	u32 i, k, n, len, other;
	int err = 0;

	n = tlsvip_headers_n_lines(hdrs);
	line = kmalloc_array(2, sizeof(*line), GFP_KERNEL);
	if (!line)
		return -ENOMEM;
	for (i = 0; i < n && !err; i++) {
		tlsvip_headers_line(hdrs, i, &line[0]);
		len = tlsvip_header_name_len(line[0].text);
		for (k = 0; k < i && !err; k++) {
			tlsvip_headers_line(hdrs, k, &line[1]);
			other = tlsvip_header_name_len(line[1].text);
			if (!tlsvip_header_same(line[0].text, len,
						line[1].text, other))
				continue;
			NL_SET_ERR_MSG_FMT_MOD(extack,
					       "two lines with the name %.*s",
					       (int)min(len, 32U),
					       line[0].text);
			err = -EINVAL;
		}
		if (!err)
			err = tlsvip_headers_protect(hdrs, line[0].text, len,
						     extack);
	}
	kfree(line);
	return err;
}

/* A name that the operator asks for, or with "*" all that begin so. */
static int tlsvip_headers_check_protect(struct tlsvip_headers *hdrs,
					const char *name,
					struct netlink_ext_ack *extack)
{
	u32 len = strlen(name);
	int err;

	if (len && name[len - 1] == '*') {
		len--;
		err = tlsvip_header_check_prefix(name, len, "protect", extack);
		return err ?: tlsvip_headers_protect_prefix(hdrs, name, len,
							    extack);
	}
	err = tlsvip_header_check_name(name, len, "protect", extack);
	return err ?: tlsvip_headers_protect(hdrs, name, len, extack);
}

/*
 * Names that are not inserted: what a server that knows the standard ones
 * would believe, and what the operator asks for.
 */
static int tlsvip_headers_check_others(struct tlsvip_headers *hdrs,
				       struct netlink_ext_ack *extack)
{
	const char *name;
	int err = 0;
	u32 i;

	for (i = 0; i < hdrs->n_fields && !err; i++) {
		name = tlsvip_headers_table[hdrs->field[i]].name;
		err = tlsvip_headers_protect(hdrs, name, strlen(name), extack);
	}
	for (i = 0; i < hdrs->n_protect && !err; i++)
		err = tlsvip_headers_check_protect(hdrs, hdrs->protect[i],
						   extack);
	return err;
}

/* What options need of each other. */
static int tlsvip_headers_check_options(const struct tlsvip_headers *hdrs,
					struct netlink_ext_ack *extack)
{
	const char *text = NULL;

	if (!tlsvip_headers_n_lines(hdrs) && !hdrs->n_protect)
		text = "the policy inserts and protects nothing";
	else if (hdrs->session_once && !hdrs->session)
		text = "session-once goes with session";
	else if (hdrs->client_cert_first &&
		 hdrs->client_cert == TLSVIP_CLIENT_CERT_NONE)
		text = "client-cert-first goes with client-cert";
	else if (hdrs->subject_name && !hdrs->cert_status)
		text = "subject-name goes with client-cert or rfc9440";
	else if (hdrs->rfc9440_chain && !hdrs->rfc9440)
		text = "rfc9440-chain goes with rfc9440";
	if (!text)
		return 0;
	NL_SET_ERR_MSG_FMT_MOD(extack, "%s", text);
	return -EINVAL;
}

/**
 * tlsvip_headers_alloc - make an empty version of an http-header policy
 *
 * Its limits are the defaults; the caller fills in options, lines and names,
 * and calls tlsvip_headers_build().
 *
 * Context: may sleep.
 * Return: the version with a reference, or NULL.
 */
struct tlsvip_headers *tlsvip_headers_alloc(void)
{
	struct tlsvip_headers *hdrs;

	hdrs = kvzalloc(sizeof(*hdrs), GFP_KERNEL_ACCOUNT);
	if (!hdrs)
		return NULL;
	kref_init(&hdrs->ref);
	tlsvip_http_cfg_init(&hdrs->cfg);
	hdrs->head_ms = TLSVIP_HEAD_TIMEOUT_MS;
	return hdrs;
}

/**
 * tlsvip_headers_build - check a version and make it ready for use
 * @hdrs: version from tlsvip_headers_alloc() that nobody uses yet
 * @extack: says why not
 *
 * Context: may sleep.
 * Return: 0, -EINVAL for what may not be inserted or protected, -ENOSPC for
 * too many names, or -ENOMEM.
 */
int tlsvip_headers_build(struct tlsvip_headers *hdrs,
			 struct netlink_ext_ack *extack)
{
	int err;
	u32 i;

	tlsvip_headers_select(hdrs);
	err = tlsvip_headers_check_options(hdrs, extack);
	for (i = 0; i < hdrs->n_custom && !err; i++)
		err = tlsvip_header_check_line(hdrs->custom[i], i + 1, extack);
	if (!err)
		err = tlsvip_headers_check_aliases(hdrs, extack);
	if (!err)
		err = tlsvip_headers_check_prefix(hdrs, extack);
	if (!err)
		err = tlsvip_headers_check_families(hdrs, extack);
	if (!err)
		err = tlsvip_headers_check_lines(hdrs, extack);
	if (!err)
		err = tlsvip_headers_check_others(hdrs, extack);
	return err;
}

/**
 * tlsvip_headers_get - the version of a policy for a new connection
 * @pol: policy of a service's configuration
 *
 * Context: in the RCU read-side section in which the configuration was read.
 * Return: the version with a reference.
 */
struct tlsvip_headers *tlsvip_headers_get(struct tlsvip_policy *pol)
{
	struct tlsvip_headers *hdrs;

	/* a version without references was replaced before it lost the last */
	do {
		hdrs = rcu_dereference(pol->headers);
	} while (!kref_get_unless_zero(&hdrs->ref));
	return hdrs;
}

static void tlsvip_headers_release(struct kref *ref)
{
	struct tlsvip_headers *hdrs;

	hdrs = container_of(ref, struct tlsvip_headers, ref);
	kvfree_rcu(hdrs, rcu);
}

/**
 * tlsvip_headers_put - drop a reference to a version
 * @hdrs: version
 *
 * Context: any but hard interrupts.
 */
void tlsvip_headers_put(struct tlsvip_headers *hdrs)
{
	kref_put(&hdrs->ref, tlsvip_headers_release);
}
