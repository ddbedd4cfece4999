/* SPDX-License-Identifier: Apache-2.0 */
#include "control/server_aws.h"

#include <unistd.h>

#include "control/server_state.h"

struct aws_client *server_aws(struct server *server)
{
    struct aws_options options = {.loop = &server->loop,
                                  .environment = environ};

    if (server->aws)
        return server->aws;
    options.account =
        region_copy(&server->region, server->newest->config->account);
    server->aws = aws_client_new(&options);
    if (server->aws)
        aws_client_check(server->aws);
    return server->aws;
}

struct aws_counts server_aws_counts(const struct server *server)
{
    return server->aws ? aws_client_counts(server->aws)
                       : (struct aws_counts){.calls = 0};
}
