/* SPDX-License-Identifier: Apache-2.0
 *
 * Gets the credentials that a chain names: reads the file, runs the command,
 * asks the metadata service, assumes the roles.
 */
#ifndef SLUICE_AWS_PROVIDER_H
#define SLUICE_AWS_PROVIDER_H

#include "aws/chain.h"
#include "aws/client.h"
#include "aws/credentials.h"
#include "aws/metadata.h"
#include "aws/reader.h"

/* One search at a time; embedded in its owner. */
struct provider {
    struct aws_client *client;
    char *const *environment;
    const struct aws_chain *chain;
    struct reader *reader; /* the owner's; free for it while it searches */
    struct metadata metadata;
    struct aws_call call; /* of STS */
    struct loop_task answer;
    struct region memory;
    struct aws_credentials *found;
    struct error error; /* when none are found */
    unsigned roles;     /* still to be assumed */
    bool calling;
    /* On the loop's thread; one reference is the owner's, NULL: there are none
     * and `error` says why, beginning with where they should come from. */
    void (*done)(struct provider *provider, struct aws_credentials *found,
                 const struct error *error);
};

void provider_init(struct provider *provider, struct aws_client *client,
                   char *const *environment, struct reader *reader);

/* Forgets what it searches for. */
void provider_end(struct provider *provider);

/* The chain stays until done(), which is never called in here. */
void provider_begin(struct provider *provider, const struct aws_chain *chain);

#endif
