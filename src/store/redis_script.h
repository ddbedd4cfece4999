/* SPDX-License-Identifier: Apache-2.0
 *
 * What is written to Redis and read from it: the compare-and-set, and the
 * shapes of replies.  Private to the store.
 */
#ifndef SLUICE_STORE_REDIS_SCRIPT_H
#define SLUICE_STORE_REDIS_SCRIPT_H

#include <hiredis/hiredis.h>

#include "crypto/sha256.h"
#include "store/redis_link.h"
#include "store/store.h"

enum { REDIS_SHA = SHA256_HEX_LEN + 1 };

/* A document as it is written. */
struct redis_text {
    char revision[24];
    char sha[REDIS_SHA]; /* of the text, hex */
    struct str text;     /* from malloc() */
};

/* False without memory. */
bool redis_text_make(struct redis_text *made, const struct document *document);
void redis_text_end(struct redis_text *made);

enum { REDIS_WRITE_WORDS = 9 };

/* The command that puts `after` where a document with that revision and sha is
 * (revision ""): whatever is there).  It answers "saved", or the revision, sha
 * and document that are there instead. */
void redis_write_command(const struct redis_place *place,
                         const char *before_revision, const char *before_sha,
                         const struct redis_text *after,
                         struct str words[REDIS_WRITE_WORDS]);

struct redis_head {
    bool there;
    uint64_t revision;
    char sha[REDIS_SHA];
};

/* The command that reads the head, or (3 fields) the document behind it. */
enum { REDIS_READ_WORDS = 5 };
int redis_read_command(const struct redis_place *place, bool whole,
                       struct str words[REDIS_READ_WORDS]);

/* What that or a refused write answers.  False with an error: it is no such
 * answer. */
bool redis_read_head(const redisReply *reply, struct redis_head *head,
                     struct error *error);

/* The document of a whole one; NULL with an error. */
struct document *redis_read_document(const redisReply *reply,
                                     struct error *error);

/* Whether the write was done. */
bool redis_wrote(const redisReply *reply);

#endif
