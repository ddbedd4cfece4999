/* SPDX-License-Identifier: Apache-2.0
 *
 * A head and a piece of a body leave in one send().
 *
 * Body bytes stand in the loop's shared buffer with room in front and behind:
 * the head, the chunk's size line and its end are written around them, so
 * nothing but the head is copied.
 */
#ifndef SLUICE_HTTP_COMPOSE_H
#define SLUICE_HTTP_COMPOSE_H

#include "http/stream.h"

struct compose_options {
    bool chunked;
};

/* Sends the head (may be empty) and the piece; returns how many bytes that
 * makes on the wire.  A broken connection tells later, as with conn_send(). */
size_t compose_send(struct conn *conn, struct str head,
                    const struct piece *piece,
                    const struct compose_options *how);

#endif
