/* SPDX-License-Identifier: Apache-2.0 */
#include "store/redis.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "store/kept.h"
#include "store/redis_script.h"

enum {
    POLL_MS = 250,
    /* How long a change waits to learn what became of it when the connection
     * breaks while it is written. */
    OUTCOME_MS = 4000,
};

/* A local copy that is being written, and the one that comes after it. */
struct copying {
    struct store *to; /* NULL: there is none */
    struct store_save save;
    bool busy;
    struct document *last; /* what it has; NULL: not known */
    struct document *on_its_way;
    struct document *next; /* NULL: nothing waits */
};

struct store_redis {
    struct store store;
    struct loop *loop;
    struct redis_options options;
    struct redis_link *link; /* of commands */
    struct redis_link *ear;  /* of the channel */
    struct timer poll;
    bool asking;           /* a head or a document is on its way */
    struct document *now;  /* what this node runs, as far as we know */
    struct redis_head run; /* of that */
    struct store_save *saving;
    struct redis_text text; /* of what is saved */
    bool in_doubt;          /* the connection broke while it was written */
    struct timer outcome;
    bool let_go;
    bool told_down; /* that Redis is away stands in the log */
    struct copying copying;
};

static struct store_redis *redis_of(struct store *store)
{
    return LIST_ENTRY_OF(store, struct store_redis, store);
}

/* ---- the local copy ------------------------------------------------------------ */

static void copy_next(struct store_redis *r);

static void copied(struct store_save *save, enum store_result result,
                   struct document *theirs, const struct error *error)
{
    struct copying *c = LIST_ENTRY_OF(save, struct copying, save);
    struct store_redis *r = LIST_ENTRY_OF(c, struct store_redis, copying);

    (void)theirs; /* nobody else has the local one */
    c->busy = false;
    if (result == STORE_SAVED) {
        kept_free(c->last);
        c->last = c->on_its_way;
    } else {
        log_write(LOG_WARN, "store", "the local copy of the account is old: %s",
                  error->text);
        kept_free(c->on_its_way);
    }
    c->on_its_way = NULL;
    copy_next(r);
}

static void copy_next(struct store_redis *r)
{
    struct copying *c = &r->copying;

    if (c->to == NULL || c->busy || c->next == NULL || r->let_go)
        return;
    c->on_its_way = c->next;
    c->next = NULL;
    c->busy = true;
    c->save = (struct store_save){
        .before = c->last, .after = c->on_its_way, .done = copied};
    c->to->ops->save(c->to, &c->save);
}

/* This node runs it from now on. */
static void take(struct store_redis *r, const struct document *document)
{
    kept_free(r->now);
    r->now = kept_copy(document);
    kept_free(r->copying.next);
    r->copying.next = r->copying.to ? kept_copy(document) : NULL;
    copy_next(r);
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
    r->options.changed(r->options.owner, theirs);
}

static bool is_same(const struct redis_head *a, const struct redis_head *b)
{
    return a->there == b->there && a->revision == b->revision &&
           strcmp(a->sha, b->sha) == 0;
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
        log_write(LOG_ERROR, "store",
                  "revision %llu in Redis is not run here: %s",
                  (unsigned long long)head.revision, error.text);
    if (theirs == NULL)
        r->run = head; /* said once */
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

    if (!redis_text_make(&text, r->now))
        return;
    /* Should another node be quicker, its revision is not the one expected. */
    if (theirs->there)
        snprintf(revision, sizeof(revision), "%llu",
                 (unsigned long long)theirs->revision);
    else
        snprintf(revision, sizeof(revision), "0");
    redis_write_command(r->options.place, revision, theirs->sha, &text, words);
    r->asking =
        redis_link_send(r->link, REDIS_WRITE_WORDS, words, on_restored, r);
    redis_text_end(&text);
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
        log_write(LOG_ERROR, "store", "Redis: %s", error.text);
        return;
    }
    if (is_same(&head, &r->run))
        return;
    if (!head.there || head.revision < r->run.revision)
        restore(r, &head);
    else
        ask(r, true);
}

static void ask(struct store_redis *r, bool whole)
{
    struct str words[REDIS_READ_WORDS];
    int n = redis_read_command(r->options.place, whole, words);

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
    r->in_doubt = false;
    save->done(save, result, theirs, error);
}

static void fail_save(struct store_redis *r, const char *why)
{
    struct error error;

    error_set(&error, STR_FMT ": %s", STR_ARG(r->options.place->name), why);
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

    if (r->saving == NULL || reply == NULL)
        return;
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
    int n = redis_read_command(r->options.place, true, words);

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

    *why = redis_link_why(r->link);
    if (r->let_go)
        *why = "another process goes on with it";
    if (r->let_go || !redis_link_is_up(r->link))
        return false;
    *why = "out of memory";
    if (!begin_text(r, save->before, sha) ||
        !redis_text_make(&r->text, save->after))
        return false;
    snprintf(revision, sizeof(revision), "%llu",
             (unsigned long long)save->before->account->revision);
    redis_write_command(r->options.place, revision, sha, &r->text, words);
    *why = "the change could not be sent";
    return redis_link_send(r->link, REDIS_WRITE_WORDS, words, on_saved, r);
}

/* What cannot begin is told at the end of the turn, as done() comes later. */
static void on_refused(struct timer *timer)
{
    on_outcome_late(timer);
}

static void save(struct store *store, struct store_save *save)
{
    struct store_redis *r = redis_of(store);
    const char *why = "";

    r->saving = save;
    if (begin_save(r, &why)) {
        r->outcome.fire = on_outcome_late;
        loop_timer_set(r->loop, &r->outcome, OUTCOME_MS);
        return;
    }
    r->outcome.fire = on_refused;
    loop_timer_set(r->loop, &r->outcome, 0);
}

/* ---- the connections ---------------------------------------------------------------- */

static void on_up(void *owner)
{
    struct store_redis *r = owner;

    if (r->told_down)
        log_write(LOG_INFO, "store", STR_FMT " is there again",
                  STR_ARG(r->options.place->name));
    r->told_down = false;
    r->asking = false;
    if (r->saving && r->in_doubt)
        ask_outcome(r);
    else
        ask(r, false);
}

static void on_down(void *owner, const char *why)
{
    struct store_redis *r = owner;

    if (!r->told_down && !r->let_go)
        log_write(LOG_WARN, "store",
                  STR_FMT " is away (%s): what runs goes on, changes are "
                          "refused until it is back",
                  STR_ARG(r->options.place->name), why);
    r->told_down = true;
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

/* ---- life ----------------------------------------------------------------------------- */

static void let_go(struct store *store)
{
    struct store_redis *r = redis_of(store);

    r->let_go = true;
    timer_cancel(&r->poll);
    if (r->copying.to)
        r->copying.to->ops->let_go(r->copying.to);
}

static void end(struct store *store)
{
    struct store_redis *r = redis_of(store);

    r->let_go = true;
    redis_link_end(r->link);
    redis_link_end(r->ear);
    timer_end(&r->poll);
    timer_end(&r->outcome);
    if (r->copying.to)
        r->copying.to->ops->end(r->copying.to);
    kept_free(r->now);
    kept_free(r->copying.last);
    kept_free(r->copying.on_its_way);
    kept_free(r->copying.next);
    redis_text_end(&r->text);
    free(r);
}

static void tell(struct store *store, struct str *what, bool *connected)
{
    struct store_redis *r = redis_of(store);

    *what = r->options.place->name;
    *connected = redis_link_is_up(r->link);
}

static const struct store_ops ops = {
    .save = save, .let_go = let_go, .end = end, .tell = tell};

static bool remember(struct store_redis *r, const struct document *now)
{
    struct redis_text text;

    if (!redis_text_make(&text, now))
        return false;
    r->run.there = true;
    r->run.revision = now->account->revision;
    memcpy(r->run.sha, text.sha, sizeof(text.sha));
    redis_text_end(&text);
    take(r, now);
    return true;
}

struct store *store_redis_start(struct loop *loop,
                                const struct redis_options *options)
{
    struct store_redis *r = memory_zeroed(1, sizeof(*r));

    r->store.ops = &ops;
    r->loop = loop;
    r->options = *options;
    r->copying.to = options->copy;
    timer_init(&r->poll, on_poll);
    timer_init(&r->outcome, on_outcome_late);
    r->link = redis_link_new(loop, options->place, STR(""), &link_ops, r);
    r->ear =
        redis_link_new(loop, options->place, options->place->key, &ear_ops, r);
    if (r->link == NULL || r->ear == NULL || !remember(r, options->now)) {
        end(&r->store);
        return NULL;
    }
    loop_timer_set(loop, &r->poll, POLL_MS);
    return &r->store;
}

/* ---- before a loop runs ------------------------------------------------------------------ */

static redisReply *ask_now(redisContext *redis, int n, const struct str *words,
                           struct error *error)
{
    const char *texts[REDIS_WRITE_WORDS];
    size_t sizes[REDIS_WRITE_WORDS];
    redisReply *reply;

    for (int i = 0; i < n; i++) {
        texts[i] = words[i].p;
        sizes[i] = words[i].n;
    }
    reply = redisCommandArgv(redis, n, texts, sizes);
    if (reply == NULL)
        error_set(error, "%s", redis->errstr);
    return reply;
}

bool redis_load(const struct redis_place *place, struct document **document,
                bool *broken, struct error *error)
{
    struct str words[REDIS_READ_WORDS];
    redisContext *redis = redis_connect_now(place, error);
    int n = redis_read_command(place, true, words);
    redisReply *reply = NULL;
    struct redis_head head = {.there = false};

    *document = NULL;
    *broken = false;
    if (redis)
        reply = ask_now(redis, n, words, error);
    if (reply) {
        *broken = !redis_read_head(reply, &head, error);
        if (head.there)
            *document = redis_read_document(reply, error);
        *broken = *broken || (head.there && *document == NULL);
        freeReplyObject(reply);
    }
    if (redis)
        redisFree(redis);
    return reply && !*broken;
}

enum store_result redis_save_now(const struct redis_place *place,
                                 const struct document *before,
                                 const struct document *after,
                                 struct error *error)
{
    struct str words[REDIS_WRITE_WORDS];
    struct redis_text old = {.revision = ""};
    struct redis_text text;
    redisContext *redis = redis_connect_now(place, error);
    enum store_result result = STORE_FAILED;
    redisReply *reply = NULL;

    if (redis && (before == NULL || redis_text_make(&old, before)) &&
        redis_text_make(&text, after)) {
        redis_write_command(place, old.revision, old.sha, &text, words);
        reply = ask_now(redis, REDIS_WRITE_WORDS, words, error);
        redis_text_end(&text);
    }
    if (reply && redis_wrote(reply))
        result = STORE_SAVED;
    else if (reply && reply->type == REDIS_REPLY_ARRAY)
        result = STORE_CONFLICT;
    else if (reply)
        error_set(error, "%.300s", reply->str ? reply->str : "?");
    if (reply)
        freeReplyObject(reply);
    redis_text_end(&old);
    if (redis)
        redisFree(redis);
    return result;
}
