/* SPDX-License-Identifier: Apache-2.0
 *
 * One provider after the other: `*found` says whether it is configured; false
 * with an error: it is, and wrong.
 */
#ifndef SLUICE_AWS_CHAIN_INTERNAL_H
#define SLUICE_AWS_CHAIN_INTERNAL_H

#include "aws/chain.h"

bool chain_environment(char *const *environment, struct aws_chain *chain,
                       bool *found, struct error *error);

bool chain_profile(struct region *region, char *const *environment,
                   const struct profiles *profiles, struct aws_chain *chain,
                   bool *found, struct error *error);

bool chain_container(struct region *region, char *const *environment,
                     struct aws_chain *chain, bool *found, struct error *error);

bool chain_imds(struct region *region, char *const *environment,
                const struct profiles *profiles, struct aws_chain *chain,
                bool *found, struct error *error);

/* Whether STS takes it as RoleSessionName; n == 0: none is said. */
bool chain_session_check(struct str session, const char *where,
                         struct error *error);

#endif
