/* SPDX-License-Identifier: Apache-2.0
 *
 * RedirectConfig (alb.md 2.4).
 */
#include "model/read.h"

struct input {
    const struct value *value;
    struct field status;
    struct field protocol;
    struct field host;
    struct field port;
    struct field path;
    struct field query;
};

#define AT(member) offsetof(struct input, member)

static const struct property properties[] = {
    {.name = "StatusCode",
     .kind = PROPERTY_STRING,
     .offset = AT(status),
     .flags = PROPERTY_REQUIRED,
     .example = "HTTP_301"},
    {.name = "Protocol",
     .kind = PROPERTY_STRING,
     .offset = AT(protocol),
     .min = 1,
     .example = "HTTPS"},
    {.name = "Host",
     .kind = PROPERTY_STRING,
     .offset = AT(host),
     .min = 1,
     .max = 128,
     .example = "\"#{host}\""},
    {.name = "Port",
     .kind = PROPERTY_STRING,
     .offset = AT(port),
     .min = 1,
     .example = "\"443\""},
    {.name = "Path",
     .kind = PROPERTY_STRING,
     .offset = AT(path),
     .min = 1,
     .max = 128,
     .example = "\"/#{path}\""},
    {.name = "Query",
     .kind = PROPERTY_STRING,
     .offset = AT(query),
     .max = 128,
     .example = "\"#{query}\""},
};

const struct schema redirect_schema = SCHEMA(properties, struct input);

/* ---- keywords ------------------------------------------------------------- */

enum part { PART_PROTOCOL, PART_HOST, PART_PORT, PART_PATH, PART_QUERY };

static const char *const part_names[] = {
    [PART_PROTOCOL] = "Protocol", [PART_HOST] = "Host",   [PART_PORT] = "Port",
    [PART_PATH] = "Path",         [PART_QUERY] = "Query",
};

#define IN(part) (1u << (part))

static const struct keyword {
    const char *name;
    unsigned parts; /* where it may stand */
} keywords[] = {
    {"#{protocol}", IN(PART_PROTOCOL) | IN(PART_QUERY)},
    {"#{host}", IN(PART_HOST) | IN(PART_PATH) | IN(PART_QUERY)},
    {"#{port}", IN(PART_PORT) | IN(PART_PATH) | IN(PART_QUERY)},
    {"#{path}", IN(PART_PATH) | IN(PART_QUERY)},
    {"#{query}", IN(PART_QUERY)},
};

enum { KEYWORDS = sizeof(keywords) / sizeof(*keywords) };

static const struct keyword *find_keyword(struct str word)
{
    for (unsigned i = 0; i < KEYWORDS; i++) {
        if (str_eq(str_of(keywords[i].name), word))
            return &keywords[i];
    }
    return NULL;
}

/* "#{host} or #{query}": what a part may have. */
static const char *list_keywords(const struct resource *resource,
                                 enum part part)
{
    const char *names[KEYWORDS + 1] = {NULL};
    unsigned n = 0;

    for (unsigned i = 0; i < KEYWORDS; i++) {
        if (keywords[i].parts & IN(part))
            names[n++] = keywords[i].name;
    }
    return resource_words(resource, STR(""), names) + 1;
}

static bool check_keyword(const struct resource *resource, enum part part,
                          const struct field *field, struct str word)
{
    const struct keyword *keyword = find_keyword(word);
    struct suggest near = suggest_for(word);
    struct str text = shown(word);

    if (keyword && keyword->parts & IN(part))
        return true;
    for (unsigned i = 0; i < KEYWORDS; i++)
        suggest_offer(&near, keywords[i].name);
    if (keyword)
        resource_error(resource, field_place(field),
                       "%s of a redirect cannot have " STR_FMT "\n%s",
                       part_names[part], STR_ARG(text),
                       list_keywords(resource, part));
    else if (suggest_best(&near))
        resource_error(resource, field_place(field),
                       "%s of a redirect has the unknown keyword \"" STR_FMT
                       "\"\ndid you mean %s?",
                       part_names[part], STR_ARG(text), suggest_best(&near));
    else
        resource_error(
            resource, field_place(field),
            "%s of a redirect has the unknown keyword \"" STR_FMT "\"\n%s",
            part_names[part], STR_ARG(text), list_keywords(resource, part));
    return false;
}

/* Checks the keywords of a text, and blanks them out in `*rest` (as long as
 * the text): what is left are its own characters. */
static bool check_keywords(const struct resource *resource, enum part part,
                           const struct field *field, struct str *rest)
{
    struct str text = field->text;
    char *own = region_take(resource->region, text.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        const char *end;
        size_t length;

        if (text.p[i] != '#' || i + 1 == text.n || text.p[i + 1] != '{') {
            own[n++] = text.p[i];
            continue;
        }
        end = memchr(text.p + i, '}', text.n - i);
        if (end == NULL) {
            resource_error(resource, field_place(field),
                           "%s of a redirect has a \"#{\" without \"}\"\n"
                           "close the keyword, as in #{host}",
                           part_names[part]);
            return false;
        }
        length = (size_t)(end - (text.p + i)) + 1;
        if (!check_keyword(resource, part, field, str_make(text.p + i, length)))
            return false;
        i += length - 1;
    }
    *rest = str_make(own, n);
    return true;
}

/* ---- characters ----------------------------------------------------------- */

/* The first character that is no letter, digit or one of `others`; NULL. */
static const char *find_other(struct str s, const char *others)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_alnum(s.p[i]) && strchr(others, s.p[i]) == NULL)
            return s.p + i;
    }
    return NULL;
}

/* What would break the Location field. */
static bool check_printable(const struct resource *resource, enum part part,
                            const struct field *field, struct str rest)
{
    for (size_t i = 0; i < rest.n; i++) {
        if (rest.p[i] > 0x20 && rest.p[i] < 0x7f)
            continue;
        resource_error(resource, field_place(field),
                       "%s of a redirect has a space, or a character that is "
                       "not ASCII\n%s",
                       part_names[part],
                       part == PART_PATH || part == PART_QUERY
                           ? "write it percent-encoded, as in %20"
                           : "leave it out");
        return false;
    }
    return true;
}

static void check_host(const struct resource *resource,
                       const struct field *field, struct str rest)
{
    const char *other = find_other(rest, "-._");

    if (other)
        resource_error(resource, field_place(field),
                       "Host of a redirect cannot have the character \"%c\"\n"
                       "write a host name alone: port and path have "
                       "properties of their own",
                       *other);
}

static void check_path(const struct resource *resource,
                       const struct field *field, struct str rest)
{
    const char *other = find_other(rest, "_-.$/~\"'@:+&*?");
    struct str text = shown(field->text);

    if (field->text.p[0] != '/')
        resource_error(
            resource, field_place(field),
            "Path of a redirect is \"" STR_FMT
            "\": it must begin with /\nwrite Path: \"/" STR_FMT "\"%s",
            STR_ARG(text), STR_ARG(text),
            str_starts(text, STR("#{path}")) ? "; #{path} has no / of its own"
                                             : "");
    else if (memchr(rest.p, '?', rest.n))
        resource_doubt(resource, field_place(field),
                       "Path of a redirect has a \"?\": the query follows it "
                       "with another one\nput what follows it into Query");
    else if (other)
        resource_doubt(resource, field_place(field),
                       "Path of a redirect has the character \"%c\", which "
                       "AWS does not take\nAWS takes letters, digits and "
                       "_ - . $ / ~ \" ' @ : + &",
                       *other);
}

static void check_query(const struct resource *resource,
                        const struct field *field)
{
    if (field->text.n && field->text.p[0] == '?')
        resource_error(resource, field_place(field),
                       "Query of a redirect begins with \"?\"\nleave it out: "
                       "it is put in front of a query that is not empty");
}

static void check_port(const struct resource *resource,
                       const struct field *field)
{
    struct str text = shown(field->text);
    uint64_t port;

    if (str_eq(field->text, STR("#{port}")) ||
        (str_to_u64(field->text, UINT16_MAX, &port) && port))
        return;
    resource_error(resource, field_place(field),
                   "Port of a redirect cannot be \"" STR_FMT
                   "\"\nwrite 1 to 65535, or \"#{port}\"",
                   STR_ARG(text));
}

static void check_protocol(const struct resource *resource,
                           const struct field *field,
                           const struct config_listener *listener)
{
    static const char *const words[] = {"HTTP", "HTTPS", "\"#{protocol}\"",
                                        NULL};
    struct str text = shown(field->text);

    if (str_eq(field->text, STR("HTTP"))) {
        if (listener->protocol == PROTOCOL_HTTPS)
            resource_refuse(resource, field_place(field),
                            "InvalidLoadBalancerAction",
                            "a redirect from HTTPS to HTTP is refused by AWS\n"
                            "write Protocol: HTTPS, or leave it out");
    } else if (!str_eq(field->text, STR("HTTPS")) &&
               !str_eq(field->text, STR("#{protocol}"))) {
        resource_error(resource, field_place(field),
                       "Protocol of a redirect cannot be \"" STR_FMT "\"%s",
                       STR_ARG(text),
                       resource_words(resource, field->text, words));
    }
}

/* ---- the whole ------------------------------------------------------------- */

static void check_part(const struct resource *resource, enum part part,
                       const struct field *field,
                       const struct config_listener *listener)
{
    struct str rest;

    if (!field->ok || !check_keywords(resource, part, field, &rest) ||
        !check_printable(resource, part, field, rest))
        return;
    switch (part) {
    case PART_PROTOCOL:
        check_protocol(resource, field, listener);
        break;
    case PART_HOST:
        check_host(resource, field, rest);
        break;
    case PART_PORT:
        check_port(resource, field);
        break;
    case PART_PATH:
        check_path(resource, field, rest);
        break;
    case PART_QUERY:
        check_query(resource, field);
        break;
    }
}

static unsigned read_status(const struct resource *resource,
                            const struct field *field)
{
    static const char *const words[] = {"HTTP_301", "HTTP_302", NULL};
    struct str text = shown(field->text);

    if (!field->ok || str_eq(field->text, STR("HTTP_301")))
        return 301;
    if (str_eq(field->text, STR("HTTP_302")))
        return 302;
    resource_error(resource, field_place(field),
                   "StatusCode of a redirect cannot be \"" STR_FMT "\"%s",
                   STR_ARG(text), resource_words(resource, field->text, words));
    return 301;
}

/* Whether the client would be sent where it is. */
static bool is_loop(const struct config_redirect *redirect,
                    const struct config_listener *listener)
{
    const char *protocol =
        listener->protocol == PROTOCOL_HTTPS ? "HTTPS" : "HTTP";
    uint64_t port;
    bool same_port = str_eq(redirect->port, STR("#{port}")) ||
                     (str_to_u64(redirect->port, UINT16_MAX, &port) &&
                      port == listener->port);

    return same_port && str_eq(redirect->host, STR("#{host}")) &&
           str_eq(redirect->path, STR("/#{path}")) &&
           (str_eq(redirect->protocol, STR("#{protocol}")) ||
            str_eq(redirect->protocol, str_of(protocol)));
}

static struct str text_or(struct build *build, const struct field *field,
                          const char *initial)
{
    return keep(build, field->ok ? field->text : str_of(initial));
}

void read_redirect(struct build *build, const struct resource *resource,
                   const struct config_listener *listener,
                   const struct field *config, struct config_redirect *redirect)
{
    const struct input *input = config->items;
    const struct field *parts[] = {&input->protocol, &input->host, &input->port,
                                   &input->path, &input->query};
    unsigned errors = resource->report->errors;

    redirect->status = read_status(resource, &input->status);
    for (unsigned i = 0; i < 5; i++)
        check_part(resource, (enum part)i, parts[i], listener);
    redirect->protocol = text_or(build, &input->protocol, "#{protocol}");
    redirect->host = text_or(build, &input->host, "#{host}");
    redirect->port = text_or(build, &input->port, "#{port}");
    redirect->path = text_or(build, &input->path, "/#{path}");
    redirect->query = text_or(build, &input->query, "#{query}");
    if (resource->report->errors == errors && is_loop(redirect, listener))
        resource_refuse(resource, field_place(config),
                        "InvalidLoadBalancerAction",
                        "the redirect leads to where it comes from, for ever\n"
                        "change Protocol, Host, Port or Path%s",
                        listener->protocol == PROTOCOL_HTTP
                            ? ", for example Protocol: HTTPS with Port: \"443\""
                            : "");
}
