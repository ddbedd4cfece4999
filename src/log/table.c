/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the lines of each sink go, from which position of each ring on.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "log/writer_state.h"

static struct log_file *find_file(const struct log_writer *w, struct str path)
{
    struct log_file *file = w->files;

    while (file && !str_eq(str_of(file->path), path))
        file = file->next;
    return file;
}

static void unrefer(struct log_file *file)
{
    if (file && --file->refs == 0)
        file->unneeded_us = clock_monotonic_us();
}

/* Who writes completes its file once nobody refers to it. */
static void unrefer_stream(struct log_stream *stream)
{
    if (stream)
        stream->refs--;
}

static struct table *table_new(unsigned nsources, unsigned n)
{
    struct table *table = memory_zeroed(1, sizeof(*table));

    table->n = n;
    table->files = memory_zeroed(n ? n : 1, sizeof(struct log_file *));
    table->streams = memory_zeroed(n ? n : 1, sizeof(struct log_stream *));
    table->from = memory_zeroed(nsources ? nsources : 1, sizeof(uint64_t));
    return table;
}

static void table_free(struct table *table)
{
    for (unsigned i = 0; i < table->n; i++) {
        unrefer(table->files[i]);
        unrefer_stream(table->streams[i]);
    }
    free(table->files);
    free(table->streams);
    free(table->from);
    free(table);
}

static void share_file(struct log_file *file, const struct log_sink *sink)
{
    const char *name = log_kind_name(sink->kind);

    /* For messages; one that several logs share is just a log. */
    file->refs++;
    if (file->name != name)
        file->name = "log";
}

/* The file of that sink, opened if it is not yet.  The lock is not held
 * meanwhile: only this thread adds files, and what it refers to stays. */
static struct log_file *
use_file(struct log_writer *w, const struct log_sink *sink, struct error *error)
{
    struct log_file *file;

    pthread_mutex_lock(&w->lock);
    file = find_file(w, sink->path);
    if (file)
        share_file(file, sink);
    pthread_mutex_unlock(&w->lock);
    if (file)
        return file;
    file = log_file_open(sink->path, log_kind_name(sink->kind), &w->dropped,
                         error);
    if (file == NULL)
        return NULL;
    file->refs = 1;
    pthread_mutex_lock(&w->lock);
    file->next = w->files;
    w->files = file;
    pthread_mutex_unlock(&w->lock);
    return file;
}

static struct log_stream *find_stream(const struct log_writer *w,
                                      const struct log_place *place)
{
    struct log_stream *stream = w->streams;

    while (stream && !log_place_equal(&stream->place, place))
        stream = stream->next;
    return stream;
}

/* As use_file(), but for opening: that waits for the first line.  NULL: its
 * objects have no place. */
static struct log_stream *use_stream(struct log_writer *w,
                                     const struct log_place *place)
{
    struct log_stream *stream;

    if (!w->spools || !log_place_fits(place))
        return NULL;
    pthread_mutex_lock(&w->lock);
    stream = find_stream(w, place);
    if (stream == NULL) {
        stream = log_stream_new(place, &w->spool, &w->dropped);
        stream->next = w->streams;
        w->streams = stream;
    }
    stream->refs++;
    pthread_mutex_unlock(&w->lock);
    return stream;
}

struct table *log_table_make(struct log_writer *w, const struct log_sink *sinks,
                             unsigned nsinks, struct error *error)
{
    struct table *table = table_new(w->nsources, nsinks);

    for (unsigned i = 0; i < nsinks; i++) {
        table->streams[i] = use_stream(w, &sinks[i].place);
        if (sinks[i].path.n == 0)
            continue;
        table->files[i] = use_file(w, &sinks[i], error);
        if (table->files[i])
            continue;
        pthread_mutex_lock(&w->lock);
        table_free(table);
        pthread_mutex_unlock(&w->lock);
        return NULL;
    }
    return table;
}

void log_table_add(struct log_writer *w, struct table *table)
{
    struct table **last = &w->tables;

    while (*last)
        last = &(*last)->next;
    *last = table;
    for (unsigned i = 0; i < w->nsources; i++)
        table->from[i] = log_ring_end(w->sources[i].ring);
}

void log_table_drop_old(struct log_writer *w)
{
    while (w->tables->next && w->tables->rings == 0) {
        struct table *old = w->tables;

        w->tables = old->next;
        table_free(old);
    }
}

void log_table_end(struct log_writer *w)
{
    while (w->tables) {
        struct table *table = w->tables;

        w->tables = table->next;
        table->n = 0;
        table_free(table);
    }
}
