/* SPDX-License-Identifier: Apache-2.0 */
#include "control/certificate_source.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "crypto/authority_folder.h"

enum { DAY = 24 * 60 * 60 };

struct complaint {
    struct complaint *next;
    char *file;
    struct error last;
};

void certificate_source_init(struct certificate_source *source,
                             const char *folder)
{
    *source = (struct certificate_source){.folder = NULL};
    pthread_mutex_init(&source->lock, NULL);
    if (folder)
        source->folder = region_copy(&source->region, str_of(folder)).p;
}

void certificate_source_end(struct certificate_source *source)
{
    struct complaint *c;

    while ((c = source->complaints) != NULL) {
        source->complaints = c->next;
        free(c->file);
        free(c);
    }
    authority_free(source->authority);
    pthread_mutex_destroy(&source->lock);
    region_end(&source->region);
    *source = (struct certificate_source){.folder = NULL};
}

/* ---- files ------------------------------------------------------------------- */

static void keep_pair(struct served_certificate *served,
                      const struct config_certificate *wanted,
                      const struct file_text *file, const struct file_text *key,
                      struct region *region)
{
    served->file = region_copy(region, wanted->file);
    served->key_file = region_copy(region, wanted->key);
    served->marks[0] = file->mark;
    served->marks[1] = key->mark;
    served->chain = region_copy(region, file->text);
    served->key = region_copy(region, key->text);
}

bool certificate_from_files(struct served_certificate *served,
                            const struct config_certificate *wanted,
                            struct region *region, struct error *error)
{
    struct file_text file;
    struct file_text key = {.mode = 0};
    struct certificate_text c = {.where = wanted->file.p};
    struct certificate_text k = {.where = wanted->key.p};
    bool ok = file_read(wanted->file.p, CERTIFICATE_FILE_MAX, &file, error) &&
              file_read(wanted->key.p, CERTIFICATE_FILE_MAX, &key, error);

    *served = (struct served_certificate){.stale = false};
    c.text = file.text;
    k.text = key.text;
    ok = ok && certificate_check(&c, &k, &served->facts, error);
    if (ok)
        keep_pair(served, wanted, &file, &key, region);
    file_forget(&file);
    file_forget(&key);
    return ok;
}

bool certificate_from_text(struct served_certificate *served,
                           const struct config_certificate *wanted,
                           struct region *region, struct error *error)
{
    struct certificate_text c = {wanted->pem, "Certificate"};
    struct certificate_text k = {wanted->pem_key, "PrivateKey"};

    *served = (struct served_certificate){.imported = true};
    if (!certificate_check(&c, &k, &served->facts, error))
        return false;
    served->chain = region_copy(region, wanted->pem);
    served->key = region_copy(region, wanted->pem_key);
    return true;
}

/* ---- the authority -------------------------------------------------------------- */

static bool open_authority(struct certificate_source *source, int64_t now,
                           struct error *error)
{
    struct error why = {"there is no state folder (--state-folder)"};
    bool made = false;

    if (source->authority)
        return true;
    if (source->folder)
        source->authority = authority_open(source->folder, now, &made, &why);
    if (made)
        log_write(LOG_INFO, "control",
                  "a local authority was made in %s: `sluice ca` says how to "
                  "trust it",
                  source->folder);
    if (source->authority)
        return true;
    log_write(LOG_WARN, "control",
              "%s; certificates without files are issued by an authority that "
              "is forgotten at the end of this process",
              why.text);
    source->authority = authority_new(now, error);
    return source->authority != NULL;
}

/* The names, each with an LF behind it. */
static struct str join_names(const struct config_certificate *wanted,
                             struct region *region)
{
    struct text t;
    size_t n = 0;

    for (unsigned i = 0; i < wanted->nnames; i++)
        n += wanted->names[i].n + 1;
    t = text_in(region_take(region, n + 1), n);
    for (unsigned i = 0; i < wanted->nnames; i++) {
        text_str_put(&t, wanted->names[i]);
        text_char(&t, '\n');
    }
    return text_str(&t);
}

static bool take_issued(struct served_certificate *served,
                        const struct authority_pair *pair,
                        struct region *region, struct error *error)
{
    struct certificate_text c = {str_of(pair->certificate), "what it issued"};
    struct certificate_text k = {str_of(pair->key), "its key"};

    if (!certificate_check(&c, &k, &served->facts, error))
        return false;
    served->chain = region_copy(region, c.text);
    served->key = region_copy(region, k.text);
    return true;
}

bool certificate_from_authority(struct certificate_source *source,
                                struct served_certificate *served,
                                const struct config_certificate *wanted,
                                struct region *region, struct error *error)
{
    struct authority_pair *pair = memory_zeroed(1, sizeof(*pair));
    int64_t now = clock_wall_seconds();
    bool ok;

    *served = (struct served_certificate){.stale = false};
    pthread_mutex_lock(&source->lock);
    ok = open_authority(source, now, error) &&
         authority_issue(source->authority, wanted->names, wanted->nnames, now,
                         pair, error);
    pthread_mutex_unlock(&source->lock);
    ok = ok && take_issued(served, pair, region, error);
    served->issued_for = join_names(wanted, region);
    explicit_bzero(pair, sizeof(*pair));
    free(pair);
    return ok;
}

/* ---- what is there ---------------------------------------------------------------- */

static bool is_for(struct str issued_for,
                   const struct config_certificate *wanted)
{
    struct str rest = issued_for;

    for (unsigned i = 0; i < wanted->nnames; i++) {
        if (!str_eq(str_cut(&rest, '\n'), wanted->names[i]))
            return false;
    }
    return rest.n == 0;
}

bool certificate_is_of(const struct served_certificate *served,
                       const struct config_certificate *wanted)
{
    if (wanted->file.n || served->file.n)
        return str_eq(served->file, wanted->file) &&
               str_eq(served->key_file, wanted->key);
    if (wanted->pem.n || served->imported)
        return served->imported && str_eq(served->chain, wanted->pem) &&
               str_eq(served->key, wanted->pem_key);
    return is_for(served->issued_for, wanted);
}

bool certificate_is_current(const struct served_certificate *served)
{
    struct file_mark marks[2];

    if (served->imported)
        return true;
    if (served->file.n == 0)
        return served->facts.not_after - clock_wall_seconds() >
               (int64_t)AUTHORITY_RENEW_DAYS * DAY;
    return !served->stale && file_look(served->file.p, &marks[0]) &&
           file_look(served->key_file.p, &marks[1]) &&
           file_mark_equal(&marks[0], &served->marks[0]) &&
           file_mark_equal(&marks[1], &served->marks[1]);
}

/* ---- what is said ------------------------------------------------------------------- */

static struct complaint *complaint_of(struct certificate_source *source,
                                      struct str file)
{
    struct complaint *c = source->complaints;

    while (c && !str_eq(str_of(c->file), file))
        c = c->next;
    if (c)
        return c;
    c = memory_zeroed(1, sizeof(*c));
    c->file = memory_zeroed(1, file.n + 1);
    memcpy(c->file, file.p, file.n);
    c->next = source->complaints;
    source->complaints = c;
    return c;
}

void certificate_complain(struct certificate_source *source, struct str file,
                          const char *what)
{
    struct complaint *c;

    pthread_mutex_lock(&source->lock);
    c = complaint_of(source, file);
    if (strcmp(c->last.text, what) != 0) {
        error_set(&c->last, "%s", what);
        if (what[0])
            log_write(LOG_ERROR, "control", "%s; what was read before goes on",
                      what);
    }
    pthread_mutex_unlock(&source->lock);
}

void certificate_complain_anew(struct certificate_source *source)
{
    pthread_mutex_lock(&source->lock);
    for (struct complaint *c = source->complaints; c; c = c->next)
        c->last.text[0] = '\0';
    pthread_mutex_unlock(&source->lock);
}
