/* SPDX-License-Identifier: Apache-2.0 */
#include "store/redis_link.h"

enum { PORT = 6379, DATABASES = 1 << 16, KEY_MAX = 200 };

static bool refuse(struct error *error, struct str text, const char *why)
{
    /* Not the text itself, which may hold a password. */
    const char *at = text.n ? memrchr(text.p, '@', text.n) : NULL;
    struct str shown =
        at ? str_make(at + 1, (size_t)(text.p + text.n - at - 1)) : text;

    return error_set(error,
                     "--state redis://%s" STR_FMT ": %s; write "
                     "redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]"
                     "[?key=NAME]",
                     at ? "...@" : "", (int)(shown.n > 100 ? 100 : shown.n),
                     shown.p, why);
}

/* Takes what is before the first `mark` off the text; false when there is
 * none. */
static bool split(struct str *text, char mark, struct str *before)
{
    const char *at = text->n ? memchr(text->p, mark, text->n) : NULL;

    if (at == NULL)
        return false;
    *before = str_make(text->p, (size_t)(at - text->p));
    *text = str_make(at + 1, text->n - before->n - 1);
    return true;
}

/* Percent-encoding undone: passwords have any bytes. */
static struct str decoded(struct region *region, struct str text)
{
    char *out = region_take(region, text.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        bool coded = text.p[i] == '%' && i + 2 < text.n &&
                     hex_digit(text.p[i + 1]) >= 0 &&
                     hex_digit(text.p[i + 2]) >= 0;

        out[n++] = coded ? (char)(hex_digit(text.p[i + 1]) * 16 +
                                  hex_digit(text.p[i + 2]))
                         : text.p[i];
        i += coded ? 2 : 0;
    }
    return str_make(out, n);
}

static void read_user(struct redis_place *place, struct region *region,
                      struct str user)
{
    struct str name;

    if (split(&user, ':', &name)) {
        place->user = decoded(region, name);
        place->password = decoded(region, user);
    } else {
        place->password = decoded(region, user);
    }
}

/* HOST, HOST:PORT, [IPV6] or [IPV6]:PORT. */
static const char *read_host(struct redis_place *place, struct region *region,
                             struct str text)
{
    struct str host;
    uint64_t port = PORT;

    if (text.n && text.p[0] == '[') {
        if (!split(&text, ']', &host))
            return "the address has no \"]\"";
        host = str_make(host.p + 1, host.n - 1);
        if (text.n && text.p[0] == ':')
            text = str_make(text.p + 1, text.n - 1);
    } else if (!split(&text, ':', &host)) {
        host = text;
        text = STR("");
    }
    if (host.n == 0)
        return "there is no host";
    if (text.n && (!str_to_u64(text, UINT16_MAX, &port) || port == 0))
        return "the port is no number from 1 to 65535";
    place->host = region_copy(region, host);
    place->port = (uint16_t)port;
    return NULL;
}

static const char *read_rest(struct redis_place *place, struct region *region,
                             struct str database, struct str query)
{
    uint64_t number = 0;

    if (database.n && !str_to_u64(database, DATABASES, &number))
        return "the database is no number";
    place->database = (unsigned)number;
    place->key = STR("sluice");
    if (query.n == 0)
        return NULL;
    if (!str_starts(query, STR("key=")) || query.n == 4)
        return "behind \"?\" only key=NAME may stand";
    if (query.n > KEY_MAX)
        return "the key is longer than 196 characters";
    place->key = region_copy(region, str_make(query.p + 4, query.n - 4));
    return NULL;
}

bool redis_place_read(struct str text, struct redis_place *place,
                      struct region *region, struct error *error)
{
    struct str rest = text;
    struct str host;
    struct str path = STR("");
    struct str query = STR("");
    struct str before;
    const char *at;
    const char *why;

    *place = (struct redis_place){.database = 0};
    if (str_starts(text, STR("rediss://")))
        return error_set(error,
                         "--state rediss://...: Sluice speaks to Redis without "
                         "TLS only; write redis:// and put a tunnel (stunnel, "
                         "a sidecar) between the two");
    if (!str_starts(text, STR("redis://")))
        return error_set(error, "--state: it does not begin with redis://");
    rest = str_make(rest.p + 8, rest.n - 8);
    text = rest;
    at = rest.n ? memrchr(rest.p, '@', rest.n) : NULL;
    if (at) {
        read_user(place, region, str_make(rest.p, (size_t)(at - rest.p)));
        rest = str_make(at + 1, (size_t)(rest.p + rest.n - at - 1));
    }
    if (split(&rest, '?', &before)) {
        query = rest;
        rest = before;
    }
    host = rest;
    if (split(&rest, '/', &host))
        path = rest;
    why = read_rest(place, region, path, query);
    if (why == NULL)
        why = read_host(place, region, host);
    if (why)
        return refuse(error, text, why);
    place->name =
        region_printf(region, "redis://" STR_FMT ":%u/%u", STR_ARG(place->host),
                      place->port, place->database);
    return true;
}
