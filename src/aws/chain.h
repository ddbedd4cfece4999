/* SPDX-License-Identifier: Apache-2.0
 *
 * Which credentials are meant: the first provider that is configured, in the
 * order environment, web identity, profile, container, EC2's metadata service
 * (aws-integrations.md 1.3).  One that is configured and wrong is an error,
 * never passed over.  Pure.
 */
#ifndef SLUICE_AWS_CHAIN_H
#define SLUICE_AWS_CHAIN_H

#include "aws/settings.h"
#include "crypto/sigv4.h"

enum {
    CHAIN_ROLES_MAX = 8,
    CHAIN_ROLE_S_MIN = 900,
    CHAIN_ROLE_S_MAX = 12 * 3600,
};

enum chain_kind {
    CHAIN_STATIC,       /* keys are written down */
    CHAIN_WEB_IDENTITY, /* a token in a file, for AssumeRoleWithWebIdentity */
    CHAIN_PROCESS,      /* a command prints them */
    CHAIN_CONTAINER,    /* ECS, EKS Pod Identity */
    CHAIN_IMDS,         /* of an EC2 instance */
};

struct chain_role {
    struct str arn;
    struct str session;     /* n == 0: one of ours */
    struct str external_id; /* n == 0: none */
    unsigned duration_s;    /* 0: STS's hour */
};

struct aws_chain {
    enum chain_kind kind;
    struct str from;  /* for people: "profile \"x\"", "AWS_ACCESS_KEY_ID" */
    bool fixed;       /* asked again, the same would come */
    bool last_resort; /* nothing was configured */

    struct sigv4_credentials keys; /* STATIC */
    int64_t expires;               /* of them; 0: never */
    struct str token_file;         /* WEB_IDENTITY, CONTAINER; n == 0: none */
    struct chain_role web;         /* WEB_IDENTITY */
    struct str command;            /* PROCESS */
    struct str url;                /* CONTAINER; IMDS: up to its path */
    struct str token;              /* CONTAINER; n == 0: none */

    /* Roles that are assumed with what comes of it, the last one first. */
    struct chain_role roles[CHAIN_ROLES_MAX];
    unsigned nroles;
};

/* The base of EC2's metadata service; n == 0: AWS_EC2_METADATA_DISABLED.  False
 * with an error. */
bool aws_imds_url(struct region *region, char *const *environment,
                  const struct profiles *profiles, struct str *url,
                  struct error *error);

/* What it says stands in the region, the profiles and the environment. */
bool aws_chain_choose(struct region *region, char *const *environment,
                      const struct profiles *profiles, struct aws_chain *chain,
                      struct error *error);

#endif
