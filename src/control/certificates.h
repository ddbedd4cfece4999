/* SPDX-License-Identifier: Apache-2.0
 *
 * The certificates that the HTTPS listeners of a config serve, the trust
 * stores that they verify clients with, and the TLS contexts made of them.
 *
 * A set is made for a config, on any thread that may read files; it never
 * changes, is counted, and threads may share it.  What is as it was is taken
 * over from the set before: a context whose listener changed nothing stays the
 * same one, so that its clients can resume their sessions.
 */
#ifndef SLUICE_CONTROL_CERTIFICATES_H
#define SLUICE_CONTROL_CERTIFICATES_H

#include <stdatomic.h>

#include "control/certificate_source.h"
#include "control/trust_source.h"
#include "crypto/sha256.h"
#include "net/tls_context.h"

struct served_listener {
    struct str arn;
    struct tls_context *context; /* NULL: an HTTP listener */
    unsigned n;                  /* as many as its config_tls has */
    const struct served_certificate **certificates;
    uint8_t digest[SHA256_BYTES]; /* of all that the context was made of */
};

struct certificates {
    _Atomic unsigned holders;
    struct region region;
    unsigned nserved;
    struct served_certificate *served; /* each pair of files once */
    unsigned ntrusts;
    struct served_trust *trusts; /* those that listeners verify with */
    unsigned nlisteners;
    struct served_listener *listeners; /* in the order of config->listeners */
};

/* Whether the config has HTTPS listeners. */
bool certificates_wanted(const struct config *config);

/* Reads and issues what the config wants.  `before` (may be NULL) lends what
 * is current.  A pair of files that cannot be served any more, and that
 * `before` has, goes on as it was; that is logged once.
 *
 * NULL with errors in the report; warnings of certificates that have expired
 * go there too, as those of trust stores. */
struct certificates *certificates_load(struct certificate_source *source,
                                       const struct config *config,
                                       const struct certificates *before,
                                       struct report *report);

/* Whether something of it is not as it was where it came from. */
bool certificates_outdated(const struct certificates *set);

/* Whether the two serve the same, listener by listener. */
bool certificates_equal(const struct certificates *a,
                        const struct certificates *b);

/* What the set read from files, to be handed to a process that follows on this
 * one: CERTIFICATE_TEXTS texts for each pair, which live as long as the set. */
enum { CERTIFICATE_TEXTS = 4 };

unsigned certificates_files(const struct certificates *set);
void certificates_put_texts(const struct certificates *set, struct str *texts);

/* A set of `n` pairs of such texts without listeners: what certificates_load()
 * falls back on where files cannot be read any more. */
struct certificates *certificates_of_texts(const struct str *texts, unsigned n);

/* Only reads the files, for `sluice check`. */
void certificates_check(const struct config *config, struct report *report);

/* NULL: NULL, and nothing. */
struct certificates *certificates_hold(struct certificates *set);
void certificates_release(struct certificates *set);

#endif
