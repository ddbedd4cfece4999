/* SPDX-License-Identifier: Apache-2.0
 *
 * The one client of AWS that all of control uses, on control's loop: made when
 * somebody first needs it, gone with the server.
 */
#ifndef SLUICE_CONTROL_SERVER_AWS_H
#define SLUICE_CONTROL_SERVER_AWS_H

#include "aws/client.h"

struct server;

/* NULL without memory or descriptors. */
struct aws_client *server_aws(struct server *server);

/* All 0: nobody needed it so far. */
struct aws_counts server_aws_counts(const struct server *server);

#endif
