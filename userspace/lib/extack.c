// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel says of a request that it refuses (extended acknowledgment),
 * in words for people. Sending and receiving is socket.c's.
 */
#include <stdio.h>
#include <string.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "lib/extack.h"
#include "lib/tv.h"

#define TV_MODULE	TLSVIP_FAMILY_NAME ": " /* begins the module's words */

static bool tv_extack_limit(const struct nlattr *policy, uint16_t type,
			    uint64_t *v)
{
	const struct nlattr *a;

	mnl_attr_for_each_nested(a, policy)
		if (mnl_attr_get_type(a) == type)
			return tv_attr_uint(a, v);
	return false;
}

/* ", expected 1 to 9 bytes" behind the kernel's words, where it tells the limits */
static void tv_extack_range(const struct nlattr *policy, const char *unit,
			    char *err, size_t size)
{
	uint64_t min, max;
	size_t len = strlen(err);
	bool has_min, has_max;

	has_min = tv_extack_limit(policy, NL_POLICY_TYPE_ATTR_MIN_VALUE_U, &min);
	has_max = tv_extack_limit(policy, NL_POLICY_TYPE_ATTR_MAX_VALUE_U, &max);
	if (has_min && has_max)
		snprintf(err + len, size - len,
			 ", expected %llu to %llu%s%s",
			 (unsigned long long)min, (unsigned long long)max,
			 unit ? " " : "", unit ? unit : "");
	else if (has_max)
		snprintf(err + len, size - len,
			 ", expected at most %llu%s%s",
			 (unsigned long long)max, unit ? " " : "",
			 unit ? unit : "");
}

/*
 * The number of the attribute that the kernel points at, or of the one around
 * it; or 0.
 */
static uint16_t tv_extack_attr(const struct nlmsghdr *req,
			       const struct nlattr *offs,
			       const struct nlattr *miss)
{
	const struct nlattr *a;
	uint64_t v, at;

	if (miss && tv_attr_uint(miss, &v))
		return v;
	if (!offs || !tv_attr_uint(offs, &v))
		return 0;
	mnl_attr_for_each(a, req, GENL_HDRLEN) {
		at = (const char *)a - (const char *)req;
		if (v >= at && v < at + a->nla_len)
			return mnl_attr_get_type(a);
	}
	return 0;
}

/**
 * tv_extack - read what the kernel said about a request
 * @req: the request, of our family; NULL for one of another family, of whose
 *	 attributes we know no names
 * @nlh: NLMSG_ERROR or NLMSG_DONE
 * @skip: bytes of the payload before the attributes
 * @err: where the words go
 * @size: size of @err
 *
 * The module's own words say it all; those of the kernel's generic checks need
 * the name of the attribute and the limits that were broken.
 *
 * Return: false when the kernel gave no words.
 */
bool tv_extack(const struct nlmsghdr *req, const struct nlmsghdr *nlh,
	       size_t skip, char *err, size_t size)
{
	const struct nlattr *a, *msg = NULL, *offs = NULL, *miss = NULL;
	const char *name = NULL, *unit = NULL;
	const struct nlattr *policy = NULL;
	const struct genlmsghdr *genl;
	char words[TV_ERR_LEN / 2];
	uint16_t type;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) ||
	    mnl_nlmsg_get_payload_len(nlh) < skip)
		return false;
	mnl_attr_for_each(a, nlh, skip) {
		switch (mnl_attr_get_type(a)) {
		case NLMSGERR_ATTR_MSG:
			msg = a;
			break;
		case NLMSGERR_ATTR_OFFS:
			offs = a;
			break;
		case NLMSGERR_ATTR_MISS_TYPE:
			miss = a;
			break;
		case NLMSGERR_ATTR_POLICY:
			policy = a;
			break;
		}
	}
	if (!msg || !tv_attr_str(msg, words, sizeof(words)))
		snprintf(words, sizeof(words), "%s",
			 miss ? "this attribute is missing" : "");
	if (!words[0])
		return false;
	if (!strncmp(words, TV_MODULE, strlen(TV_MODULE))) {
		snprintf(err, size, "%s", words + strlen(TV_MODULE));
		return true;
	}
	type = req ? tv_extack_attr(req, offs, miss) : 0;
	if (type) {
		genl = mnl_nlmsg_get_payload(req);
		name = tv_attr_name(genl->cmd, type);
		unit = tv_attr_unit(genl->cmd, type);
	}
	snprintf(err, size, "%s%s%s", name ? name : "", name ? ": " : "",
		 words);
	if (policy)
		tv_extack_range(policy, unit, err, size);
	return true;
}
