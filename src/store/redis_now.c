/* SPDX-License-Identifier: Apache-2.0 */
#include "store/redis_now.h"

#include "store/kept.h"

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

bool redis_load_now(const struct redis_place *place, struct document **found,
                    bool *broken, struct error *error)
{
    struct str words[REDIS_READ_WORDS];
    redisContext *redis = redis_connect_now(place, error);
    int n = redis_read_command(place, true, words);
    redisReply *reply = redis ? ask_now(redis, n, words, error) : NULL;
    struct redis_head head = {.there = false};

    *found = NULL;
    *broken = false;
    if (reply) {
        *broken = !redis_read_head(reply, &head, error);
        if (head.there)
            *found = redis_read_document(reply, error);
        *broken = *broken || (head.there && *found == NULL);
        freeReplyObject(reply);
    }
    if (redis)
        redisFree(redis);
    return reply && !*broken;
}

/* What is there instead. */
static enum store_result read_conflict(const redisReply *reply,
                                       struct document **theirs,
                                       struct error *error)
{
    *theirs = redis_read_document(reply, error);
    return *theirs ? STORE_CONFLICT : STORE_FAILED;
}

enum store_result redis_write_now(const struct redis_place *place,
                                  const struct redis_text *before,
                                  const struct redis_text *after,
                                  struct document **theirs, struct error *error)
{
    struct str words[REDIS_WRITE_WORDS];
    redisContext *redis = redis_connect_now(place, error);
    enum store_result result = STORE_FAILED;
    redisReply *reply = NULL;

    redis_write_command(place, before->revision, before->sha, after, words);
    if (redis)
        reply = ask_now(redis, REDIS_WRITE_WORDS, words, error);
    if (reply && redis_wrote(reply))
        result = STORE_SAVED;
    else if (reply && reply->type == REDIS_REPLY_ARRAY)
        result = read_conflict(reply, theirs, error);
    else if (reply)
        error_set(error, "%.300s", reply->str ? reply->str : "?");
    if (reply)
        freeReplyObject(reply);
    if (redis)
        redisFree(redis);
    return result;
}
