/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials.h"

#include <stdlib.h>

#include <openssl/crypto.h>

#include "base/memory.h"

/* It stands in a field of HTTP. */
static bool is_printable(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] >= 0x7f)
            return false;
    }
    return true;
}

static bool check(const char *what, struct str value, size_t max, bool wanted,
                  struct error *error)
{
    if (wanted && value.n == 0)
        return error_set(error, "there is no %s", what);
    if (value.n > max)
        return error_set(error, "the %s is longer than %zu bytes", what, max);
    if (!is_printable(value))
        return error_set(
            error, "the %s has a space or another character that none has",
            what);
    return true;
}

static struct str put(struct text *t, struct str s)
{
    size_t at = t->n;

    text_str_put(t, s);
    return str_make(t->p + at, s.n);
}

struct aws_credentials *
aws_credentials_new(const struct sigv4_credentials *keys, int64_t expires,
                    struct error *error)
{
    size_t n = keys->access_key.n + keys->secret.n + keys->token.n;
    struct aws_credentials *c;
    struct text t;

    if (!check("access key id", keys->access_key, CREDENTIALS_KEY_MAX, true,
               error) ||
        !check("secret access key", keys->secret, CREDENTIALS_SECRET_MAX, true,
               error) ||
        !check("session token", keys->token, CREDENTIALS_TOKEN_MAX, false,
               error))
        return NULL;
    c = memory_zeroed(1, sizeof(*c) + n);
    t = text_in(c->text, n);
    c->references = 1;
    c->expires = expires;
    c->n = n;
    c->keys.access_key = put(&t, keys->access_key);
    c->keys.secret = put(&t, keys->secret);
    c->keys.token = put(&t, keys->token);
    return c;
}

struct aws_credentials *aws_credentials_ref(struct aws_credentials *c)
{
    c->references++;
    return c;
}

void aws_credentials_unref(struct aws_credentials *c)
{
    if (c == NULL || --c->references > 0)
        return;
    OPENSSL_cleanse(c->text, c->n);
    free(c);
}

/* ---- times --------------------------------------------------------------- */

/* What stands behind the seconds: "Z", ".123Z", "+01:00". */
static bool read_offset(struct str s, int64_t *offset)
{
    uint64_t hours;
    uint64_t minutes;

    if (s.n && s.p[0] == '.') {
        do {
            s.p++;
            s.n--;
        } while (s.n && s.p[0] >= '0' && s.p[0] <= '9');
    }
    *offset = 0;
    if (str_ieq(s, STR("Z")))
        return true;
    if (s.n != 6 || (s.p[0] != '+' && s.p[0] != '-') || s.p[3] != ':' ||
        !str_to_u64(str_make(s.p + 1, 2), 23, &hours) ||
        !str_to_u64(str_make(s.p + 4, 2), 59, &minutes))
        return false;
    *offset = (int64_t)(hours * 3600 + minutes * 60);
    if (s.p[0] == '-')
        *offset = -*offset;
    return true;
}

bool aws_time_read(struct str text, int64_t *seconds)
{
    char date[SIGV4_DATE_LEN];
    struct text t = text_in(date, sizeof(date));
    int64_t offset;

    text = str_trim(text);
    if (text.n < 20 || text.p[4] != '-' || text.p[7] != '-' ||
        (text.p[10] != 'T' && text.p[10] != ' ') || text.p[13] != ':' ||
        text.p[16] != ':')
        return false;
    text_put(&t, text.p, 4);
    text_put(&t, text.p + 5, 2);
    text_put(&t, text.p + 8, 2);
    text_char(&t, 'T');
    text_put(&t, text.p + 11, 2);
    text_put(&t, text.p + 14, 2);
    text_put(&t, text.p + 17, 2);
    text_char(&t, 'Z');
    if (!sigv4_date_read(text_str(&t), seconds) ||
        !read_offset(str_make(text.p + 19, text.n - 19), &offset))
        return false;
    *seconds -= offset;
    return true;
}
