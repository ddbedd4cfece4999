/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP transfers on the loop of one thread: libcurl's multi interface under
 * libevent.  Nothing blocks but names' look-ups, which libcurl gives threads of
 * their own.  One transfer is one attempt: nothing is retried or redirected.
 *
 * Everything that comes has a cap: TRANSPORT_HEAD_MAX of heads, answer_max of
 * the body, timeout_ms for all of it.
 */
#ifndef SLUICE_AWS_TRANSPORT_H
#define SLUICE_AWS_TRANSPORT_H

#include "aws/answer.h"
#include "aws/transfer_why.h"
#include "base/list.h"

struct loop;
struct transport;

enum {
    TRANSPORT_HEAD_MAX = 64 * 1024,
    TRANSPORT_CONNECT_MS = 5000,
    TRANSPORT_KEPT = 32, /* idle connections */
};

enum transfer_end {
    TRANSFER_ANSWERED,
    TRANSFER_FAILED,   /* no answer, or half of one */
    TRANSFER_TOO_LONG, /* more came than the cap */
    TRANSFER_NO_BODY,  /* what was to be sent could not be read */
};

/* Embedded in its owner, all zero but what is said; what it points to stays
 * until done(). */
struct transfer {
    /* ---- the owner's ---- */
    const char *method;
    const char *url;
    const char *const *lines; /* "Name: value" */
    struct str body;
    uint64_t file_at; /* has_file: the body is file_n bytes of `file` from
                         file_at on */
    uint64_t file_n;
    size_t answer_max;
    /* On the loop's thread at the end of a turn, once; the transfer may be
     * freed in it. */
    void (*done)(struct transfer *transfer);
    unsigned nlines;
    int file;
    uint32_t timeout_ms;
    bool has_file;
    bool direct; /* through no proxy, whatever the environment says */
    bool local;  /* only to hosts of metadata services and this one: loopback,
                    169.254.170.2, 169.254.170.23, fd00:ec2::23 */
    bool secret; /* what comes is overwritten in the end */

    /* ---- what became of it; until transfer_end() ---- */
    bool not_local; /* its host is none that `local` lets pass */
    enum transfer_end end;
    char why[TRANSFER_WHY_MAX]; /* unless TRANSFER_ANSWERED */
    struct aws_answer answer;

    /* ---- the transport's ---- */
    struct list node;
    struct region memory; /* of the fields of the answer */
    void *easy;
    void *slist;
    char *in; /* of the body that came */
    size_t in_cap;
    size_t head_n;
    uint64_t sent;
    int no_socket; /* errno of the last one that could not be; 0: it was */
    bool too_long;
    bool no_body;
};

/* What names the authorities of whoever calls AWS. */
#define TRANSPORT_BUNDLE "AWS_CA_BUNDLE (or ca_bundle of the profile)"

/* NULL without memory. */
struct transport *transport_new(struct loop *loop);

/* A file of authorities for transfers from now on, and none beside them; n ==
 * 0: the system's.  `where` says to people, in errors, where it is named; it
 * lives as long. */
void transport_trust(struct transport *transport, const char *where,
                     struct str ca_bundle);

/* What goes on is dropped without done(). */
void transport_free(struct transport *transport);

/* False without memory: done() will not be called. */
bool transfer_begin(struct transport *transport, struct transfer *transfer);

/* Drops it if it goes on (done() is not called) and frees what came; it can
 * begin again then.  Harmless for one that never began. */
void transfer_end(struct transport *transport, struct transfer *transfer);

#endif
