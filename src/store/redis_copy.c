/* SPDX-License-Identifier: Apache-2.0 */
#include "store/redis_copy.h"

#include "base/log.h"
#include "store/kept.h"
#include "store/sqlite.h"

static void complain(const char *why)
{
    log_write(LOG_WARN, "store", "the local copy of Redis' account: %s", why);
}

/* A file's name of its own for each place. */
static struct str path_of(const struct redis_place *place, const char *folder,
                          struct region *region)
{
    struct str path =
        region_printf(region, "%s/redis-" STR_FMT "-%u-%u-" STR_FMT ".sqlite",
                      folder, STR_ARG(place->host), place->port,
                      place->database, STR_ARG(place->key));
    char *p = (char *)(uintptr_t)path.p;

    for (size_t i = strlen(folder) + 1; i < path.n; i++) {
        if (p[i] == '/' || (unsigned char)p[i] <= ' ')
            p[i] = '_';
    }
    return path;
}

void redis_copy_open(struct redis_copy *copy, const struct redis_place *place,
                     const struct store_open_options *options,
                     struct document **found)
{
    struct store_open_options own = *options;
    struct region region = {NULL};
    struct error error = {""};

    *found = NULL;
    if (options->folder == NULL)
        return;
    own.where = path_of(place, options->folder, &region).p;
    copy->to = sqlite_store_open(&own, found, &error);
    if (copy->to == NULL)
        complain(error.text);
    else if (*found)
        copy->last = kept_copy(*found);
    region_end(&region);
}

static void write_next(struct redis_copy *copy);

static void copied(struct store_save *save, enum store_result result,
                   struct document *theirs, const struct error *error)
{
    struct redis_copy *copy = LIST_ENTRY_OF(save, struct redis_copy, save);

    copy->busy = false;
    if (result == STORE_SAVED) {
        kept_free(copy->last);
        copy->last = copy->on_its_way;
        copy->on_its_way = NULL;
    } else if (result == STORE_CONFLICT) { /* it has something else */
        kept_free(copy->last);
        copy->last = theirs ? kept_copy(theirs) : NULL;
        if (copy->next == NULL) {
            copy->next = copy->on_its_way;
            copy->on_its_way = NULL;
        }
    } else {
        complain(error->text);
    }
    kept_free(copy->on_its_way);
    copy->on_its_way = NULL;
    write_next(copy);
}

static void write_next(struct redis_copy *copy)
{
    if (copy->to == NULL || !copy->begun || copy->busy || copy->next == NULL ||
        copy->let_go)
        return;
    copy->on_its_way = copy->next;
    copy->next = NULL;
    copy->busy = true;
    copy->save = (struct store_save){
        .before = copy->last, .after = copy->on_its_way, .done = copied};
    copy->to->ops->save(copy->to, &copy->save);
}

static void put_now(struct redis_copy *copy, const struct document *document)
{
    struct error error = {""};
    struct document *theirs = NULL;

    if (copy->to->ops->put(copy->to, copy->last, document, &theirs, &error) ==
        STORE_SAVED) {
        kept_free(copy->last);
        copy->last = kept_copy(document);
    } else {
        complain(error.text);
    }
    kept_free(theirs);
}

void redis_copy_put(struct redis_copy *copy, const struct document *document)
{
    if (copy->to == NULL)
        return;
    if (!copy->begun) {
        put_now(copy, document);
        return;
    }
    kept_free(copy->next);
    copy->next = kept_copy(document);
    write_next(copy);
}

static void work(void *owner, struct store_work *work)
{
    const struct redis_copy *copy = owner;

    copy->above->work(copy->above->owner, work);
}

/* The process before this one wrote it last: it is written anew. */
static void changed(void *owner, const struct document *theirs)
{
    struct redis_copy *copy = owner;

    if (copy->next == NULL && copy->last)
        copy->next = kept_copy(copy->last);
    kept_free(copy->last);
    copy->last = kept_copy(theirs);
    write_next(copy);
}

void redis_copy_begin(struct redis_copy *copy, const struct store_host *host)
{
    copy->above = host;
    copy->host = (struct store_host){
        .loop = host->loop, .work = work, .changed = changed, .owner = copy};
    copy->begun = true;
    if (copy->to)
        copy->to->ops->begin(copy->to, &copy->host);
}

void redis_copy_let_go(struct redis_copy *copy)
{
    copy->let_go = true;
    if (copy->to)
        copy->to->ops->let_go(copy->to);
}

void redis_copy_end(struct redis_copy *copy)
{
    if (copy->to)
        copy->to->ops->end(copy->to);
    kept_free(copy->last);
    kept_free(copy->on_its_way);
    kept_free(copy->next);
}
