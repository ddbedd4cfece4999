/* SPDX-License-Identifier: Apache-2.0 */
#include "store/memory_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/account_json.h"
#include "store/kept.h"

static const char magic[8] = "SluiceM1";

enum {
    /* Changes may be so much longer than the first record, and so much more on
     * top, before all is written anew. */
    LONGER = 4,
    MORE = 64 * 1024,
};

struct head {
    char magic[sizeof(magic)];
    uint64_t begin;
    uint64_t end;
};

static bool failed(struct error *error)
{
    return error_set(error, "the parent's memory cannot be used: %s",
                     strerror(errno));
}

static bool damaged(struct error *error)
{
    return error_set(error, "what the parent process kept makes no sense");
}

static bool read_at(int fd, void *p, size_t n, uint64_t at)
{
    char *to = p;

    while (n) {
        ssize_t got = pread(fd, to, n, (off_t)at);

        if (got <= 0)
            return false;
        to += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return true;
}

static bool write_at(int fd, const void *p, size_t n, uint64_t at)
{
    const char *from = p;

    while (n) {
        ssize_t done = pwrite(fd, from, n, (off_t)at);

        if (done <= 0)
            return false;
        from += done;
        at += (uint64_t)done;
        n -= (size_t)done;
    }
    return true;
}

static bool read_head(int fd, struct head *head, struct error *error)
{
    if (!read_at(fd, head, sizeof(*head), 0) ||
        memcmp(head->magic, magic, sizeof(magic)) != 0 ||
        head->begin < sizeof(*head) || head->end < head->begin ||
        head->end > INT64_MAX)
        return damaged(error);
    return true;
}

/* One write within a page: it is done or not, whoever kills us. */
static bool write_head(int fd, uint64_t begin, uint64_t end,
                       struct error *error)
{
    struct head head = {.begin = begin, .end = end};

    memcpy(head.magic, magic, sizeof(magic));
    return pwrite(fd, &head, sizeof(head), 0) == (ssize_t)sizeof(head) ||
           failed(error);
}

bool memory_file_begin(int fd, struct error *error)
{
    return write_head(fd, sizeof(struct head), sizeof(struct head), error);
}

/* ---- reading ---------------------------------------------------------------- */

/* The record at `*at`, which moves behind it; from malloc(). */
static struct str read_record(int fd, uint64_t *at, uint64_t end,
                              struct error *error)
{
    uint64_t n;
    char *p;

    if (end - *at < sizeof(n) || !read_at(fd, &n, sizeof(n), *at) ||
        n > ACCOUNT_JSON_MAX || n > end - *at - sizeof(n)) {
        damaged(error);
        return str_make(NULL, 0);
    }
    p = malloc(n + 1);
    if (p == NULL || !read_at(fd, p, n, *at + sizeof(n))) {
        free(p);
        failed(error);
        return str_make(NULL, 0);
    }
    *at += sizeof(n) + n;
    return str_make(p, n);
}

/* The steps of {"Put": ..., "Remove": ...}. */
static bool read_edit(const struct value *record, struct region *region,
                      struct edit *edit, struct error *error)
{
    const struct value *put = value_get(record, STR("Put"));
    const struct value *remove = value_get(record, STR("Remove"));

    if (put == NULL || remove == NULL)
        return damaged(error);
    for (const struct value *v = remove->first; v; v = v->next)
        edit_remove(region, edit, v->text);
    for (const struct value *v = put->first; v; v = v->next) {
        if (!account_json_is_resource(v->key, v, error))
            return false;
        edit_put(region, edit, v->key, v);
    }
    return true;
}

static bool apply(struct document *document, struct str text,
                  struct error *error)
{
    struct region region = {NULL};
    struct edit edit = {NULL, NULL};
    const struct value *record = account_json_read(&region, text, error);
    bool ok = record && read_edit(record, &region, &edit, error);

    if (ok) {
        struct account *before = document->account;

        document->account = account_edit(before, &edit);
        account_release(before);
    }
    region_end(&region);
    return ok;
}

static bool read_records(int fd, const struct head *head,
                         struct document **found, struct error *error)
{
    uint64_t at = head->begin;
    bool ok = true;

    while (ok && at < head->end) {
        struct str text = read_record(fd, &at, head->end, error);

        ok = text.p != NULL;
        if (ok && *found == NULL)
            ok = (*found = kept_read(text, error)) != NULL;
        else if (ok)
            ok = apply(*found, text, error);
        free((char *)(uintptr_t)text.p);
    }
    return ok;
}

bool memory_file_read(int fd, struct document **found, struct error *error)
{
    struct head head;

    *found = NULL;
    if (read_head(fd, &head, error) && read_records(fd, &head, found, error))
        return true;
    kept_free(*found);
    *found = NULL;
    return false;
}

/* ---- writing ---------------------------------------------------------------- */

struct change {
    const struct edit *edit;
    uint64_t revision;
};

static void put_change(struct text *t, const void *what)
{
    const struct change *change = what;
    const char *separator = "";

    TEXT_LITERAL(t, "{\"Revision\":");
    text_u64(t, change->revision);
    TEXT_LITERAL(t, ",\"Remove\":[");
    for (const struct edit_step *s = change->edit->first; s; s = s->next) {
        if (s->value)
            continue;
        text_str_put(t, str_of(separator));
        text_json(t, s->id);
        separator = ",";
    }
    TEXT_LITERAL(t, "],\"Put\":{");
    separator = "";
    for (const struct edit_step *s = change->edit->first; s; s = s->next) {
        if (s->value == NULL)
            continue;
        text_str_put(t, str_of(separator));
        account_json_put_entry(t, s->id, s->value);
        separator = ",";
    }
    TEXT_LITERAL(t, "}}");
}

/* Frees the text. */
static bool write_record(int fd, struct str text, uint64_t at,
                         struct error *error)
{
    uint64_t n = text.n;
    bool ok = text.p ? write_at(fd, &n, sizeof(n), at) &&
                           write_at(fd, text.p, n, at + sizeof(n))
                     : (errno = ENOMEM, false);

    free((char *)(uintptr_t)text.p);
    return ok || failed(error);
}

static bool write_whole(int fd, const struct head *head,
                        const struct document *after, struct error *error)
{
    struct str text = kept_json(after);
    uint64_t end = head->end + sizeof(uint64_t) + text.n;

    if (!write_record(fd, text, head->end, error) ||
        !write_head(fd, head->end, end, error))
        return false;
    /* Pages, but for those with the head and what is in use, go back. */
    fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, sizeof(*head),
              (off_t)(head->end - sizeof(*head)));
    return true;
}

static bool write_change(int fd, const struct head *head,
                         const struct change *change, struct error *error)
{
    struct str text = account_json_text(put_change, change);
    uint64_t end = head->end + sizeof(uint64_t) + text.n;

    return write_record(fd, text, head->end, error) &&
           write_head(fd, head->begin, end, error);
}

static bool is_long(int fd, const struct head *head)
{
    uint64_t first = 0;

    read_at(fd, &first, sizeof(first), head->begin);
    return head->end - head->begin > first * LONGER + MORE;
}

bool memory_file_write(int fd, const struct document *before,
                       const struct document *after, struct error *error)
{
    struct region region = {NULL};
    struct edit edit = {NULL, NULL};
    struct change change = {&edit, after->account->revision};
    struct head head;
    bool ok;

    if (!read_head(fd, &head, error))
        return false;
    if (before && head.end > head.begin && !is_long(fd, &head) &&
        after->account->revision == before->account->revision + 1 &&
        kept_same_origin(before, after) &&
        kept_changes(before->account, after->account, &region, &edit))
        ok = write_change(fd, &head, &change, error);
    else
        ok = write_whole(fd, &head, after, error);
    region_end(&region);
    return ok;
}
