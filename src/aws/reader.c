/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/reader.h"

#include <errno.h>
#include <stdlib.h>

#include "aws/process.h"
#include "base/file.h"
#include "base/memory.h"

struct reading {
    struct errand errand;
    struct process_handle process;
    struct region memory;
    struct str paths[READER_FILES];
    unsigned npaths;
    struct str line; /* a command; n == 0: files */
    char *const *environment;
    struct reader_text texts[READER_FILES];
};

static void read_one(struct reading *r, unsigned i)
{
    struct reader_text *t = &r->texts[i];
    struct file_text file;

    t->text = STR("");
    if (r->paths[i].n == 0) {
        t->missing = true;
        return;
    }
    t->ok = file_read(r->paths[i].p, READER_FILE_MAX, &file, &t->why);
    t->missing = !t->ok && (errno == ENOENT || errno == ENOTDIR);
    if (t->ok)
        t->text = region_copy(&r->memory, file.text);
    file_forget(&file);
}

/* The environment of the process is not the thread's to read while others may
 * change it; nobody does. */
static void run_one(struct reading *r)
{
    struct reader_text *t = &r->texts[0];
    struct error why;
    char **words = process_split(&r->memory, r->line, &why);

    t->text = STR("");
    t->ok =
        words && process_run(&r->memory, words, r->environment,
                             READER_PROCESS_MS, &r->process, &t->text, &why);
    if (!t->ok)
        error_set(&t->why, "credential_process: %s", why.text);
}

static void run(struct errand *errand)
{
    struct reading *r = LIST_ENTRY_OF(errand, struct reading, errand);

    if (r->line.n)
        run_one(r);
    for (unsigned i = 0; i < r->npaths; i++)
        read_one(r, i);
}

static void stop(struct errand *errand)
{
    process_stop(&LIST_ENTRY_OF(errand, struct reading, errand)->process);
}

static void free_reading(struct errand *errand)
{
    struct reading *r = LIST_ENTRY_OF(errand, struct reading, errand);

    process_handle_end(&r->process);
    region_forget(&r->memory);
    free(r);
}

static const struct errand_kind reading_kind = {
    .run = run,
    .stop = stop,
    .free = free_reading,
};

static void on_done(struct errands *errands, struct errand *errand)
{
    struct reader *reader = LIST_ENTRY_OF(errands, struct reader, errands);

    reader->done(reader, LIST_ENTRY_OF(errand, struct reading, errand)->texts);
}

bool reader_init(struct reader *reader, struct loop *loop)
{
    reader->errands.done = on_done;
    return errands_init(&reader->errands, loop);
}

/* What was asked before is forgotten.  NULL without descriptors. */
static struct reading *new_reading(struct reader *reader)
{
    struct reading *r = memory_zeroed(1, sizeof(*r));

    errands_forget(&reader->errands);
    if (process_handle_init(&r->process))
        return r;
    process_handle_end(&r->process);
    free(r);
    return NULL;
}

static bool begin(struct reader *reader, struct reading *r,
                  void (*done)(struct reader *reader,
                               const struct reader_text *texts))
{
    reader->done = done;
    return errands_begin(&reader->errands, &r->errand, &reading_kind);
}

bool reader_files(struct reader *reader, const struct str *paths, unsigned n,
                  void (*done)(struct reader *reader,
                               const struct reader_text *texts))
{
    struct reading *r = new_reading(reader);

    if (r == NULL)
        return false;
    for (unsigned i = 0; i < n && i < READER_FILES; i++)
        r->paths[i] = region_copy(&r->memory, paths[i]);
    r->npaths = n < READER_FILES ? n : READER_FILES;
    return begin(reader, r, done);
}

bool reader_run(struct reader *reader, struct str line,
                char *const *environment,
                void (*done)(struct reader *reader,
                             const struct reader_text *texts))
{
    struct reading *r = new_reading(reader);

    if (r == NULL)
        return false;
    r->line = region_copy(&r->memory, line);
    r->environment = environment;
    return begin(reader, r, done);
}

void reader_end(struct reader *reader)
{
    errands_end(&reader->errands);
}
