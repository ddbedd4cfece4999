/* SPDX-License-Identifier: Apache-2.0 */
#include "base/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0,    0,
                                          0, 0, 0, 0, 0xff, 0xff};

/* Copies `s` as a C string; false when it does not fit or holds a NUL. */
static bool to_cstr(struct str s, char *buffer, size_t cap)
{
    if (s.n == 0 || s.n >= cap || memchr(s.p, '\0', s.n))
        return false;
    memcpy(buffer, s.p, s.n);
    buffer[s.n] = '\0';
    return true;
}

static void set_ipv6(struct address *a, const uint8_t ip[16])
{
    if (memcmp(ip, mapped_prefix, sizeof(mapped_prefix)) == 0) {
        a->family = 4;
        a->scope = 0;
        memcpy(a->ip, ip + sizeof(mapped_prefix), 4);
        return;
    }
    a->family = 6;
    memcpy(a->ip, ip, 16);
}

/* The zone of a link-local address: a number or the name of an interface
 * (RFC 4007 §11). */
static bool parse_zone(struct str zone, uint32_t *scope)
{
    char name[IF_NAMESIZE];
    uint64_t number;

    if (str_to_u64(zone, UINT32_MAX, &number))
        *scope = (uint32_t)number;
    else if (to_cstr(zone, name, sizeof(name)))
        *scope = if_nametoindex(name);
    else
        return false;
    return *scope != 0;
}

static bool parse_ipv6(struct str s, struct address *a)
{
    char ip[INET6_ADDRSTRLEN];
    struct str zone = s;
    struct in6_addr in6;
    struct address parsed = {.family = 0};

    s = str_cut(&zone, '%');
    if (zone.p && !parse_zone(zone, &parsed.scope))
        return false;
    if (!to_cstr(s, ip, sizeof(ip)) || inet_pton(AF_INET6, ip, &in6) != 1)
        return false;
    set_ipv6(&parsed, in6.s6_addr);
    *a = parsed;
    return true;
}

bool address_parse_ip(struct str s, struct address *a)
{
    char ip[INET_ADDRSTRLEN];
    struct in_addr in4;

    if (s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
        return parse_ipv6(str_make(s.p + 1, s.n - 2), a);
    if (s.n && memchr(s.p, ':', s.n))
        return parse_ipv6(s, a);
    if (!to_cstr(s, ip, sizeof(ip)) || inet_pton(AF_INET, ip, &in4) != 1)
        return false;
    *a = (struct address){.family = 4};
    memcpy(a->ip, &in4, 4);
    return true;
}

bool address_parse(struct str s, struct address *a)
{
    const char *colon = s.n ? memrchr(s.p, ':', s.n) : NULL;
    struct address parsed;
    struct str host;
    uint64_t port;

    if (colon == NULL)
        return false;
    host = str_make(s.p, (size_t)(colon - s.p));
    if (!str_to_u64(str_make(colon + 1, s.n - host.n - 1), UINT16_MAX, &port))
        return false;
    if (host.n == 0 || str_ieq(host, STR("localhost")))
        host = STR("127.0.0.1");
    /* "::1:80" could be an address without a port: brackets are needed. */
    if (host.p[0] != '[' && memchr(host.p, ':', host.n))
        return false;
    if (!address_parse_ip(host, &parsed))
        return false;
    parsed.port = (uint16_t)port;
    *a = parsed;
    return true;
}

bool address_equal(const struct address *a, const struct address *b)
{
    return a->family == b->family && a->port == b->port &&
           a->scope == b->scope &&
           memcmp(a->ip, b->ip, a->family == 4 ? 4 : 16) == 0;
}

bool address_is_any(const struct address *a)
{
    static const uint8_t any[sizeof(a->ip)];

    return memcmp(a->ip, any, a->family == 4 ? 4 : 16) == 0;
}

socklen_t address_to_sockaddr(const struct address *a,
                              struct sockaddr_storage *sa)
{
    struct sockaddr_in in4 = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

    memset(sa, 0, sizeof(*sa));
    if (a->family == 4) {
        in4.sin_port = htons(a->port);
        memcpy(&in4.sin_addr, a->ip, 4);
        memcpy(sa, &in4, sizeof(in4));
        return sizeof(in4);
    }
    in6.sin6_port = htons(a->port);
    in6.sin6_scope_id = a->scope;
    memcpy(&in6.sin6_addr, a->ip, 16);
    memcpy(sa, &in6, sizeof(in6));
    return sizeof(in6);
}

void address_from_sockaddr(const struct sockaddr *sa, struct address *a)
{
    struct sockaddr_in in4;
    struct sockaddr_in6 in6;

    *a = (struct address){.family = 0};
    if (sa->sa_family == AF_INET) {
        memcpy(&in4, sa, sizeof(in4));
        a->family = 4;
        memcpy(a->ip, &in4.sin_addr, 4);
        a->port = ntohs(in4.sin_port);
    } else if (sa->sa_family == AF_INET6) {
        memcpy(&in6, sa, sizeof(in6));
        a->scope = in6.sin6_scope_id;
        a->port = ntohs(in6.sin6_port);
        set_ipv6(a, in6.sin6_addr.s6_addr);
    }
}

static void put_ipv4(struct text *t, const uint8_t ip[4])
{
    for (unsigned i = 0; i < 4; i++) {
        if (i)
            text_char(t, '.');
        text_u64(t, ip[i]);
    }
}

void address_put_ip(struct text *t, const struct address *a)
{
    char ip[INET6_ADDRSTRLEN];

    if (a->family == 4) {
        put_ipv4(t, a->ip);
    } else if (a->family == 6 && inet_ntop(AF_INET6, a->ip, ip, sizeof(ip))) {
        text_str_put(t, str_of(ip));
        if (a->scope) {
            text_char(t, '%');
            text_u64(t, a->scope);
        }
    }
}

void address_put(struct text *t, const struct address *a)
{
    if (a->family == 6)
        text_char(t, '[');
    address_put_ip(t, a);
    if (a->family == 6)
        text_char(t, ']');
    text_char(t, ':');
    text_u64(t, a->port);
}
