/* SPDX-License-Identifier: Apache-2.0
 *
 * What the environment and the shared files say about how AWS is called
 * ("AWS SDKs and Tools Reference Guide"; aws-integrations.md 1.3).  Pure: the
 * texts come in.
 */
#ifndef SLUICE_AWS_SETTINGS_H
#define SLUICE_AWS_SETTINGS_H

#include "aws/client.h"
#include "aws/profile.h"

struct aws_settings {
    struct str region; /* n == 0: nobody said it; metadata services may */
    bool fips;
    bool dualstack;
    size_t
        gzip_min; /* bodies of so many bytes may be compressed; SIZE_MAX: none
                        may */
    struct str endpoint_url[AWS_SERVICES]; /* n == 0: none is said */
    struct str ca_bundle;                  /* a path; n == 0: the system's */
};

/* The value of a variable; n == 0: it is not set, or empty, which is the
 * same. */
struct str aws_environment(char *const *environment, const char *name);

/* Whether a text means yes: "true" in any case. */
bool aws_says_true(struct str text);

/* AWS_PROFILE, AWS_DEFAULT_PROFILE, "default". */
struct str aws_profile_name(char *const *environment);

/* Paths of the config and credentials files, in the region; n == 0: there is no
 * home to look in. */
void aws_settings_files(struct region *region, char *const *environment,
                        struct str paths[2]);

/* `said`: the region of the options.  What it points to stands in what comes in
 * or in the region. */
void aws_settings_read(struct region *region, char *const *environment,
                       const struct profiles *profiles, struct str said,
                       struct aws_settings *settings);

#endif
