/* SPDX-License-Identifier: Apache-2.0 */
#include "store/redis.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "store/kept.h"
#include "store/redis_copy.h"
#include "store/redis_now.h"
#include "store/redis_script.h"

enum {
    POLL_MS = 250,
    WAIT_MS = 1000, /* for the connection, before a change is refused */
    /* How long a change waits to learn what became of it when the connection
     * breaks while it is written. */
    OUTCOME_MS = 4000,
};

struct store_redis {
    struct store store;
    struct region region;
    struct redis_place place;
    struct loop *loop; /* from begin() on, like what follows */
    const struct store_host *host;
    struct redis_link *link; /* of commands */
    struct redis_link *ear;  /* of the channel */
    struct timer poll;
    bool asking;              /* a head or a document is on its way */
    struct document *now;     /* what this node runs, as far as we know; NULL:
                              nothing so far */
    struct redis_head run;    /* of that */
    struct redis_head unread; /* what cannot be read here; said in the log */
    struct error said; /* what Redis answers instead of a head; the same */
    struct store_save *saving;
    struct redis_text text; /* of what is saved */
    bool waiting;           /* for the connection */
    const char *why;        /* it cannot begin; NULL: as the link says */
    bool in_doubt;          /* the connection broke while it was written */
    struct timer outcome;
    bool let_go;
    bool away; /* so says the log */
    struct redis_copy copy;
};

static struct store_redis *redis_of(struct store *store)
{
    return LIST_ENTRY_OF(store, struct store_redis, store);
}

/* This node runs it from now on. */
static void take(struct store_redis *r, const struct document *document)
{
    struct document *before = r->now;

    r->now = kept_copy(document);
    kept_free(before);
    redis_copy_put(&r->copy, document);
}

/* ---- what others change ------------------------------------------------------- */

static void ask(struct store_redis *r, bool whole);

static void adopt(struct store_redis *r, struct document *theirs,
                  const struct redis_head *head)
{
    r->run = *head;
    log_write(LOG_INFO, "store", "revision %llu of another node",
              (unsigned long long)head->revision);
    take(r, theirs);
    r->host->changed(r->host->owner, theirs);
    kept_free(theirs);
}

static bool is_same(const struct redis_head *a, const struct redis_head *b)
{
    return a->there == b->there && a->revision == b->revision &&
           strcmp(a->sha, b->sha) == 0;
}

/* It is what others run; what this node runs stays what it is. */
static void refuse_document(struct store_redis *r,
                            const struct redis_head *head,
                            const struct error *error)
{
    r->unread = *head;
    log_write(LOG_ERROR, "store", "revision %llu in Redis is not run here: %s",
              (unsigned long long)head->revision, error->text);
}

static void on_document(void *owner, const redisReply *reply)
{
    struct store_redis *r = owner;
    struct error error = {""};
    struct redis_head head;
    struct document *theirs;

    r->asking = false;
    if (reply == NULL || r->saving || r->let_go)
        return;
    if (!redis_read_head(reply, &head, &error) || !head.there ||
        is_same(&head, &r->run))
        return;
    theirs = redis_read_document(reply, &error);
    if (theirs)
        adopt(r, theirs, &head);
    else
        refuse_document(r, &head, &error);
}

/* Redis has lost what this node runs. */
static void on_restored(void *owner, const redisReply *reply)
{
    struct store_redis *r = owner;

    r->asking = false;
    if (reply && redis_wrote(reply))
        log_write(LOG_WARN, "store",
                  "Redis had an older account or none: it has revision %llu of "
                  "this node now",
                  (unsigned long long)r->run.revision);
}

static void restore(struct store_redis *r, const struct redis_head *theirs)
{
    struct str words[REDIS_WRITE_WORDS];
    char revision[24] = "";
    struct redis_text text;

    if (r->now == NULL || !redis_text_make(&text, r->now))
        return;
    /* Should another node be quicker, its revision is not the one expected. */
    if (theirs->there)
        snprintf(revision, sizeof(revision), "%llu",
                 (unsigned long long)theirs->revision);
    else
        snprintf(revision, sizeof(revision), "0");
    redis_write_command(&r->place, revision, theirs->sha, &text, words);
    r->asking =
        redis_link_send(r->link, REDIS_WRITE_WORDS, words, on_restored, r);
    redis_text_end(&text);
}

/* Each poll would say it again. */
static void complain(struct store_redis *r, const struct error *error)
{
    if (strcmp(r->said.text, error->text) != 0)
        log_write(LOG_ERROR, "store", "Redis: %s", error->text);
    r->said = *error;
}

static void on_head(void *owner, const redisReply *reply)
{
    struct store_redis *r = owner;
    struct error error = {""};
    struct redis_head head;

    r->asking = false;
    if (reply == NULL || r->saving || r->let_go)
        return;
    if (!redis_read_head(reply, &head, &error)) {
        complain(r, &error);
        return;
    }
    r->said.text[0] = '\0';
    if (is_same(&head, &r->run) || (head.there && is_same(&head, &r->unread)))
        return;
    if (!head.there || head.revision < r->run.revision)
        restore(r, &head);
    else
        ask(r, true);
}

static void ask(struct store_redis *r, bool whole)
{
    struct str words[REDIS_READ_WORDS];
    int n = redis_read_command(&r->place, whole, words);

    if (!r->asking && r->saving == NULL && !r->let_go)
        r->asking = redis_link_send(r->link, n, words,
                                    whole ? on_document : on_head, r);
}

static void on_poll(struct timer *timer)
{
    struct store_redis *r = LIST_ENTRY_OF(timer, struct store_redis, poll);

    ask(r, false);
    loop_timer_set(r->loop, &r->poll, POLL_MS);
}

/* ---- saving --------------------------------------------------------------------- */

static void end_save(struct store_redis *r, enum store_result result,
                     struct document *theirs, const struct error *error)
{
    struct store_save *save = r->saving;

    timer_cancel(&r->outcome);
    if (result == STORE_SAVED) {
        r->run.there = true;
        r->run.revision = save->after->account->revision;
        snprintf(r->run.sha, sizeof(r->run.sha), "%s", r->text.sha);
        take(r, save->after);
    }
    redis_text_end(&r->text);
    r->saving = NULL;
    r->waiting = false;
    r->in_doubt = false;
    save->done(save, result, theirs, error);
}

static void fail_save(struct store_redis *r, const char *why)
{
    struct error error;

    error_set(&error, STR_FMT ": %s", STR_ARG(r->place.name), why);
    end_save(r, STORE_FAILED, NULL, &error);
}

/* Another node was quicker. */
static void conflict(struct store_redis *r, const redisReply *reply)
{
    struct error error = {""};
    struct redis_head head;
    struct document *theirs = NULL;

    if (redis_read_head(reply, &head, &error))
        theirs = redis_read_document(reply, &error);
    if (theirs == NULL) {
        fail_save(r, error.text);
        return;
    }
    r->run = head;
    take(r, theirs);
    end_save(r, STORE_CONFLICT, theirs, &error);
    kept_free(theirs);
}

static void on_saved(void *owner, const redisReply *reply)
{
    struct store_redis *r = owner;

    if (r->saving == NULL)
        return;
    if (reply == NULL) {
        r->in_doubt = true; /* on_up() or the outcome's timer ends it */
        return;
    }
    if (redis_wrote(reply))
        end_save(r, STORE_SAVED, NULL, NULL);
    else if (reply->type == REDIS_REPLY_ERROR)
        fail_save(r, reply->str);
    else
        conflict(r, reply);
}

/* What became of a change whose answer was lost. */
static void on_outcome(void *owner, const redisReply *reply)
{
    struct store_redis *r = owner;
    struct error error = {""};
    struct redis_head head;

    if (r->saving == NULL || !r->in_doubt || reply == NULL)
        return; /* of a change that nobody waits for any more, or NULL */
    if (!redis_read_head(reply, &head, &error))
        fail_save(r, error.text);
    else if (head.there && strcmp(head.sha, r->text.sha) == 0)
        end_save(r, STORE_SAVED, NULL, NULL);
    else if (head.there && head.revision >= r->saving->after->account->revision)
        conflict(r, reply);
    else
        fail_save(r, "the connection broke while the change was written, and "
                     "it is not there; try it again");
}

static void ask_outcome(struct store_redis *r)
{
    struct str words[REDIS_READ_WORDS];
    int n = redis_read_command(&r->place, true, words);

    redis_link_send(r->link, n, words, on_outcome, r);
}

static void on_outcome_late(struct timer *timer)
{
    struct store_redis *r = LIST_ENTRY_OF(timer, struct store_redis, outcome);

    if (r->saving)
        fail_save(r, "no answer to the change: it is not known whether it took "
                     "effect; look, and try it again");
}

/* The sha of what is there before: known, or made. */
static bool begin_text(struct store_redis *r, const struct document *before,
                       char sha[REDIS_SHA])
{
    struct redis_text made;

    if (r->run.there && r->run.revision == before->account->revision) {
        memcpy(sha, r->run.sha, REDIS_SHA);
        return true;
    }
    if (!redis_text_make(&made, before))
        return false;
    memcpy(sha, made.sha, REDIS_SHA);
    redis_text_end(&made);
    return true;
}

static bool begin_save(struct store_redis *r, const char **why)
{
    struct str words[REDIS_WRITE_WORDS];
    const struct store_save *save = r->saving;
    char sha[REDIS_SHA] = "";
    char revision[24];

    *why = "out of memory";
    if (!begin_text(r, save->before, sha) ||
        !redis_text_make(&r->text, save->after))
        return false;
    snprintf(revision, sizeof(revision), "%llu",
             (unsigned long long)save->before->account->revision);
    redis_write_command(&r->place, revision, sha, &r->text, words);
    *why = "the change could not be sent";
    return redis_link_send(r->link, REDIS_WRITE_WORDS, words, on_saved, r);
}

/* It did not come back in time, or cannot be used. */
static void on_wait_over(struct timer *timer)
{
    struct store_redis *r = LIST_ENTRY_OF(timer, struct store_redis, outcome);

    fail_save(r, r->let_go ? "another process goes on with it"
                 : r->why  ? r->why
                           : redis_link_why(r->link));
}

static void try_save(struct store_redis *r)
{
    const char *why = "";

    r->waiting = false;
    if (begin_save(r, &why)) {
        r->outcome.fire = on_outcome_late;
        loop_timer_set(r->loop, &r->outcome, OUTCOME_MS);
        return;
    }
    r->why = why;
    r->outcome.fire = on_wait_over; /* done() never comes within save() */
    loop_timer_set(r->loop, &r->outcome, 0);
}

static void save(struct store *store, struct store_save *save)
{
    struct store_redis *r = redis_of(store);

    r->saving = save;
    r->waiting = true;
    r->why = NULL;
    r->outcome.fire = on_wait_over;
    loop_timer_set(r->loop, &r->outcome, r->let_go ? 0 : WAIT_MS);
    if (!r->let_go && redis_link_is_up(r->link))
        try_save(r);
}

/* ---- the connections ---------------------------------------------------------------- */

static void on_up(void *owner)
{
    struct store_redis *r = owner;

    if (r->away)
        log_write(LOG_INFO, "store", STR_FMT " is there again",
                  STR_ARG(r->place.name));
    r->away = false;
    r->asking = false;
    if (r->saving && r->in_doubt)
        ask_outcome(r);
    else if (r->saving && r->waiting)
        try_save(r);
    else
        ask(r, false);
}

static void on_down(void *owner, const char *why)
{
    struct store_redis *r = owner;

    if (!r->away && !r->let_go)
        log_write(LOG_WARN, "store",
                  STR_FMT " is away (%s): what runs goes on, changes are "
                          "refused until it is back",
                  STR_ARG(r->place.name), why);
    r->away = true;
}

static void on_told(void *owner)
{
    ask(owner, false);
}

static void on_ear_up(void *owner)
{
    (void)owner;
}

static void on_ear_down(void *owner, const char *why)
{
    (void)owner; /* polling goes on */
    (void)why;
}

static const struct redis_link_ops link_ops = {.up = on_up, .down = on_down};
static const struct redis_link_ops ear_ops = {
    .up = on_ear_up, .down = on_ear_down, .told = on_told};

/* ---- before it begins --------------------------------------------------------- */

static bool name_error(const struct redis_place *place, struct error *error)
{
    struct error cause = *error;

    return error_set(error, "--state " STR_FMT " (key " STR_FMT "): %.300s",
                     STR_ARG(place->name), STR_ARG(place->key), cause.text);
}

static enum store_result put(struct store *store, const struct document *before,
                             const struct document *after,
                             struct document **theirs, struct error *error)
{
    struct store_redis *r = redis_of(store);
    struct redis_text old = {.revision = "0"};
    struct redis_text text = {.revision = ""};
    enum store_result result = STORE_FAILED;

    error_set(error, "out of memory");
    if (r->away)
        result = STORE_SAVED; /* Redis gets it when it is back */
    else if ((before == NULL || redis_text_make(&old, before)) &&
             redis_text_make(&text, after))
        result = redis_write_now(&r->place, &old, &text, theirs, error);
    redis_text_end(&old);
    redis_text_end(&text);
    if (result == STORE_SAVED)
        take(r, after);
    else if (result == STORE_FAILED)
        name_error(&r->place, error);
    return result;
}

/* ---- life ----------------------------------------------------------------------- */

static void begin(struct store *store, const struct store_host *host)
{
    struct store_redis *r = redis_of(store);
    struct redis_text text;

    r->host = host;
    r->loop = host->loop;
    redis_copy_begin(&r->copy, host);
    if (r->now && redis_text_make(&text, r->now)) {
        r->run.there = true;
        r->run.revision = r->now->account->revision;
        memcpy(r->run.sha, text.sha, sizeof(text.sha));
        redis_text_end(&text);
    }
    r->link = redis_link_new(r->loop, &r->place, STR(""), &link_ops, r);
    r->ear = redis_link_new(r->loop, &r->place, r->place.key, &ear_ops, r);
    if (r->link == NULL || r->ear == NULL)
        log_write(LOG_ERROR, "store",
                  "no descriptor is left for Redis: "
                  "changes are refused");
    loop_timer_set(r->loop, &r->poll, POLL_MS);
}

static void let_go(struct store *store)
{
    struct store_redis *r = redis_of(store);

    r->let_go = true;
    timer_cancel(&r->poll);
    redis_copy_let_go(&r->copy);
}

static void end(struct store *store)
{
    struct store_redis *r = redis_of(store);

    r->let_go = true;
    redis_link_end(r->link);
    redis_link_end(r->ear);
    timer_end(&r->poll);
    timer_end(&r->outcome);
    redis_copy_end(&r->copy);
    kept_free(r->now);
    redis_text_end(&r->text);
    region_end(&r->region);
    free(r);
}

static void tell(struct store *store, struct str *what, bool *connected)
{
    struct store_redis *r = redis_of(store);

    *what = r->place.name;
    *connected = r->link && redis_link_is_up(r->link);
}

static const struct store_ops ops = {
    .put = put,
    .begin = begin,
    .save = save,
    .let_go = let_go,
    .end = end,
    .tell = tell,
};

static bool read_place(const char *where, struct redis_place *place,
                       struct region *region, struct error *error)
{
    return redis_place_read(str_of(where), place, region, error);
}

bool redis_store_check(const char *where, struct error *error)
{
    struct region region = {NULL};
    struct redis_place place;
    bool ok = read_place(where, &place, &region, error);

    region_end(&region);
    return ok;
}

/* Redis has it, or had it when it was there last. */
static bool find(struct store_redis *r, struct document *copied,
                 struct document **found, struct error *error)
{
    bool broken;

    if (redis_load_now(&r->place, found, &broken, error)) {
        if (*found == NULL && copied)
            *found = kept_copy(copied);
        return true;
    }
    if (broken)
        return name_error(&r->place, error);
    r->away = true;
    log_write(LOG_WARN, "store",
              STR_FMT " is away (%s): %s; changes are refused until it is back",
              STR_ARG(r->place.name), error->text,
              copied ? "the local copy is served"
                     : "there is no local copy either");
    *found = copied ? kept_copy(copied) : NULL;
    return true;
}

struct store *redis_store_open(const struct store_open_options *options,
                               struct document **found, struct error *error)
{
    struct store_redis *r = memory_zeroed(1, sizeof(*r));
    struct document *copied = NULL;

    r->store.ops = &ops;
    timer_init(&r->poll, on_poll);
    timer_init(&r->outcome, on_outcome_late);
    if (!read_place(options->where, &r->place, &r->region, error)) {
        end(&r->store);
        return NULL;
    }
    redis_copy_open(&r->copy, &r->place, options, &copied);
    if (!find(r, copied, found, error)) {
        kept_free(copied);
        end(&r->store);
        return NULL;
    }
    if (*found)
        take(r, *found);
    kept_free(copied);
    return &r->store;
}

bool redis_store_read(const char *where, struct document **found,
                      struct error *error)
{
    struct region region = {NULL};
    struct redis_place place;
    bool broken;
    bool ok = read_place(where, &place, &region, error);

    *found = NULL;
    ok = ok && (redis_load_now(&place, found, &broken, error) ||
                name_error(&place, error));
    region_end(&region);
    return ok;
}
