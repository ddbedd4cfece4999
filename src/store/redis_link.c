/* SPDX-License-Identifier: Apache-2.0 */
#include "store/redis_link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "net/resolve.h"

enum link_state {
    LINK_WAITING,    /* for the next attempt */
    LINK_RESOLVING,  /* the host's name */
    LINK_CONNECTING, /* TCP, then AUTH and SELECT */
    LINK_UP,
};

/* A command on its way; its reply comes behind those of the ones before. */
struct sent {
    struct list node;
    struct redis_link *link;
    uint64_t due_us;
    void (*answer)(void *owner, const redisReply *reply);
    void *owner;
};

struct redis_link {
    struct loop *loop;
    const struct redis_place *place;
    struct str channel;
    const struct redis_link_ops *ops;
    void *owner;
    enum link_state state;
    struct resolver resolver;
    redisContext *redis; /* NULL: there is no connection */
    struct event read;   /* of that; and */
    struct event write;  /* while something has to leave, or it connects */
    bool greeted;        /* TCP is there */
    bool reading;        /* replies are handed out: */
    redisContext
        *gone; /* the connection may end meanwhile, and is freed then */
    struct timer timer; /* of the attempt, or of the oldest command */
    struct list sent;   /* struct sent, the oldest first */
    uint32_t retry_ms;
    bool ending;
    char why[160];
};

/* ---- the end of a connection ---------------------------------------------------- */

static void plan_attempt(struct redis_link *link)
{
    link->state = LINK_WAITING;
    loop_timer_set(link->loop, &link->timer, link->retry_ms);
    link->retry_ms *= 2;
    if (link->retry_ms > REDIS_RETRY_LAST_MS)
        link->retry_ms = REDIS_RETRY_LAST_MS;
}

/* What waits for a reply gets none. */
static void answer_all(struct redis_link *link)
{
    while (!list_empty(&link->sent)) {
        struct sent *sent = LIST_ENTRY_OF(link->sent.next, struct sent, node);

        list_remove(&sent->node);
        sent->answer(sent->owner, NULL);
        free(sent);
    }
}

static void let_go(struct redis_link *link)
{
    if (link->redis == NULL)
        return;
    event_del(&link->read);
    event_del(&link->write);
    if (link->reading)
        link->gone = link->redis;
    else
        redisFree(link->redis);
    link->redis = NULL;
}

static void fail(struct redis_link *link, const char *why)
{
    char kept[sizeof(link->why)]; /* it may stand in what is freed */

    snprintf(kept, sizeof(kept), "%s", why);
    memcpy(link->why, kept, sizeof(kept));
    let_go(link);
    link->state = LINK_WAITING;
    answer_all(link);
    if (link->ending)
        return;
    link->ops->down(link->owner, link->why);
    plan_attempt(link);
}

/* ---- commands ---------------------------------------------------------------------- */

static void watch_oldest(struct redis_link *link)
{
    struct sent *oldest = LIST_ENTRY_OF(link->sent.next, struct sent, node);
    uint64_t now = link->loop->now_us;

    if (link->redis == NULL)
        return;
    if (list_empty(&link->sent))
        timer_cancel(&link->timer);
    else
        loop_timer_set(link->loop, &link->timer,
                       oldest->due_us > now ? (oldest->due_us - now) / 1000
                                            : 0);
}

/* Writes what waits; what the socket does not take leaves when it can.  False
 * when the connection has failed. */
static bool flush(struct redis_link *link)
{
    int done = 0;

    if (redisBufferWrite(link->redis, &done) != REDIS_OK)
        return false;
    if (!done)
        event_add(&link->write, NULL);
    return true;
}

static bool put_command(struct redis_link *link, int n, const struct str *words,
                        void (*answer)(void *owner, const redisReply *reply),
                        void *owner)
{
    enum { WORDS_MAX = 16 };

    struct sent *sent = memory_zeroed(1, sizeof(*sent));
    const char *texts[WORDS_MAX];
    size_t sizes[WORDS_MAX];

    for (int i = 0; i < n && i < WORDS_MAX; i++) {
        texts[i] = words[i].p;
        sizes[i] = words[i].n;
    }
    *sent = (struct sent){.link = link, .answer = answer, .owner = owner};
    sent->due_us = link->loop->now_us + (uint64_t)REDIS_COMMAND_MS * 1000;
    list_push_back(&link->sent, &sent->node);
    if (n <= WORDS_MAX &&
        redisAppendCommandArgv(link->redis, n, texts, sizes) == REDIS_OK) {
        /* A write that fails is found by the reader. */
        flush(link);
        watch_oldest(link);
        return true;
    }
    list_remove(&sent->node);
    free(sent);
    return false;
}

bool redis_link_is_up(const struct redis_link *link)
{
    return link && link->state == LINK_UP;
}

bool redis_link_send(struct redis_link *link, int n, const struct str *words,
                     void (*answer)(void *owner, const redisReply *reply),
                     void *owner)
{
    return redis_link_is_up(link) && put_command(link, n, words, answer, owner);
}

/* ---- the first commands -------------------------------------------------------------- */

static bool is_word(const redisReply *reply, const char *word)
{
    return reply->type == REDIS_REPLY_STRING && strcmp(reply->str, word) == 0;
}

/* What came on the channel: ["subscribe", ...] first, then ["message", ...]. */
static void on_told(struct redis_link *link, const redisReply *reply)
{
    const redisReply *first =
        reply->type == REDIS_REPLY_ARRAY && reply->elements ? reply->element[0]
                                                            : NULL;

    if (first && link->state == LINK_CONNECTING &&
        is_word(first, "subscribe")) {
        timer_cancel(&link->timer);
        link->state = LINK_UP;
        link->retry_ms = REDIS_RETRY_FIRST_MS;
        link->why[0] = '\0';
        link->ops->up(link->owner);
    } else if (first && link->state == LINK_UP && is_word(first, "message")) {
        if (link->ops->told)
            link->ops->told(link->owner);
    } else {
        fail(link, reply->type == REDIS_REPLY_ERROR
                       ? reply->str
                       : "what it says on the channel is no message");
    }
}

static void subscribe(struct redis_link *link)
{
    const char *words[] = {"SUBSCRIBE", link->channel.p};
    const size_t sizes[] = {9, link->channel.n};

    if (redisAppendCommandArgv(link->redis, 2, words, sizes) != REDIS_OK ||
        !flush(link))
        fail(link, "a subscription could not be sent");
    else
        loop_timer_set(link->loop, &link->timer, REDIS_COMMAND_MS);
}

/* The last one of the first commands was answered. */
static void on_ready(void *owner, const redisReply *reply)
{
    struct redis_link *link = owner;

    if (reply == NULL || link->redis == NULL)
        return;
    if (reply->type == REDIS_REPLY_ERROR) {
        fail(link, reply->str);
        return;
    }
    if (link->channel.n) {
        subscribe(link);
        return;
    }
    link->state = LINK_UP;
    link->retry_ms = REDIS_RETRY_FIRST_MS;
    link->why[0] = '\0';
    link->ops->up(link->owner);
}

static void on_greeted(void *owner, const redisReply *reply)
{
    struct redis_link *link = owner;

    if (reply && reply->type == REDIS_REPLY_ERROR && link->redis)
        fail(link, reply->str);
}

static bool greet(struct redis_link *link)
{
    const struct redis_place *place = link->place;
    char number[16];
    struct str auth[3] = {STR("AUTH")};
    struct str select[2] = {STR("SELECT")};
    int n = 1;

    if (place->user.n)
        auth[n++] = place->user;
    auth[n++] = place->password;
    if (place->password.n && !put_command(link, n, auth, on_greeted, link))
        return false;
    snprintf(number, sizeof(number), "%u", place->database);
    select[1] = str_of(number);
    return put_command(link, 2, select, on_ready, link);
}

/* ---- replies ------------------------------------------------------------------------- */

/* Replies come in the order of the commands. */
static void hand_out(struct redis_link *link, redisReply *reply)
{
    struct sent *sent;

    if (list_empty(&link->sent)) {
        if (link->channel.n)
            on_told(link, reply);
        else
            fail(link, "it answers what was not asked");
        return;
    }
    sent = LIST_ENTRY_OF(link->sent.next, struct sent, node);
    list_remove(&sent->node);
    watch_oldest(link);
    sent->answer(sent->owner, reply);
    free(sent);
}

/* All replies that are whole; until the connection ends. */
static void read_replies(struct redis_link *link)
{
    redisContext *redis = link->redis;
    void *reply = NULL;

    while (link->redis == redis) {
        if (redisGetReplyFromReader(redis, &reply) != REDIS_OK) {
            fail(link, redis->errstr);
            return;
        }
        if (reply == NULL)
            return;
        hand_out(link, reply);
        freeReplyObject(reply);
    }
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct redis_link *link = arg;

    (void)fd;
    (void)what;
    loop_tick(link->loop);
    link->reading = true;
    if (redisBufferRead(link->redis) != REDIS_OK)
        fail(link, link->redis->errstr);
    else
        read_replies(link);
    link->reading = false;
    if (link->gone)
        redisFree(link->gone);
    link->gone = NULL;
}

/* ---- connecting ---------------------------------------------------------------------- */

static void on_connected(struct redis_link *link)
{
    int fault = 0;
    socklen_t n = sizeof(fault);

    if (getsockopt(link->redis->fd, SOL_SOCKET, SO_ERROR, &fault, &n) != 0)
        fault = errno;
    if (fault) {
        fail(link, strerror(fault));
        return;
    }
    link->greeted = true;
    event_add(&link->read, NULL);
    if (!greet(link))
        fail(link, "no command could be sent");
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct redis_link *link = arg;

    (void)fd;
    (void)what;
    loop_tick(link->loop);
    if (!link->greeted)
        on_connected(link);
    else if (!flush(link))
        fail(link, link->redis->errstr);
}

static void connect_to(struct redis_link *link, const struct address *address)
{
    char buffer[ADDRESS_TEXT_MAX];
    struct text ip = text_in(buffer, sizeof(buffer) - 1);
    redisContext *redis;

    address_put_ip(&ip, address);
    buffer[text_str(&ip).n] = '\0';
    redis = redisConnectNonBlock(buffer, address->port);
    if (redis == NULL || redis->err) {
        fail(link, redis ? redis->errstr : "out of memory");
        if (redis)
            redisFree(redis);
        return;
    }
    link->redis = redis;
    link->state = LINK_CONNECTING;
    link->greeted = false;
    event_assign(&link->read, link->loop->base, redis->fd, EV_READ | EV_PERSIST,
                 on_readable, link);
    event_assign(&link->write, link->loop->base, redis->fd, EV_WRITE,
                 on_writable, link);
    event_add(&link->write, NULL);
    loop_timer_set(link->loop, &link->timer, REDIS_CONNECT_MS);
}

static void on_resolved(struct resolver *resolver,
                        const struct address *address, const char *why)
{
    struct redis_link *link =
        LIST_ENTRY_OF(resolver, struct redis_link, resolver);

    if (link->state != LINK_RESOLVING)
        return;
    timer_cancel(&link->timer);
    if (address)
        connect_to(link, address);
    else
        fail(link, why);
}

static void attempt(struct redis_link *link)
{
    struct address address;

    if (address_parse_ip(link->place->host, &address)) {
        address.port = link->place->port;
        connect_to(link, &address);
        return;
    }
    link->state = LINK_RESOLVING;
    loop_timer_set(link->loop, &link->timer, REDIS_CONNECT_MS);
    if (!resolver_ask(&link->resolver, link->place->host, link->place->port))
        fail(link, "no thread is left to resolve the name");
}

static void on_timer(struct timer *timer)
{
    struct redis_link *link = LIST_ENTRY_OF(timer, struct redis_link, timer);

    if (link->state == LINK_WAITING)
        attempt(link);
    else if (link->state == LINK_UP)
        fail(link, "no answer within 2 s");
    else if (link->state == LINK_RESOLVING)
        fail(link, "the name was not resolved within 2 s");
    else
        fail(link, "no connection within 2 s");
}

/* ---- life --------------------------------------------------------------------------------- */

struct redis_link *redis_link_new(struct loop *loop,
                                  const struct redis_place *place,
                                  struct str channel,
                                  const struct redis_link_ops *ops, void *owner)
{
    struct redis_link *link = memory_zeroed(1, sizeof(*link));

    link->loop = loop;
    link->place = place;
    link->channel = channel;
    link->ops = ops;
    link->owner = owner;
    link->retry_ms = REDIS_RETRY_FIRST_MS;
    list_init(&link->sent);
    timer_init(&link->timer, on_timer);
    if (!resolver_init(&link->resolver, loop, on_resolved)) {
        free(link);
        return NULL;
    }
    snprintf(link->why, sizeof(link->why), "it was not reached yet");
    link->state = LINK_WAITING;
    loop_timer_set(loop, &link->timer, 0);
    return link;
}

const char *redis_link_why(const struct redis_link *link)
{
    return link ? link->why : "there are no descriptors for it";
}

void redis_link_end(struct redis_link *link)
{
    if (link == NULL)
        return;
    link->ending = true;
    fail(link, "it ends");
    timer_end(&link->timer);
    resolver_end(&link->resolver);
    free(link);
}

/* ---- before a loop runs ------------------------------------------------------------------ */

static bool ask_now(redisContext *redis, int n, const char **words,
                    const size_t *sizes, struct error *error)
{
    redisReply *reply = redisCommandArgv(redis, n, words, sizes);
    bool ok = reply && reply->type != REDIS_REPLY_ERROR;

    if (!ok)
        error_set(error, "%.300s", reply ? reply->str : redis->errstr);
    if (reply)
        freeReplyObject(reply);
    return ok;
}

static bool greet_now(redisContext *redis, const struct redis_place *place,
                      struct error *error)
{
    const char *auth[3] = {"AUTH"};
    size_t sizes[3] = {4};
    char number[16];
    int n = 1;

    if (place->user.n) {
        auth[n] = place->user.p;
        sizes[n++] = place->user.n;
    }
    auth[n] = place->password.p;
    sizes[n++] = place->password.n;
    if (place->password.n && !ask_now(redis, n, auth, sizes, error))
        return false;
    snprintf(number, sizeof(number), "%u", place->database);
    return ask_now(redis, 2, (const char *[]){"SELECT", number},
                   (const size_t[]){6, strlen(number)}, error);
}

redisContext *redis_connect_now(const struct redis_place *place,
                                struct error *error)
{
    const struct timeval connect_time = {REDIS_CONNECT_MS / 1000, 0};
    const struct timeval command_time = {REDIS_COMMAND_MS / 1000, 0};
    char buffer[ADDRESS_TEXT_MAX];
    struct text ip = text_in(buffer, sizeof(buffer) - 1);
    struct address address;
    const char *why;
    redisContext *redis;

    if (!resolve_now(place->host, place->port, &address, &why)) {
        error_set(error, "%s", why);
        return NULL;
    }
    address_put_ip(&ip, &address);
    buffer[text_str(&ip).n] = '\0';
    redis = redisConnectWithTimeout(buffer, address.port, connect_time);
    if (redis == NULL || redis->err)
        error_set(error, "%s", redis ? redis->errstr : "out of memory");
    else if (redisSetTimeout(redis, command_time) == REDIS_OK &&
             greet_now(redis, place, error))
        return redis;
    if (redis)
        redisFree(redis);
    return NULL;
}
