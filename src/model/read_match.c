/* SPDX-License-Identifier: Apache-2.0
 *
 * The values that each kind of condition takes (alb.md 2.3).
 */
#include "base/cidr.h"
#include "model/read.h"

static bool only(const struct resource *resource, const char *field,
                 const struct field *value, const char *others,
                 const char *remedy)
{
    struct str text = shown(value->text);

    for (size_t i = 0; i < value->text.n; i++) {
        char c = value->text.p[i];

        if (is_alnum(c) || strchr(others, c))
            continue;
        if (c > 0x20 && c < 0x7f)
            resource_error(resource, field_place(value),
                           "%s \"" STR_FMT "\" has the character \"%c\", "
                           "which AWS does not take\n%s",
                           field, STR_ARG(text), c, remedy);
        else
            resource_error(resource, field_place(value),
                           "%s \"" STR_FMT "\" has a space, or a character "
                           "that is not printable ASCII\n%s",
                           field, STR_ARG(text), remedy);
        return false;
    }
    return true;
}

static void check_host(const struct resource *resource,
                       const struct field *value)
{
    struct str text = shown(value->text);
    const char *dot = memrchr(value->text.p, '.', value->text.n);
    const char *end = value->text.p + value->text.n;

    if (memchr(value->text.p, ':', value->text.n)) {
        resource_error(resource, field_place(value),
                       "host-header \"" STR_FMT "\" has a port\n"
                       "leave it out: the host is compared without its port",
                       STR_ARG(text));
        return;
    }
    if (!only(resource, "host-header", value, "-.*?",
              "AWS takes letters, digits and - . * ?"))
        return;
    if (dot == NULL) {
        resource_error(resource, field_place(value),
                       "host-header \"" STR_FMT
                       "\" has no dot, which AWS wants\n"
                       "write a whole name, such as www.example.com or "
                       "*.example.com",
                       STR_ARG(text));
        return;
    }
    for (const char *p = dot + 1; p < end; p++) {
        if ((*p >= '0' && *p <= '9') || *p == '-' || *p == '*' || *p == '?') {
            resource_error(resource, field_place(value),
                           "host-header \"" STR_FMT
                           "\" has \"%c\" after its last dot, where AWS takes "
                           "only letters\nend it with a top-level domain, as "
                           "in *.example.com",
                           STR_ARG(text), *p);
            return;
        }
    }
}

static void check_path(const struct resource *resource,
                       const struct field *value)
{
    struct str text = shown(value->text);

    if (memchr(value->text.p, '%', value->text.n)) {
        resource_error(resource, field_place(value),
                       "path-pattern \"" STR_FMT
                       "\" has the character \"%%\", which AWS does not take\n"
                       "match an encoded character with *, or use RegexValues",
                       STR_ARG(text));
        return;
    }
    if (!only(resource, "path-pattern", value, "_-.$/~\"'@:+&*?",
              "AWS takes letters, digits and _ - . $ / ~ \" ' @ : + & * ?"))
        return;
    if (!memchr("/*?", value->text.p[0], 3))
        resource_warning(resource, field_place(value),
                         "path-pattern \"" STR_FMT
                         "\" can never match: a path begins with /\n"
                         "write \"/" STR_FMT "\"",
                         STR_ARG(text), STR_ARG(text));
}

static void check_header(const struct resource *resource,
                         const struct field *value)
{
    struct str text = shown(value->text);

    for (size_t i = 0; i < value->text.n; i++) {
        if ((unsigned char)value->text.p[i] >= 0x20 && value->text.p[i] != 0x7f)
            continue;
        resource_error(resource, field_place(value),
                       "http-header value \"" STR_FMT
                       "\" has a control character\nleave it out",
                       STR_ARG(text));
        return;
    }
}

static void check_method(const struct resource *resource,
                         const struct field *value)
{
    struct str text = shown(value->text);
    bool lower = false;

    for (size_t i = 0; i < value->text.n; i++) {
        char c = value->text.p[i];

        lower |= c >= 'a' && c <= 'z';
        if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
            c == '_')
            continue;
        resource_error(resource, field_place(value),
                       "http-request-method cannot be \"" STR_FMT
                       "\"\nAWS takes capital letters, - and _, without "
                       "wildcards",
                       STR_ARG(text));
        return;
    }
    if (lower)
        resource_error(resource, field_place(value),
                       "http-request-method \"" STR_FMT
                       "\" has small letters: methods are compared with "
                       "their case\nwrite it in capital letters, such as GET",
                       STR_ARG(text));
}

static void refuse_cidr(const struct resource *resource,
                        const struct field *value, const char *remedy)
{
    struct str text = shown(value->text);

    resource_error(resource, field_place(value),
                   "source-ip \"" STR_FMT "\" is no block of addresses\n%s",
                   STR_ARG(text), remedy);
}

static const char *with_length(const struct resource *resource, struct str ip,
                               const struct address *address)
{
    return region_printf(resource->region, "write " STR_FMT "/%u", STR_ARG(ip),
                         address->family == 4 ? 32 : 128)
        .p;
}

static void check_source(const struct resource *resource,
                         const struct field *value)
{
    static const uint8_t broadcast[4] = {255, 255, 255, 255};
    struct address address;
    struct cidr cidr;

    if (cidr_parse(value->text, &cidr)) {
        if (cidr.bits == 32 && cidr.base.family == 4 &&
            memcmp(cidr.base.ip, broadcast, 4) == 0)
            resource_error(resource, field_place(value),
                           "source-ip 255.255.255.255/32 is refused by AWS\n"
                           "write the block of the clients that you mean");
    } else if (address_parse_ip(value->text, &address)) {
        refuse_cidr(resource, value,
                    with_length(resource, value->text, &address));
    } else {
        refuse_cidr(resource, value,
                    "write one such as 10.0.0.0/8 or 2001:db8::/32");
    }
}

void check_match(const struct resource *resource, enum condition_field field,
                 const struct field *value)
{
    switch (field) {
    case CONDITION_HOST:
        check_host(resource, value);
        break;
    case CONDITION_PATH:
        check_path(resource, value);
        break;
    case CONDITION_HEADER:
        check_header(resource, value);
        break;
    case CONDITION_METHOD:
        check_method(resource, value);
        break;
    case CONDITION_SOURCE_IP:
        check_source(resource, value);
        break;
    case CONDITION_QUERY:
        break; /* its values are pairs */
    }
}
