/* SPDX-License-Identifier: Apache-2.0 */
#include "control/trust_source.h"

/* ---- reading --------------------------------------------------------------- */

/* Of those that are files. */
static bool read_all(const struct served_trust *served,
                     struct file_text texts[1 + TRUST_LISTS_MAX],
                     struct error *error)
{
    for (unsigned i = 0; i < served->nfiles; i++) {
        if (!served->is_file[i])
            continue;
        if (!file_read(served->files[i].p,
                       i ? TRUST_LIST_BYTES_MAX : TRUST_FILE_MAX, &texts[i],
                       error))
            return false;
        served->marks[i] = texts[i].mark;
    }
    return true;
}

/* What the account has of it; n == 0: it is a file. */
static struct str text_of(const struct config_trust_store *wanted, unsigned i)
{
    return i ? wanted->list_texts[i - 1] : wanted->text;
}

static struct tls_trust *make(const struct served_trust *served,
                              const struct config_trust_store *wanted,
                              const struct file_text *texts,
                              struct error *error)
{
    struct trust_file files[1 + TRUST_LISTS_MAX];

    for (unsigned i = 0; i < served->nfiles; i++)
        files[i] = (struct trust_file){served->files[i],
                                       served->is_file[i] ? texts[i].text
                                                          : text_of(wanted, i)};
    return tls_trust_new(&files[0], served->nfiles - 1, &files[1], error);
}

static void take_room(struct served_trust *served, unsigned nfiles,
                      struct region *region)
{
    served->nfiles = nfiles;
    served->files = region_take(region, nfiles * sizeof(*served->files));
    served->marks = region_take(region, nfiles * sizeof(*served->marks));
    served->is_file = region_take(region, nfiles * sizeof(*served->is_file));
}

bool trust_from_files(struct served_trust *served,
                      const struct config_trust_store *wanted,
                      struct region *region, struct error *error)
{
    struct file_text texts[1 + TRUST_LISTS_MAX] = {{.mode = 0}};

    _Static_assert((int)CONFIG_REVOCATIONS_MAX <= (int)TRUST_LISTS_MAX,
                   "all files that are named can be read");
    *served = (struct served_trust){.stale = false};
    served->arn = region_copy(region, wanted->arn);
    take_room(served, 1 + wanted->nlists, region);
    served->files[0] = region_copy(region, wanted->file);
    for (unsigned i = 0; i < wanted->nlists; i++)
        served->files[1 + i] = region_copy(region, wanted->lists[i]);
    for (unsigned i = 0; i < served->nfiles; i++)
        served->is_file[i] = text_of(wanted, i).n == 0;
    if (read_all(served, texts, error))
        served->trust = make(served, wanted, texts, error);
    for (unsigned i = 0; i < served->nfiles; i++)
        file_forget(&texts[i]);
    return served->trust != NULL;
}

/* ---- what is there ----------------------------------------------------------- */

void trust_copy(struct served_trust *to, const struct served_trust *from,
                struct region *region)
{
    *to = *from;
    to->arn = region_copy(region, from->arn);
    take_room(to, from->nfiles, region);
    for (unsigned i = 0; i < from->nfiles; i++) {
        to->files[i] = region_copy(region, from->files[i]);
        to->marks[i] = from->marks[i];
        to->is_file[i] = from->is_file[i];
    }
    tls_trust_hold(to->trust);
}

bool trust_is_of(const struct served_trust *served,
                 const struct config_trust_store *wanted)
{
    if (!str_eq(served->arn, wanted->arn) ||
        served->nfiles != 1 + wanted->nlists ||
        !str_eq(served->files[0], wanted->file))
        return false;
    for (unsigned i = 0; i < wanted->nlists; i++) {
        if (!str_eq(served->files[1 + i], wanted->lists[i]))
            return false;
    }
    return true;
}

bool trust_is_current(const struct served_trust *served)
{
    struct file_mark mark;

    for (unsigned i = 0; i < served->nfiles; i++) {
        if (served->is_file[i] && (!file_look(served->files[i].p, &mark) ||
                                   !file_mark_equal(&mark, &served->marks[i])))
            return false;
    }
    return !served->stale;
}
