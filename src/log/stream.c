/* SPDX-License-Identifier: Apache-2.0 */
#include "log/stream.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

enum { OPEN_PIECES = 8 }; /* a file is never of fewer */

static struct str copy(struct str s)
{
    return str_make(s.n ? memory_copy(s.p, s.n) : NULL, s.n);
}

static void drop(struct str s)
{
    free((void *)(uintptr_t)s.p);
}

struct log_stream *log_stream_new(const struct log_place *place,
                                  struct log_spool *spool,
                                  _Atomic uint64_t *dropped)
{
    struct log_stream *s = memory_zeroed(1, sizeof(*s));

    s->spool = spool;
    s->dropped = dropped;
    s->place = *place;
    s->place.bucket = copy(place->bucket);
    s->place.prefix = copy(place->prefix);
    s->place.account = copy(place->account);
    s->place.region = copy(place->region);
    s->place.name = copy(place->name);
    return s;
}

/* ---- losing lines --------------------------------------------------------- */

static void lose(struct log_stream *s, uint64_t lines, int cause)
{
    if (lines == 0)
        return;
    s->lost += lines;
    s->error = cause;
    atomic_fetch_add_explicit(s->dropped, lines, memory_order_relaxed);
}

static void lose_lines(struct log_stream *s, struct str lines, int cause)
{
    uint64_t n = 0;

    for (size_t i = 0; i < lines.n; i++)
        n += lines.p[i] == '\n';
    lose(s, n, cause);
}

void log_stream_report(struct log_stream *s, uint64_t now_us)
{
    bool room = s->error == ENOSPC || s->error == EDQUOT;

    if (s->lost == 0)
        return;
    log_write(LOG_ERROR, "control",
              "the %s of " STR_FMT " for bucket " STR_FMT
              " lost %llu line%s: %s; %s",
              log_kind_name(s->place.kind), STR_ARG(s->place.name),
              STR_ARG(s->place.bucket), (unsigned long long)s->lost,
              s->lost == 1 ? "" : "s", strerror(s->error),
              room ? "make room where --log-spool is, or name a larger disk"
                   : "writing is tried again with the next lines");
    s->lost = 0;
    s->told_us = now_us;
}

/* ---- files ---------------------------------------------------------------- */

static void forget_lines(struct log_stream *s)
{
    free(s->lines);
    s->lines = NULL;
    s->at = s->n = 0;
}

void log_stream_end(struct log_stream *s)
{
    struct log_spool *spool = s->spool;

    if (s->segment == NULL)
        return;
    spool->open -= log_segment_bytes(s->segment);
    log_segment_end(s->segment); /* else it is mended by who sends it */
    s->segment = NULL;
}

/* False with errno. */
static bool begin(struct log_stream *s, int64_t now)
{
    struct log_spool *spool = s->spool;
    char buffer[LOG_KEY_MAX];
    struct text key = text_in(buffer, sizeof(buffer));
    struct log_name name = {.ms = (uint64_t)(clock_wall_us() / 1000),
                            .number = ++spool->number};

    s->window_end = log_window_end(now);
    log_object_key(&key, &s->place, s->window_end, random_u64(&spool->random));
    s->segment = log_segment_begin(spool->folder, &name, s->place.bucket,
                                   text_str(&key));
    if (s->segment == NULL)
        return false;
    spool->open += log_segment_bytes(s->segment);
    return true;
}

static bool is_long_enough(const struct log_stream *s)
{
    return log_segment_bytes(s->segment) >= LOG_OBJECT_BYTES ||
           s->spool->open >= s->spool->open_max;
}

/* How dense lines are is learned from pieces. */
static void learn(struct log_stream *s, size_t n, uint64_t took, bool at_once)
{
    if (!at_once)
        s->dense = 2 * took > n ? (size_t)LOG_STREAM_DENSE : 0;
    else
        s->dense -= n < s->dense ? n : s->dense;
}

static bool write_lines(struct log_stream *s, struct str lines, bool at_once)
{
    uint64_t before = log_segment_bytes(s->segment);
    bool ok = log_segment_write(s->segment, lines, at_once);
    uint64_t took = log_segment_bytes(s->segment) - before;

    s->spool->open += took;
    learn(s, lines.n, took, at_once);
    return ok;
}

/* As many whole lines as have room in a piece; one at least. */
static struct str first_piece(struct str all, size_t max)
{
    const char *lf;

    if (all.n <= max)
        return all;
    lf = memrchr(all.p, '\n', max);
    if (lf == NULL)
        lf = memchr(all.p, '\n', all.n);
    return str_make(all.p, (size_t)(lf + 1 - all.p));
}

/* What waits is moved once for as much as was written. */
static void forget_first(struct log_stream *s, size_t n)
{
    s->at += n;
    if (s->at < s->n - s->at)
        return;
    s->n -= s->at;
    memmove(s->lines, s->lines + s->at, s->n);
    s->at = 0;
}

/* Where there is room for little only little is lost when there is none. */
static size_t piece_max(const struct log_stream *s, bool at_once)
{
    uint64_t part = s->spool->open_max / OPEN_PIECES;

    if (!at_once || part < LOG_STREAM_PIECE)
        return LOG_STREAM_PIECE;
    return part < LOG_STREAM_MUCH ? (size_t)part : (size_t)LOG_STREAM_MUCH;
}

static void write_piece(struct log_stream *s, int64_t now, bool at_once)
{
    struct str lines = first_piece(str_make(s->lines + s->at, s->n - s->at),
                                   piece_max(s, at_once));
    bool ok = (s->segment || begin(s, now)) && write_lines(s, lines, at_once);

    if (!ok)
        lose_lines(s, lines, errno);
    forget_first(s, lines.n);
    if (s->segment && (!ok || is_long_enough(s)))
        log_stream_end(s);
}

void log_stream_write(struct log_stream *s, int64_t now)
{
    size_t waiting = s->n - s->at;
    bool at_once =
        waiting >= LOG_STREAM_FULL || (waiting >= LOG_STREAM_MUCH && s->dense);

    log_stream_tick(s, now);
    if (s->n)
        write_piece(s, now, at_once);
    while (s->n && at_once)
        write_piece(s, now, at_once);
}

/* Also when the clock was set back. */
void log_stream_tick(struct log_stream *s, int64_t now)
{
    if (s->segment && log_window_end(now) != s->window_end) {
        log_stream_end(s);
        if (s->n == 0)
            forget_lines(s);
    }
}

/* ---- lines ---------------------------------------------------------------- */

void log_stream_add(struct log_stream *s, const struct log_record *record,
                    struct str line)
{
    struct text t;

    if (s->lines == NULL)
        s->lines = memory_zeroed(LOG_STREAM_BYTES, 1);
    t = text_in(s->lines, LOG_STREAM_BYTES);
    t.n = s->n;
    if (line.n)
        text_str_put(&t, line);
    else
        log_put_line(&t, record);
    if (text_ok(&t))
        s->n = t.n;
    else
        lose(s, 1, ENOBUFS);
}

void log_stream_free(struct log_stream *s)
{
    if (s->n)
        lose_lines(s, str_make(s->lines + s->at, s->n - s->at), EIO);
    if (s->lost)
        log_stream_report(s, 0);
    forget_lines(s);
    drop(s->place.bucket);
    drop(s->place.prefix);
    drop(s->place.account);
    drop(s->place.region);
    drop(s->place.name);
    free(s);
}
