/* SPDX-License-Identifier: Apache-2.0
 *
 * Which requests a target group takes, by the HTTP version of the client and
 * the protocol version of the group (alb.md 3.1).  Pure.
 *
 *     client      HTTP1   HTTP2   GRPC
 *     HTTP/1.x    yes     no      no
 *     HTTP/2      yes     yes     POST only
 *     gRPC        no      yes     yes
 */
#ifndef SLUICE_PROXY_PROTOCOL_H
#define SLUICE_PROXY_PROTOCOL_H

#include "codec/message.h"
#include "model/config.h"

/* HTTP/2 with a Content-Type of application/grpc, with or without what may
 * follow it ("+proto"). */
bool protocol_is_grpc(const struct request *request);

/* False: the answer is 464. */
bool protocol_fits(const struct request *request,
                   enum protocol_version version);

#endif
