// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * HTTP/1 engine: byte classes, and the names that mean something.
 *
 * Names are compared as CGI folds them: upper case, and whatever is not a
 * letter or digit is an underscore. A name that folds like a protected one is
 * that one; a name that folds like Content-Length but is spelt otherwise is a
 * look-alike, which some servers obey and others ignore.
 */
#include "http_priv.h"

#define TLSVIP_HTTP_C_NAME \
	(TLSVIP_HTTP_C_HOST | TLSVIP_HTTP_C_TARGET)

/* What a byte may be part of. */
const u8 tlsvip_http_class[256] = {
	[0x21 ... 0x22] = TLSVIP_HTTP_C_TARGET,
	/* 0x23 is "#": no fragment is sent to a server */
	[0x24 ... 0x2c] = TLSVIP_HTTP_C_TARGET,
	['-'] = TLSVIP_HTTP_C_NAME,
	['.'] = TLSVIP_HTTP_C_NAME,
	['/'] = TLSVIP_HTTP_C_TARGET,
	['0' ... '9'] = TLSVIP_HTTP_C_NAME | TLSVIP_HTTP_C_DIGIT |
			TLSVIP_HTTP_C_HEX,
	[0x3a ... 0x40] = TLSVIP_HTTP_C_TARGET,
	['A' ... 'F'] = TLSVIP_HTTP_C_NAME | TLSVIP_HTTP_C_HEX,
	['G' ... 'Z'] = TLSVIP_HTTP_C_NAME,
	[0x5b ... 0x5e] = TLSVIP_HTTP_C_TARGET,
	['_'] = TLSVIP_HTTP_C_NAME,
	[0x60] = TLSVIP_HTTP_C_TARGET,
	['a' ... 'f'] = TLSVIP_HTTP_C_NAME | TLSVIP_HTTP_C_HEX,
	['g' ... 'z'] = TLSVIP_HTTP_C_NAME,
	[0x7b ... 0x7d] = TLSVIP_HTTP_C_TARGET,
	['~'] = TLSVIP_HTTP_C_NAME,
};

/* The folded form of each byte of a token; 0: not of a token. */
const u8 tlsvip_http_fold[256] = {
	['!'] = '_', ['#'] = '_', ['$'] = '_', ['%'] = '_', ['&'] = '_',
	['\''] = '_', ['*'] = '_', ['+'] = '_', ['-'] = '_', ['.'] = '_',
	['^'] = '_', ['_'] = '_', ['`'] = '_', ['|'] = '_', ['~'] = '_',
	['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4',
	['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9',
	['A'] = 'A', ['B'] = 'B', ['C'] = 'C', ['D'] = 'D', ['E'] = 'E',
	['F'] = 'F', ['G'] = 'G', ['H'] = 'H', ['I'] = 'I', ['J'] = 'J',
	['K'] = 'K', ['L'] = 'L', ['M'] = 'M', ['N'] = 'N', ['O'] = 'O',
	['P'] = 'P', ['Q'] = 'Q', ['R'] = 'R', ['S'] = 'S', ['T'] = 'T',
	['U'] = 'U', ['V'] = 'V', ['W'] = 'W', ['X'] = 'X', ['Y'] = 'Y',
	['Z'] = 'Z',
	['a'] = 'A', ['b'] = 'B', ['c'] = 'C', ['d'] = 'D', ['e'] = 'E',
	['f'] = 'F', ['g'] = 'G', ['h'] = 'H', ['i'] = 'I', ['j'] = 'J',
	['k'] = 'K', ['l'] = 'L', ['m'] = 'M', ['n'] = 'N', ['o'] = 'O',
	['p'] = 'P', ['q'] = 'Q', ['r'] = 'R', ['s'] = 'S', ['t'] = 'T',
	['u'] = 'U', ['v'] = 'V', ['w'] = 'W', ['x'] = 'X', ['y'] = 'Y',
	['z'] = 'Z',
};

/* The fields that decide framing, routing or the connection, by length. */
static const struct {
	const char *name;	/* as it must be spelt, but for case */
	u8 len;
	u8 field;
} tlsvip_http_special[] = {
	{ "HOST", 4, TLSVIP_HTTP_N_HOST },
	{ "EXPECT", 6, TLSVIP_HTTP_N_EXPECT },
	{ "UPGRADE", 7, TLSVIP_HTTP_N_UPGRADE },
	{ "CONNECTION", 10, TLSVIP_HTTP_N_CONNECTION },
	{ "CONTENT-LENGTH", 14, TLSVIP_HTTP_N_LENGTH },
	{ "HTTP2-SETTINGS", 14, TLSVIP_HTTP_N_SETTINGS },
	{ "TRANSFER-ENCODING", 17, TLSVIP_HTTP_N_CODING },
	{ "SEC-WEBSOCKET-KEY1", 18, TLSVIP_HTTP_N_WEBSOCKET },
};

/**
 * tlsvip_http_equal_fold() - compare a name with a folded one
 * @name: bytes as received
 * @folded: the other name; its bytes are folded here as well
 * @len: length of both
 *
 * Context: Any.
 * Return: true if they are the same name to a server that folds.
 */
bool tlsvip_http_equal_fold(const u8 *name, const char *folded, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++)
		if (tlsvip_http_fold[name[i]] !=
		    tlsvip_http_fold[(u8)folded[i]])
			return false;
	return true;
}

/* @name folds like entry @i: is it spelt like it too? */
static enum tlsvip_http_field tlsvip_http_spelling(const u8 *name, u32 i)
{
	u32 k;

	for (k = 0; k < tlsvip_http_special[i].len; k++)
		if (tlsvip_http_special[i].name[k] == '-' && name[k] != '-')
			return TLSVIP_HTTP_N_LOOKALIKE;
	return tlsvip_http_special[i].field;
}

static enum tlsvip_http_field tlsvip_http_lookup_special(const u8 *name,
							 u32 len)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(tlsvip_http_special); i++) {
		if (tlsvip_http_special[i].len < len)
			continue;
		if (tlsvip_http_special[i].len > len)
			break;
		if (tlsvip_http_equal_fold(name, tlsvip_http_special[i].name,
					   len))
			return tlsvip_http_spelling(name, i);
	}
	return TLSVIP_HTTP_N_PLAIN;
}

static bool tlsvip_http_in_pool(const struct tlsvip_http_cfg *cfg,
				const struct tlsvip_http_name *entry,
				const u8 *name)
{
	return tlsvip_http_equal_fold(name,
				      (const char *)cfg->pool + entry->off,
				      entry->len);
}

/**
 * tlsvip_http_lookup() - what a name means
 * @cfg: protected names
 * @name: its bytes, of which no more than TLSVIP_HTTP_NAME_SIZE are looked at
 * @len: its length
 *
 * Context: Any.
 * Return: the field it names, or TLSVIP_HTTP_N_PLAIN.
 */
enum tlsvip_http_field tlsvip_http_lookup(const struct tlsvip_http_cfg *cfg,
					  const u8 *name, u32 len)
{
	enum tlsvip_http_field field;
	u32 i;

	field = tlsvip_http_lookup_special(name, len);
	if (field != TLSVIP_HTTP_N_PLAIN)
		return field;
	for (i = 0; i < cfg->n_prefixes; i++)
		if (cfg->prefix[i].len <= len &&
		    tlsvip_http_in_pool(cfg, &cfg->prefix[i], name))
			return TLSVIP_HTTP_N_PROTECTED;
	for (i = 0; i < cfg->n_names; i++)
		if (cfg->name[i].len == len &&
		    tlsvip_http_in_pool(cfg, &cfg->name[i], name))
			return TLSVIP_HTTP_N_PROTECTED;
	return TLSVIP_HTTP_N_PLAIN;
}

/* Let names with this first byte and one of these lengths be compared. */
static void tlsvip_http_filter_add(struct tlsvip_http_cfg *cfg, u8 first,
				   u64 lengths)
{
	cfg->filter[tlsvip_http_fold[first] & 63] |= lengths;
}

/**
 * tlsvip_http_cfg_init() - default limits, no protected names
 * @cfg: what to initialise
 *
 * Context: Any.
 */
void tlsvip_http_cfg_init(struct tlsvip_http_cfg *cfg)
{
	u32 i;

	memset(cfg, 0, sizeof(*cfg));
	cfg->limits = (struct tlsvip_http_limits) {
		.head_max = 65536,
		.line_max = 16384,
		.fields_max = 128,
		.name_max = 256,
		.hold_max = 512,
		.ext_max = 256,
		.trailer_max = 8192,
		.crlf_max = 2,
		/*
		 * A head of 64 KiB in records of 1400 bytes, with which
		 * clients begin, has 47; a small one may come byte by byte.
		 */
		.pieces_max = 1024,
	};
	for (i = 0; i < ARRAY_SIZE(tlsvip_http_special); i++)
		tlsvip_http_filter_add(cfg, tlsvip_http_special[i].name[0],
				       1ULL << tlsvip_http_special[i].len);
}

/* Is it a token that the pool could hold? */
static int tlsvip_http_check_name(const struct tlsvip_http_cfg *cfg,
				  const char *name, u32 len)
{
	u32 i;

	if (!len || len > TLSVIP_HTTP_NAME_SIZE)
		return -EINVAL;
	for (i = 0; i < len; i++)
		if (!tlsvip_http_fold[(u8)name[i]])
			return -EINVAL;
	if (len > TLSVIP_HTTP_POOL_SIZE - (u32)cfg->pool_len)
		return -ENOSPC;
	return 0;
}

static bool tlsvip_http_have_name(const struct tlsvip_http_cfg *cfg,
				  const struct tlsvip_http_name *list,
				  u32 n, const char *name, u32 len)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (list[i].len == len &&
		    tlsvip_http_in_pool(cfg, &list[i], (const u8 *)name))
			return true;
	return false;
}

static void tlsvip_http_pool_add(struct tlsvip_http_cfg *cfg,
				 struct tlsvip_http_name *entry,
				 const char *name, u32 len)
{
	u32 i;

	entry->off = cfg->pool_len;
	entry->len = len;
	for (i = 0; i < len; i++)
		cfg->pool[entry->off + i] = tlsvip_http_fold[(u8)name[i]];
	cfg->pool_len += len;
}

/**
 * tlsvip_http_cfg_add_name() - protect a field name
 * @cfg: names of a policy nobody uses yet
 * @name: the name, without a final zero
 * @len: its length
 *
 * Context: Any.
 * Return: 0; -EINVAL if it is not a token of 1 to TLSVIP_HTTP_NAME_SIZE bytes,
 * or names a field that framing rests on; -EEXIST if it is there already, as
 * a server that folds names sees it; -ENOSPC if there is no room.
 */
int tlsvip_http_cfg_add_name(struct tlsvip_http_cfg *cfg, const char *name,
			     u32 len)
{
	int err = tlsvip_http_check_name(cfg, name, len);

	if (err == -EINVAL)
		return err;
	if (tlsvip_http_lookup_special((const u8 *)name, len) !=
	    TLSVIP_HTTP_N_PLAIN)
		return -EINVAL;
	if (tlsvip_http_have_name(cfg, cfg->name, cfg->n_names, name, len))
		return -EEXIST;
	if (err || cfg->n_names == TLSVIP_HTTP_NAMES_MAX)
		return -ENOSPC;
	tlsvip_http_pool_add(cfg, &cfg->name[cfg->n_names++], name, len);
	tlsvip_http_filter_add(cfg, name[0], 1ULL << (len < 63 ? len : 63));
	return 0;
}

/**
 * tlsvip_http_cfg_add_prefix() - protect every name that starts like this
 * @cfg: names of a policy nobody uses yet
 * @prefix: the prefix, with its final "-" if it has one, without a final zero
 * @len: its length
 *
 * Context: Any.
 * Return: 0; -EINVAL if it is not a token of 1 to TLSVIP_HTTP_NAME_SIZE bytes,
 * or a field that framing rests on starts with it; -EEXIST if it is there
 * already; -ENOSPC if there is no room.
 */
int tlsvip_http_cfg_add_prefix(struct tlsvip_http_cfg *cfg,
			       const char *prefix, u32 len)
{
	int err = tlsvip_http_check_name(cfg, prefix, len);
	u32 i;

	if (err == -EINVAL)
		return err;
	/* Sec-WebSocket-Key1 is refused whatever protects it. */
	for (i = 0; i < ARRAY_SIZE(tlsvip_http_special); i++)
		if (tlsvip_http_special[i].len >= len &&
		    tlsvip_http_special[i].field != TLSVIP_HTTP_N_WEBSOCKET &&
		    tlsvip_http_equal_fold((const u8 *)prefix,
					   tlsvip_http_special[i].name, len))
			return -EINVAL;
	if (tlsvip_http_have_name(cfg, cfg->prefix, cfg->n_prefixes, prefix,
				  len))
		return -EEXIST;
	if (err || cfg->n_prefixes == TLSVIP_HTTP_PREFIXES_MAX)
		return -ENOSPC;
	tlsvip_http_pool_add(cfg, &cfg->prefix[cfg->n_prefixes++], prefix,
			     len);
	tlsvip_http_filter_add(cfg, prefix[0], ~0ULL << (len < 63 ? len : 63));
	return 0;
}

/**
 * tlsvip_http_cfg_protects() - whether a client's copies of a name are dropped
 * @cfg: protected names
 * @name: its bytes
 * @len: its length
 *
 * Context: Any.
 * Return: true if it is a protected name or begins with a protected prefix.
 */
bool tlsvip_http_cfg_protects(const struct tlsvip_http_cfg *cfg,
			      const u8 *name, u32 len)
{
	return len <= TLSVIP_HTTP_NAME_SIZE &&
	       tlsvip_http_lookup(cfg, name, len) == TLSVIP_HTTP_N_PROTECTED;
}
