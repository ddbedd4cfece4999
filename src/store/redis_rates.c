/* SPDX-License-Identifier: Apache-2.0 */
#include "store/redis_rates.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"
#include "store/redis_link.h"

enum {
    OTHERS_MAX = 256,
    KEY_MAX = 512,
};

/* KEYS: the set of nodes of an instance.  ARGV: this node, what it has.  The
 * answer: what the others have. */
static const char script[] =
    "local k, me = KEYS[1], ARGV[1]\n"
    "redis.call('SET', k .. ':' .. me, ARGV[2], 'PX', 5000)\n"
    "redis.call('SADD', k, me)\n"
    "redis.call('PEXPIRE', k, 60000)\n"
    "local out = {}\n"
    "for _, node in ipairs(redis.call('SMEMBERS', k)) do\n"
    "  if node ~= me then\n"
    "    local v = redis.call('GET', k .. ':' .. node)\n"
    "    if v then out[#out + 1] = v\n"
    "    else redis.call('SREM', k, node) end\n"
    "  end\n"
    "end\n"
    "return out\n";

/* An instance that an answer is awaited of. */
struct asked {
    struct list list;
    struct redis_rates *rates;
    uint64_t number;
};

struct redis_rates {
    struct region region;
    struct redis_place place;
    struct redis_link *link;
    char node[16];
    redis_rates_answer *answer;
    void *owner;
    struct list asked;
};

/* The link of the store says in the log what becomes of Redis. */
static void on_up(void *owner)
{
    (void)owner;
}

static void on_down(void *owner, const char *why)
{
    (void)owner;
    (void)why;
}

static const struct redis_link_ops link_ops = {.up = on_up, .down = on_down};

static void name_node(struct redis_rates *rates)
{
    struct text t = text_in(rates->node, sizeof(rates->node));
    struct random random;

    random_seed(&random);
    text_hex(&t, random_u64(&random), 16);
}

struct redis_rates *redis_rates_new(struct loop *loop, const char *where,
                                    redis_rates_answer *answer, void *owner,
                                    struct error *error)
{
    struct redis_rates *rates = memory_zeroed(1, sizeof(*rates));

    rates->answer = answer;
    rates->owner = owner;
    list_init(&rates->asked);
    name_node(rates);
    if (redis_place_read(str_of(where), &rates->place, &rates->region, error)) {
        rates->link =
            redis_link_new(loop, &rates->place, STR(""), &link_ops, rates);
        if (rates->link == NULL)
            error_set(error, "no descriptor is left for Redis");
    }
    if (rates->link)
        return rates;
    redis_rates_free(rates);
    return NULL;
}

void redis_rates_free(struct redis_rates *rates)
{
    if (rates == NULL)
        return;
    if (rates->link)
        redis_link_end(rates->link);
    region_end(&rates->region);
    free(rates);
}

static void tell(const struct asked *asked, const redisReply *reply)
{
    struct str others[OTHERS_MAX];
    unsigned n = 0;

    for (size_t i = 0; i < reply->elements && n < OTHERS_MAX; i++) {
        const redisReply *one = reply->element[i];

        if (one->type == REDIS_REPLY_STRING)
            others[n++] = str_make(one->str, one->len);
    }
    asked->rates->answer(asked->rates->owner, asked->number, n, others);
}

/* Comes once for each command that was sent. */
static void on_answer(void *owner, const redisReply *reply)
{
    struct asked *asked = owner;

    list_remove(&asked->list);
    if (reply && reply->type == REDIS_REPLY_ARRAY)
        tell(asked, reply);
    free(asked);
}

static bool is_asked(const struct redis_rates *rates, uint64_t number)
{
    for (const struct list *l = rates->asked.next; l != &rates->asked;
         l = l->next) {
        if (LIST_ENTRY_OF(l, const struct asked, list)->number == number)
            return true;
    }
    return false;
}

static bool ask(struct redis_rates *rates, uint64_t number, struct str key,
                struct str packed)
{
    struct asked *asked = memory_zeroed(1, sizeof(*asked));
    const struct str words[] = {
        STR("EVAL"),
        str_of(script),
        STR("1"),
        key,
        str_make(rates->node, sizeof(rates->node)),
        packed,
    };

    asked->rates = rates;
    asked->number = number;
    list_push_back(&rates->asked, &asked->list);
    if (redis_link_send(rates->link, sizeof(words) / sizeof(*words), words,
                        on_answer, asked))
        return true;
    list_remove(&asked->list);
    free(asked);
    return false;
}

bool redis_rates_exchange(struct redis_rates *rates, uint64_t number,
                          struct str packed)
{
    char buffer[KEY_MAX];
    struct text key = text_in(buffer, sizeof(buffer));

    if (!redis_link_is_up(rates->link) || is_asked(rates, number))
        return false;
    text_str_put(&key, rates->place.key);
    TEXT_LITERAL(&key, ":rates:");
    text_hex(&key, number, 16);
    return text_ok(&key) && ask(rates, number, text_str(&key), packed);
}
