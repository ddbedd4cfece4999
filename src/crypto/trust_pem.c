/* SPDX-License-Identifier: Apache-2.0
 *
 * PEM files as ALB takes them: blocks, lines that begin with "#", nothing
 * else.
 */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "crypto/trust_internal.h"

static const char begin_mark[] = "-----BEGIN ";
static const char end_mark[] = "-----END ";
static const char mark_end[] = "-----";

static struct str next_line(struct str *rest, unsigned *line)
{
    struct str s = str_cut(rest, '\n');

    (*line)++;
    if (s.n && s.p[s.n - 1] == '\r')
        s.n--;
    return s;
}

static bool is_mark(struct str line, const char *mark, struct str *label)
{
    size_t n = strlen(mark);
    size_t tail = sizeof(mark_end) - 1;

    line = str_trim(line);
    if (!str_starts(line, str_of(mark)) || line.n < n + tail ||
        memcmp(line.p + line.n - tail, mark_end, tail) != 0)
        return false;
    *label = str_make(line.p + n, line.n - n - tail);
    return true;
}

static bool is_comment(struct str line)
{
    return line.n && line.p[0] == '#' && memchr(line.p, '-', line.n) == NULL;
}

/* Nothing but line ends is left. */
static bool is_end(struct str rest)
{
    for (size_t i = 0; i < rest.n; i++) {
        if (rest.p[i] != '\n' && rest.p[i] != '\r')
            return false;
    }
    return true;
}

static int stray(const struct trust_file *file, unsigned number,
                 struct str line, struct error *error)
{
    if (line.n && line.p[0] == '#')
        error_set(error,
                  STR_FMT ":%u: a comment has a \"-\": trust stores do not "
                          "take that; take the hyphens out of it",
                  STR_ARG(file->name), number);
    else if (line.n == 0)
        error_set(error,
                  STR_FMT ":%u: the line is empty: trust stores do not take "
                          "that; take it out, or write a \"#\" there",
                  STR_ARG(file->name), number);
    else
        error_set(error,
                  STR_FMT ":%u: this is neither PEM nor a comment: only "
                          "-----BEGIN ... -----END blocks and lines that begin "
                          "with \"#\" may stand there",
                  STR_ARG(file->name), number);
    return -1;
}

/* The rest of a block, whose first line was read. */
static int read_block(const struct trust_file *file, struct str *rest,
                      unsigned *line, struct trust_block *block,
                      struct error *error)
{
    struct str label;

    while (rest->p) {
        struct str s = next_line(rest, line);

        if (!is_mark(s, end_mark, &label))
            continue;
        block->text.n = (size_t)(s.p + s.n - block->text.p);
        if (str_eq(label, block->label))
            return 1;
        break;
    }
    error_set(error,
              STR_FMT ":%u: the block does not end: there is no -----END "
                      "" STR_FMT "----- for it; was the file cut?",
              STR_ARG(file->name), block->line, STR_ARG(block->label));
    return -1;
}

int trust_next_block(const struct trust_file *file, struct str *rest,
                     unsigned *line, struct trust_block *block,
                     struct error *error)
{
    while (rest->p) {
        struct str s = next_line(rest, line);

        if (is_mark(s, begin_mark, &block->label)) {
            block->text = str_make(s.p, s.n);
            block->line = *line;
            return read_block(file, rest, line, block, error);
        }
        if (s.n == 0 && is_end(*rest))
            return 0;
        if (!is_comment(s))
            return stray(file, *line, s, error);
    }
    return 0;
}

unsigned char *trust_decode(const struct trust_block *block, long *n)
{
    BIO *bio = block->text.n <= INT_MAX
                   ? BIO_new_mem_buf(block->text.p, (int)block->text.n)
                   : NULL;
    unsigned char *der = NULL;
    char *name = NULL;
    char *header = NULL;

    /* Headers are of keys that are encrypted. */
    if (bio == NULL || !PEM_read_bio(bio, &name, &header, &der, n) ||
        header[0]) {
        OPENSSL_free(der);
        der = NULL;
    }
    OPENSSL_free(name);
    OPENSSL_free(header);
    BIO_free(bio);
    ERR_clear_error();
    return der;
}
