/* SPDX-License-Identifier: Apache-2.0 */
#include "store/open.h"

#include <string.h>

#include "base/suggest.h"
#include "store/memory.h"
#include "store/redis.h"
#include "store/sqlite.h"

static bool is_memory(const char *where)
{
    return strcmp(where, STORE_MEMORY) == 0;
}

static bool is_redis(const char *where)
{
    return str_istarts(str_of(where), STR("redis://")) ||
           str_istarts(str_of(where), STR("rediss://"));
}

/* A bare word is more likely a mistake than a file. */
static bool is_file(const char *where)
{
    return where[0] && (strchr(where, '/') || strchr(where, '.')) &&
           strstr(where, "://") == NULL;
}

bool store_is_shared(const char *where)
{
    return where && is_redis(where);
}

bool store_spec_check(const char *where, struct error *error)
{
    struct suggest near = suggest_for(str_of(where));

    if (is_redis(where))
        return redis_store_check(where, error);
    if (is_memory(where) || is_file(where))
        return true;
    suggest_offer(&near, STORE_MEMORY);
    return error_set(error,
                     "--state \"%.200s\": must be FILE.sqlite, memory or "
                     "redis://HOST[:PORT]%s",
                     where,
                     suggest_best(&near) ? "; did you mean memory?" : "");
}

struct store *store_open(const struct store_open_options *options,
                         struct document **found, struct error *error)
{
    *found = NULL;
    if (!store_spec_check(options->where, error))
        return NULL;
    if (is_memory(options->where))
        return memory_store_open(options, found, error);
    if (is_redis(options->where))
        return redis_store_open(options, found, error);
    return sqlite_store_open(options, found, error);
}

bool store_read(const char *where, struct document **found, struct error *error)
{
    *found = NULL;
    if (!store_spec_check(where, error))
        return false;
    if (is_memory(where))
        return error_set(error, "--state memory is read from the Sluice that "
                                "runs: use --api ADDRESS:PORT");
    if (is_redis(where))
        return redis_store_read(where, found, error);
    return sqlite_store_read(where, found, error);
}
