/* SPDX-License-Identifier: Apache-2.0
 *
 * One call of an AWS API on the API port: its body is collected, who calls is
 * found out, it is run (control/calls.h) or passed on to another emulator, and
 * its answer is sent.  A client that goes away does not end what it began.
 */
#ifndef SLUICE_CONTROL_API_CALL_H
#define SLUICE_CONTROL_API_CALL_H

#include "http/stream.h"

struct access_keys;
struct server;

/* What the calls of a port share; all of it is the port's. */
struct api_desk {
    struct server *server;
    struct loop *loop;
    const struct access_keys *keys;  /* NULL: nobody is verified */
    struct passthrough *passthrough; /* NULL: nothing is passed on */
    const char *passthrough_url;
    size_t *held; /* bytes of long bodies that come in or are passed on */
};

/* Whether the request is such a call, and no page of Sluice's own. */
bool api_call_is_one(const struct request *request);

/* Takes the request over: the stream's callbacks are the call's from now on,
 * as far as stream->exchange is set. */
void api_call_begin(const struct api_desk *desk, struct server_stream *stream,
                    const struct request *request, const struct piece *body);

void api_call_body(struct server_stream *stream, const struct piece *piece);
void api_call_drained(struct server_stream *stream);
void api_call_gone(struct server_stream *stream, enum stream_gone why);

#endif
