/* SPDX-License-Identifier: Apache-2.0
 *
 * Credentials as others write them.
 */
#include "aws/credentials.h"
#include "aws/xml_read.h"
#include "model/json.h"

static struct str text_of(const struct value *map, const char *key)
{
    const struct value *v = value_get(map, str_of(key));

    return v && value_is_scalar(v) ? v->text : STR("");
}

static struct aws_credentials *make(struct sigv4_credentials keys,
                                    struct str until, struct error *error)
{
    int64_t expires = 0;

    if (until.n && !aws_time_read(until, &expires)) {
        error_set(error, "Expiration is no time");
        return NULL;
    }
    return aws_credentials_new(&keys, expires, error);
}

/* A metadata service answers 200 and says in Code that there are none. */
static bool check_code(const struct value *map, struct error *error)
{
    struct str code = text_of(map, "Code");
    struct str message = text_of(map, "Message");

    return code.n == 0 || str_eq(code, STR("Success")) ||
           error_set(
               error, "its Code is \"" STR_FMT "\"%s" STR_FMT,
               STR_ARG(str_make(code.p, code.n < 64 ? code.n : 64)),
               message.n ? ": " : "",
               STR_ARG(str_make(message.p, message.n < 200 ? message.n : 200)));
}

static struct aws_credentials *read_map(const struct value *map, bool process,
                                        struct error *error)
{
    const char *token = process ? "SessionToken" : "Token";

    if (process && !str_eq(text_of(map, "Version"), STR("1"))) {
        error_set(error, "Version is not 1");
        return NULL;
    }
    if (!process && !check_code(map, error))
        return NULL;
    return make((struct sigv4_credentials){text_of(map, "AccessKeyId"),
                                           text_of(map, "SecretAccessKey"),
                                           text_of(map, token)},
                text_of(map, "Expiration"), error);
}

struct aws_credentials *aws_credentials_of_json(struct str text, bool process,
                                                struct error *error)
{
    struct region region = {NULL};
    struct aws_credentials *c = NULL;
    struct error ignored; /* it may quote what it does not understand */
    size_t used;
    const struct value *map = json_value_read(&region, text, &used, &ignored);

    if (map == NULL || map->kind != VALUE_MAP)
        error_set(error, "it is no object of JSON");
    else
        c = read_map(map, process, error);
    region_forget(&region);
    return c;
}

struct aws_credentials *aws_credentials_of_sts(struct str answer,
                                               struct str action,
                                               struct error *error)
{
    struct region region = {NULL};
    struct str path =
        region_printf(&region, STR_FMT "Response/" STR_FMT "Result/Credentials",
                      STR_ARG(action), STR_ARG(action));
    struct xml_element e;
    struct aws_credentials *c = NULL;

    if (!xml_read_find(answer, path.p, &e))
        error_set(error, "STS answered without Credentials");
    else
        c = make(
            (struct sigv4_credentials){
                xml_read_text(&region, e.inside, "AccessKeyId"),
                xml_read_text(&region, e.inside, "SecretAccessKey"),
                xml_read_text(&region, e.inside, "SessionToken")},
            xml_read_text(&region, e.inside, "Expiration"), error);
    region_forget(&region);
    return c;
}
