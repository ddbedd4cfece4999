/* SPDX-License-Identifier: Apache-2.0 */
#include "waf/seen.h"

#define TOKEN_NAME "aws-waf-token"

struct str waf_account(const struct config_web_acl *acl)
{
    struct str rest = acl->entity.arn;

    for (unsigned i = 0; i < 4; i++)
        str_cut(&rest, ':');
    return str_cut(&rest, ':');
}

struct str waf_seen_country(const struct waf_seen *seen)
{
    struct str country = str_of(seen->place.country);

    return country.n == 0 || str_eq(country, STR("XX")) ? STR("-") : country;
}

unsigned waf_seen_status(const struct waf_seen *seen)
{
    const struct waf_result *result = seen->result;

    switch (result->action) {
    case WAF_CAPTCHA:
        return 405;
    case WAF_CHALLENGE:
        return 202;
    case WAF_BLOCK:
        return result->details ? result->details->status : 0;
    default:
        return 0;
    }
}

static bool has_token(struct str cookies)
{
    while (cookies.p) {
        struct str cookie = str_cut(&cookies, ';');

        if (str_eq(str_trim(str_cut(&cookie, '=')), STR(TOKEN_NAME)))
            return true;
    }
    return false;
}

struct str waf_seen_token(const struct waf_seen *seen)
{
    const struct fields *fs = seen->request->fields;

    for (unsigned i = 0; i < fs->n; i++) {
        if (str_ieq(field_name(fs, &fs->v[i]), STR("cookie")) &&
            has_token(field_value(fs, &fs->v[i])))
            return STR("TOKEN_INVALID");
    }
    return STR("TOKEN_MISSING");
}

struct str waf_seen_version(const struct waf_seen *seen)
{
    switch (seen->request->version) {
    case 9:
        return STR("HTTP/0.9");
    case 10:
        return STR("HTTP/1.0");
    case 11:
        return STR("HTTP/1.1");
    default:
        return STR("HTTP/2.0");
    }
}

bool waf_seen_adds_host(const struct waf_seen *seen)
{
    const struct fields *fs = seen->request->fields;

    if (seen->request->version < REQUEST_HTTP_2 || seen->request->host.n == 0)
        return false;
    for (unsigned i = 0; i < fs->n; i++) {
        if (str_ieq(field_name(fs, &fs->v[i]), STR("host")))
            return false;
    }
    return true;
}

struct str waf_action_word(enum waf_action_type action)
{
    return str_of(waf_action_words[action]);
}
