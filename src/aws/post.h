/* SPDX-License-Identifier: Apache-2.0
 *
 * POSTs to URLs that somebody configured (endpoints of SNS subscriptions), on
 * the loop of one thread: nothing is signed, redirected or sent twice; through
 * no proxy.  Certificates are checked, against SSL_CERT_FILE or else what the
 * system trusts.
 */
#ifndef SLUICE_AWS_POST_H
#define SLUICE_AWS_POST_H

#include "base/str.h"

struct loop;
struct post_client;
struct transfer;

enum { POST_TIMEOUT_MS = 15 * 1000, POST_ANSWER_MAX = 64 * 1024 };

/* Embedded in its owner; what it points to stays until done(). */
struct post {
    const char *url;
    const char *const *lines; /* "Name: value" */
    unsigned nlines;
    struct str body;
    /* Once, never inside post_begin(). */
    void (*done)(struct post *post);
    unsigned status; /* of the answer; 0: none came */
    const char *why; /* unless there is one: for people, until done() ends */
    struct transfer *transfer; /* the client's */
};

/* NULL without memory. */
struct post_client *post_client_new(struct loop *loop);
void post_client_free(struct post_client *client); /* NULL: nothing */

/* False without memory: done() will not be called. */
bool post_begin(struct post_client *client, struct post *post);

/* Forgets one that goes on; done() is not called. */
void post_cancel(struct post_client *client, struct post *post);

#endif
