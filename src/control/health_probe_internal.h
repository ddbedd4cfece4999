/* SPDX-License-Identifier: Apache-2.0
 *
 * What control/health_probe*.c share.
 */
#ifndef SLUICE_CONTROL_HEALTH_PROBE_INTERNAL_H
#define SLUICE_CONTROL_HEALTH_PROBE_INTERNAL_H

#include "control/health_probe.h"
#include "net/conn_tls.h"

enum {
    PROBE_REST_MS = 500,           /* for what follows what decided */
    PROBE_REST_BYTES = 256 * 1024, /* and how much of it; of HTTP/2 at all */
    PROBE_READ = 64 * 1024,        /* at once */
};

struct probe_h2;

struct health_probe {
    struct conn conn;
    struct list node;
    struct health_probes *probes;
    void *owner;                 /* NULL: the result is out */
    struct config_health health; /* without its texts */
    enum probe_type type;
    struct probe_h2 *h2; /* once connected, when it is of HTTP/2 */
    size_t read;         /* bytes; over HTTP/1.1 those of the rest */
    /* HTTP/1.1: the request as it is sent, and nothing.  HTTP/2: :path and
     * :authority. */
    struct str request, authority;
    char texts[];
};

/* Gives the result to the owner, the first time.  `why` NULL: what goes with
 * the result. */
void probe_tell(struct health_probe *probe, enum probe_result result,
                unsigned code, const char *why);

void probe_close(struct health_probe *probe);

/* Both, without a code. */
void probe_fail(struct health_probe *probe, enum probe_result result,
                const char *why);

/* Reads and throws away, until the target closes or was given enough time. */
void probe_read_rest(struct health_probe *probe);

/* ---- HTTP/2 (health_probe_h2.c) ------------------------------------------ */

/* Connected: sends the request. */
void probe_h2_begin(struct health_probe *probe);

/* Something may be read. */
void probe_h2_read(struct health_probe *probe);

/* The connection is about to be closed; not from a callback of the session.
 * False when it was in the middle of things. */
bool probe_h2_end(struct health_probe *probe);

#endif
