/* SPDX-License-Identifier: Apache-2.0
 *
 * The shared files of AWS's tools, command lines in them, and what is chosen
 * of them.  Behind a NUL stands the credentials file.
 *
 * - A role is assumed as often as may be, not more often.
 * - What is chosen is complete.
 */
#include <stdio.h>
#include <stdlib.h>

#include "aws/chain.h"
#include "aws/process.h"
#include "fuzz.h"

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                           \
        }                                                                      \
    } while (0)

static void check_chain(struct region *region, const struct aws_chain *chain)
{
    struct error error;

    CHECK(chain->nroles <= CHAIN_ROLES_MAX && chain->from.n > 0);
    for (unsigned i = 0; i < chain->nroles; i++)
        CHECK(chain->roles[i].arn.n > 0);
    switch (chain->kind) {
    case CHAIN_STATIC:
        CHECK(chain->keys.access_key.n && chain->keys.secret.n);
        break;
    case CHAIN_WEB_IDENTITY:
        CHECK(chain->token_file.n && chain->web.arn.n);
        break;
    case CHAIN_PROCESS:
        CHECK(chain->command.n);
        (void)process_split(region, chain->command, &error);
        break;
    case CHAIN_CONTAINER:
    case CHAIN_IMDS:
        CHECK(chain->url.n);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char *const environment[] = {NULL};
    struct region region = {NULL};
    struct profiles profiles = {NULL};
    struct str rest = str_make((const char *)data, size);
    struct str config = str_cut(&rest, '\0');
    struct aws_settings settings;
    struct aws_chain chain;
    struct error error;

    profiles_read(&region, &profiles, PROFILE_CONFIG, config, &error);
    if (rest.p)
        profiles_read(&region, &profiles, PROFILE_CREDENTIALS, rest, &error);
    aws_settings_read(&region, environment, &profiles, STR(""), &settings);
    if (aws_chain_choose(&region, environment, &profiles, &chain, &error))
        check_chain(&region, &chain);
    else
        CHECK(error.text[0]);
    region_end(&region);
    return 0;
}
