/* SPDX-License-Identifier: Apache-2.0
 *
 * Where one certificate comes from: two files, a text that was imported by the
 * API, or the local authority.
 *
 * The authority is opened when the first certificate is wanted of it, and kept
 * in memory from then on: later its folder may be out of reach (--user).
 * Without a folder that can be written there is one in memory, another at each
 * start.
 */
#ifndef SLUICE_CONTROL_CERTIFICATE_SOURCE_H
#define SLUICE_CONTROL_CERTIFICATE_SOURCE_H

#include <pthread.h>

#include "base/file.h"
#include "crypto/authority.h"
#include "crypto/certificate.h"
#include "model/config.h"

enum { CERTIFICATE_FILE_MAX = 256 * 1024 };

/* A certificate that can be served. */
struct served_certificate {
    struct str file; /* n == 0: the local authority issued it, or (imported) the
                        API was given it */
    struct str key_file;
    struct file_mark marks[2]; /* of the two */
    bool imported;
    bool stale; /* the files are not as they were, and cannot be served */
    struct str issued_for; /* names with LF behind each */
    struct str chain;      /* PEM */
    struct str key;        /* PEM; the bytes are overwritten in the end */
    struct certificate_facts facts;
};

/* One for the process; used by one thread at a time, which it sees to. */
struct certificate_source {
    pthread_mutex_t lock;
    struct region region;
    const char *folder; /* of the authority; NULL: there is none */
    struct authority *authority;
    struct complaint *complaints; /* what was said, and is not said again */
};

void certificate_source_init(struct certificate_source *source,
                             const char *folder);
void certificate_source_end(struct certificate_source *source);

/* Reads and checks the two files; what it keeps stands in the region.  False
 * with an error. */
bool certificate_from_files(struct served_certificate *served,
                            const struct config_certificate *wanted,
                            struct region *region, struct error *error);

/* Checks what was imported, and keeps a copy in the region.  False with an
 * error. */
bool certificate_from_text(struct served_certificate *served,
                           const struct config_certificate *wanted,
                           struct region *region, struct error *error);

/* Has the authority issue it.  False with an error. */
bool certificate_from_authority(struct certificate_source *source,
                                struct served_certificate *served,
                                const struct config_certificate *wanted,
                                struct region *region, struct error *error);

/* Whether it is what is wanted, and its files are as they were, or its end is
 * far enough away. */
bool certificate_is_of(const struct served_certificate *served,
                       const struct config_certificate *wanted);
bool certificate_is_current(const struct served_certificate *served);

/* Logs what became of a file unless that was the last that was said of it;
 * `what` "": all is well again, nothing is said. */
void certificate_complain(struct certificate_source *source, struct str file,
                          const char *what);

/* What was said may be said again: somebody asked. */
void certificate_complain_anew(struct certificate_source *source);

#endif
