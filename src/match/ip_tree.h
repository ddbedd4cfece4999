/* SPDX-License-Identifier: Apache-2.0
 *
 * Sets of ranges of addresses of one family.
 */
#ifndef SLUICE_MATCH_IP_TREE_H
#define SLUICE_MATCH_IP_TREE_H

#include "base/address.h"
#include "base/cidr.h"

struct ip_tree; /* never changes */

/* NULL never; n may be 0. */
struct ip_tree *ip_tree_new(const struct cidr *ranges, unsigned n);
void ip_tree_free(struct ip_tree *tree);

/* Whether a range has the address; of another family: never. */
bool ip_tree_has(const struct ip_tree *tree, const struct address *address);

#endif
