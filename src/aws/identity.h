/* SPDX-License-Identifier: Apache-2.0
 *
 * With what a client calls: its settings, its region, its credentials.  They
 * are looked for when the first call wants them, and again when they are about
 * to expire (aws-integrations.md 1.3).
 */
#ifndef SLUICE_AWS_IDENTITY_H
#define SLUICE_AWS_IDENTITY_H

#include "aws/credentials.h"
#include "aws/settings.h"

struct aws_identity;

enum aws_ready {
    AWS_READY,
    AWS_WAIT, /* aws_client_wake() says when to ask again */
    AWS_NONE, /* an error says why */
};

/* NULL without memory or descriptors. */
struct aws_identity *aws_identity_new(struct aws_client *client,
                                      const struct aws_options *options);
void aws_identity_free(struct aws_identity *identity); /* NULL: nothing */

/* AWS_READY or AWS_WAIT; `*settings` is good as long as the identity. */
enum aws_ready aws_identity_settings(struct aws_identity *identity,
                                     const struct aws_settings **settings);

enum aws_ready aws_identity_region(struct aws_identity *identity,
                                   struct str *region, struct error *error);

/* One reference is the caller's. */
enum aws_ready aws_identity_credentials(struct aws_identity *identity,
                                        struct aws_credentials **credentials,
                                        struct error *error);

/* A service does not take these.  True: there are others, or there will be:
 * ask again. */
bool aws_identity_refused(struct aws_identity *identity,
                          const struct aws_credentials *credentials);

#endif
