/* SPDX-License-Identifier: Apache-2.0 */
#include "log/object.h"

#include <time.h>

enum {
    RANDOM_LEN = 8,
    HASH_BITS = 32,
    DIGITS = 36,
    /* Of a key beside prefix, account, region and name, twice where they
     * stand twice: at most. */
    KEY_REST = 160,
};

static const struct kind_words {
    const char *name;
    const char *before; /* the account in the name of a file */
    const char *test;   /* NULL: none */
    const char *logged; /* in the object of that name */
} kinds[LOG_KINDS] = {
    [ACCESS_LOG] = {"access log", "", "ELBAccessLogTestFile", "AccessLog"},
    [CONNECTION_LOG] = {"connection log", "conn_log_",
                        "ELBConnectionLogTestFile", "ConnectionLog"},
    [HEALTH_CHECK_LOG] = {"health check log", "health_check_log_",
                          "ELBHealthCheckLogTestFile", "HealthCheckLog"},
    [WAF_LOG] = {"WAF log", "", NULL, NULL},
};

const char *log_kind_name(enum log_kind kind)
{
    return kinds[kind].name;
}

/* ---- places --------------------------------------------------------------- */

bool log_place_equal(const struct log_place *a, const struct log_place *b)
{
    return a->kind == b->kind && str_eq(a->bucket, b->bucket) &&
           str_eq(a->prefix, b->prefix) && str_eq(a->account, b->account) &&
           str_eq(a->region, b->region) && str_eq(a->name, b->name) &&
           a->node.family == b->node.family &&
           memcmp(a->node.ip, b->node.ip, sizeof(a->node.ip)) == 0;
}

static struct str without_slashes(struct str s)
{
    while (s.n && s.p[0] == '/')
        s = str_make(s.p + 1, s.n - 1);
    while (s.n && s.p[s.n - 1] == '/')
        s.n--;
    return s;
}

/* "arn:aws-cn:s3:::BUCKET/PREFIX". */
void log_place_of_arn(struct log_place *place, struct str arn)
{
    struct str arn_word = str_cut(&arn, ':');
    struct str partition = arn.p ? str_cut(&arn, ':') : STR("");
    struct str service = arn.p ? str_cut(&arn, ':') : STR("");

    place->bucket = place->prefix = STR("");
    if (!str_eq(arn_word, STR("arn")) || !str_starts(partition, STR("aws")) ||
        !str_eq(service, STR("s3")) || arn.p == NULL)
        return;
    str_cut(&arn, ':');
    if (arn.p)
        str_cut(&arn, ':');
    if (arn.p == NULL)
        return;
    place->bucket = str_cut(&arn, '/');
    if (arn.p)
        place->prefix = without_slashes(arn);
}

bool log_is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == '\x7f')
            return false;
    }
    return true;
}

bool log_place_fits(const struct log_place *place)
{
    size_t twice = place->account.n + place->region.n + place->name.n;

    return place->bucket.n && place->bucket.n <= LOG_BUCKET_MAX &&
           log_is_plain(place->bucket) && log_is_plain(place->prefix) &&
           log_is_plain(place->name) &&
           memchr(place->bucket.p, '/', place->bucket.n) == NULL &&
           place->prefix.n + 2 * twice + KEY_REST <= LOG_KEY_MAX;
}

/* ---- times ---------------------------------------------------------------- */

int64_t log_window_end(int64_t seconds)
{
    return seconds - seconds % LOG_WINDOW_S + LOG_WINDOW_S;
}

static struct tm utc(int64_t seconds)
{
    time_t time = seconds;
    struct tm tm;

    if (gmtime_r(&time, &tm) == NULL)
        memset(&tm, 0, sizeof(tm));
    return tm;
}

/* "20260115T1235Z". */
static void put_stamp(struct text *t, int64_t seconds)
{
    struct tm tm = utc(seconds);

    text_printf(t, "%04d%02d%02dT%02d%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                tm.tm_mday, tm.tm_hour, tm.tm_min);
}

static void put_day(struct text *t, int64_t seconds)
{
    struct tm tm = utc(seconds);

    text_printf(t, "%04d/%02d/%02d/", tm.tm_year + 1900, tm.tm_mon + 1,
                tm.tm_mday);
}

static void put_minute(struct text *t, int64_t seconds)
{
    struct tm tm = utc(seconds);

    text_printf(t, "%02d/%02d/", tm.tm_hour, tm.tm_min);
}

/* ---- keys ----------------------------------------------------------------- */

static void put_begin(struct text *t, const struct log_place *place)
{
    struct str prefix = without_slashes(place->prefix);

    if (prefix.n) {
        text_str_put(t, prefix);
        text_char(t, '/');
    }
    text_printf(t, "AWSLogs/" STR_FMT "/", STR_ARG(place->account));
}

/* app/NAME/ID is app.NAME.ID there. */
static void put_name(struct text *t, struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        text_char(t, name.p[i] == '/' ? '.' : name.p[i]);
}

static void put_random(struct text *t, uint64_t random)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";

    for (unsigned i = 0; i < RANDOM_LEN; i++, random /= DIGITS)
        text_char(t, digits[random % DIGITS]);
}

static void put_balancer_key(struct text *t, const struct log_place *place,
                             int64_t end, uint64_t random)
{
    text_printf(t, "elasticloadbalancing/" STR_FMT "/", STR_ARG(place->region));
    put_day(t, end);
    text_printf(t, "%s" STR_FMT "_elasticloadbalancing_" STR_FMT "_",
                kinds[place->kind].before, STR_ARG(place->account),
                STR_ARG(place->region));
    put_name(t, place->name);
    text_char(t, '_');
    put_stamp(t, end);
    text_char(t, '_');
    address_put_ip(t, &place->node);
    text_char(t, '_');
    put_random(t, random);
    TEXT_LITERAL(t, ".log.gz");
}

static void put_waf_key(struct text *t, const struct log_place *place,
                        int64_t begin, uint64_t random)
{
    text_printf(t, "WAFLogs/" STR_FMT "/" STR_FMT "/", STR_ARG(place->region),
                STR_ARG(place->name));
    put_day(t, begin);
    put_minute(t, begin);
    text_printf(t, STR_FMT "_waflogs_" STR_FMT "_" STR_FMT "_",
                STR_ARG(place->account), STR_ARG(place->region),
                STR_ARG(place->name));
    put_stamp(t, begin);
    text_char(t, '_');
    text_hex(t, random >> HASH_BITS, HASH_BITS / 4);
    TEXT_LITERAL(t, ".log.gz");
}

void log_object_key(struct text *t, const struct log_place *place,
                    int64_t window_end, uint64_t random)
{
    put_begin(t, place);
    if (place->kind == WAF_LOG)
        put_waf_key(t, place, window_end - LOG_WINDOW_S, random);
    else
        put_balancer_key(t, place, window_end, random);
}

/* ---- the object that is put first ------------------------------------------ */

bool log_object_test_key(struct text *t, const struct log_place *place)
{
    if (kinds[place->kind].test == NULL)
        return false;
    put_begin(t, place);
    text_str_put(t, str_of(kinds[place->kind].test));
    return true;
}

void log_object_test_body(struct text *t, const struct log_place *place,
                          int64_t seconds)
{
    struct tm tm = utc(seconds);

    text_printf(
        t,
        "Enable %s for ELB: " STR_FMT " at %04d-%02d-%02dT%02d:%02d:%02d.000Z",
        kinds[place->kind].logged, STR_ARG(place->name), tm.tm_year + 1900,
        tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void log_object_resource(struct text *t, struct str bucket, struct str key)
{
    static const char mark[] = "AWSLogs/";
    const char *at = memmem(key.p, key.n, mark, sizeof(mark) - 1);
    const char *end = NULL;

    if (at) {
        at += sizeof(mark) - 1;
        end = memchr(at, '/', key.n - (size_t)(at - key.p));
    }
    text_printf(t, "arn:aws:s3:::" STR_FMT "/", STR_ARG(bucket));
    if (end)
        text_put(t, key.p, (size_t)(end + 1 - key.p));
    text_char(t, '*');
}
