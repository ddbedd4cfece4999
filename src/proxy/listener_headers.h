/* SPDX-License-Identifier: Apache-2.0
 *
 * ListenerAttributes, compiled: fields that a listener sets on its responses,
 * and the names that its targets get TLS and mTLS fields by (alb.md 5.9).
 * Part of a snapshot; texts are the config's.
 */
#ifndef SLUICE_PROXY_LISTENER_HEADERS_H
#define SLUICE_PROXY_LISTENER_HEADERS_H

#include "http/stream.h"
#include "proxy/forwarded.h"

struct listener_headers {
    struct listener_fields response;
    struct forwarded_names request;
};

/* Of an attribute that is there twice the last one counts; one that is empty
 * is as if it were not there. */
void listener_headers_compile(struct listener_headers *headers,
                              const struct config_listener *listener);

/* What is set on responses, or NULL when that is nothing: so a listener
 * without attributes costs its responses one comparison. */
static inline const struct listener_fields *
listener_headers_set(const struct listener_headers *headers)
{
    const struct listener_fields *set = &headers->response;

    return set->n || set->hide_server ? set : NULL;
}

/* Marks a target's fields that the listener overwrites as dropped. */
void listener_headers_drop(const struct listener_fields *set,
                           struct fields *fields);

#endif
