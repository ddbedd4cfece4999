/* SPDX-License-Identifier: Apache-2.0 */
#include "api/guard.h"

enum { HOST_SHOWN = 100 };

bool guard_is_loopback(const struct address *a)
{
    static const uint8_t one[16] = {[15] = 1};

    if (a->family == 4)
        return a->ip[0] == 127;
    return a->family == 6 && memcmp(a->ip, one, sizeof(one)) == 0;
}

/* The name of "name[:port]", without one full stop at its end. */
static struct str name_of(struct str host)
{
    size_t n = host.n;

    if (n && host.p[0] == '[') {
        const char *end = memchr(host.p, ']', n);

        return end ? str_make(host.p, (size_t)(end - host.p) + 1) : host;
    }
    host = str_cut(&host, ':');
    if (host.n && host.p[host.n - 1] == '.')
        host.n--;
    return host;
}

static bool is_ours(const struct address *bound, struct str host)
{
    struct str name = name_of(host);
    struct str end = STR(".localhost");
    struct address ip;

    if (str_ieq(name, STR("localhost")))
        return true;
    if (name.n > end.n &&
        str_ieq(str_make(name.p + name.n - end.n, end.n), end))
        return true;
    if (!address_parse_ip(name, &ip))
        return false;
    ip.port = bound->port;
    return guard_is_loopback(&ip) || address_equal(&ip, bound);
}

static void put_shown(struct text *why, struct str s)
{
    for (size_t i = 0; i < s.n && i < HOST_SHOWN; i++)
        text_char(why, s.p[i] > ' ' && s.p[i] < 0x7f ? s.p[i] : '?');
}

/* "http://HOST" or "https://HOST" of the host that was asked. */
static bool same_origin(struct str origin, struct str host)
{
    struct str http = STR("http://");
    struct str https = STR("https://");
    size_t skip = str_istarts(origin, https)  ? https.n
                  : str_istarts(origin, http) ? http.n
                                              : 0;

    return skip && str_ieq(str_make(origin.p + skip, origin.n - skip), host);
}

static bool is_for_everybody(const struct guard_request *request)
{
    struct str path = request->path;

    return str_eq(request->method, STR("GET")) &&
           str_eq(str_cut(&path, '?'), STR("/healthz"));
}

bool guard_passes(const struct address *bound,
                  const struct guard_request *request, struct text *why)
{
    if (guard_is_loopback(bound) && !is_ours(bound, request->host)) {
        TEXT_LITERAL(why, "the Host \"");
        put_shown(why, request->host);
        TEXT_LITERAL(why, "\" is no name of this machine, so this may be a web "
                          "page whose name was made to point here (DNS "
                          "rebinding): use http://localhost, *.localhost or "
                          "127.0.0.1");
        return false;
    }
    if (is_for_everybody(request))
        return true;
    if (request->origin.p && !same_origin(request->origin, request->host)) {
        TEXT_LITERAL(why, "the Origin \"");
        put_shown(why, request->origin);
        TEXT_LITERAL(why, "\" is a web page of another site: pages may not use "
                          "this API; programs that are no browsers send no "
                          "Origin");
        return false;
    }
    if (request->fetch_site.p &&
        !str_eq(request->fetch_site, STR("same-origin")) &&
        !str_eq(request->fetch_site, STR("none"))) {
        TEXT_LITERAL(why, "Sec-Fetch-Site is \"");
        put_shown(why, request->fetch_site);
        TEXT_LITERAL(why, "\": a web page of another site sent this, and pages "
                          "may not use this API");
        return false;
    }
    return true;
}
