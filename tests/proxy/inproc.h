/* SPDX-License-Identifier: Apache-2.0
 *
 * A server inside the test program, with what no command line can ask for:
 * other snapshots while it runs, inspectors, short times; and plain blocking
 * targets and clients to stand on both sides of it.
 */
#ifndef SLUICE_TESTS_PROXY_INPROC_H
#define SLUICE_TESTS_PROXY_INPROC_H

#include <pthread.h>
#include <stdatomic.h>

#include "control/server.h"

/* A target that answers every request with 200 and the request's body, one
 * thread for each connection; `GET /ws` with an upgrade becomes an echo. */
struct inproc_target {
    int fd;
    uint16_t port;
    pthread_t thread;
    _Atomic unsigned requests;
    _Atomic bool stop;
    _Atomic unsigned connections; /* open */
};

void inproc_target_start(struct inproc_target *target);
void inproc_target_end(struct inproc_target *target);

/* A config with one listener on a port that the system chooses and two
 * groups, blue and green, with one target each. */
struct config *inproc_config(uint16_t blue, unsigned blue_weight,
                             uint16_t green, unsigned green_weight);

struct inproc_server {
    struct server *server;
    uint16_t port;
    pthread_t thread;
};

/* Fails the test when it does not start. */
void inproc_server_start(struct inproc_server *s, struct config *config,
                         const struct inspector *inspector, unsigned workers);

/* Drains and waits for the end. */
void inproc_server_end(struct inproc_server *s);

/* A connection to a local port, with a timeout of 10 s for every call. */
int inproc_connect(uint16_t port);

bool inproc_send(int fd, const void *p, size_t n);
bool inproc_read_exactly(int fd, char *p, size_t n);

struct inproc_answer {
    int status;
    char head[8192];
    char body[300000];
    size_t n;
    bool close; /* Connection: close */
};

/* Reads one response with a Content-Length or in chunks; false at the end of
 * the stream, or when it is malformed. */
bool inproc_read(int fd, struct inproc_answer *answer);

#endif
