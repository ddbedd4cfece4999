/* SPDX-License-Identifier: Apache-2.0 */
#include "model/local.h"

#include "model/local_address.h"
#include "model/schema.h"

enum { PORTS_SHOWN_MAX = 20 };

/* ---- addresses ----------------------------------------------------------- */

static const char *address_fault(struct str s)
{
    uint64_t port;
    struct address ip;
    const char *colon = s.n ? memrchr(s.p, ':', s.n) : NULL;

    if (s.n == 0)
        return "there is no address, such as 127.0.0.1:3000";
    if (str_to_u64(s, UINT16_MAX, &port))
        return "a port alone needs a colon before it, such as :3000";
    if (s.p[0] != '[' && memchr(s.p, ':', s.n) != colon)
        return "an IPv6 address needs brackets and a port, such as [::1]:3000";
    if (address_parse_ip(s, &ip) || colon == NULL)
        return "the port is missing, such as in 127.0.0.1:3000";
    if (!str_to_u64(str_make(colon + 1, (size_t)(s.p + s.n - colon - 1)),
                    UINT16_MAX, &port))
        return "the port is no number from 1 to 65535";
    return "the host is no IPv4 or [IPv6] address and not localhost; names "
           "are not looked up, so write its address";
}

bool local_address(struct str text, struct address *address, const char **fault)
{
    struct address parsed;

    if (!address_parse(text, &parsed)) {
        *fault = address_fault(text);
        return false;
    }
    if (parsed.port == 0) {
        *fault = "the port is no number from 1 to 65535";
        return false;
    }
    *address = parsed;
    return true;
}

/* ---- where a load balancer listens --------------------------------------- */

static bool read_bind(const struct value *value, struct address *bind)
{
    struct str text = value->text;

    if (!value_is_scalar(value))
        return false;
    if (str_ieq(text, STR("localhost")))
        text = STR("127.0.0.1");
    return address_parse_ip(text, bind);
}

static void bad_bind(const struct value *value,
                     const struct config_load_balancer *balancer,
                     struct report *report)
{
    struct str given = shown(value->text);

    if (value->kind == VALUE_UNKNOWN)
        report_error(report, &value->place,
                     "Bind of load balancer " STR_FMT " is not known here: "
                     "" STR_FMT "\nwrite an IP address such as 0.0.0.0",
                     STR_ARG(balancer->id), STR_ARG(given));
    else if (!value_is_scalar(value))
        report_error(report, &value->place,
                     "Bind of load balancer " STR_FMT " is %s\n"
                     "write an IP address such as 0.0.0.0 or ::1",
                     STR_ARG(balancer->id), value_kind_name(value->kind));
    else
        report_error(report, &value->place,
                     "Bind of load balancer " STR_FMT " is \"" STR_FMT "\", "
                     "which is no IP address\n"
                     "write one such as 0.0.0.0 or ::1, without a port",
                     STR_ARG(balancer->id), STR_ARG(given));
}

/* The address that the listeners of a load balancer listen on; a wrong Bind is
 * told once, and whether or not --bind overrules it. */
static void bind_balancer(const struct config *config,
                          const struct config_load_balancer *balancer,
                          const struct value *hint, const struct local *local,
                          struct report *report)
{
    struct address bind = {.family = 4, .ip = {127, 0, 0, 1}};

    if (hint && !read_bind(hint, &bind))
        bad_bind(hint, balancer, report);
    if (local->bind.family)
        bind = local->bind;
    bind.port = 0;
    config->load_balancers[balancer->index]->bind = bind;
    for (unsigned i = 0; i < config->nlisteners; i++) {
        if (config->listeners[i]->load_balancer == balancer)
            config->listeners[i]->bind = bind;
    }
}

/* ---- ports ---------------------------------------------------------------- */

const struct local_port *local_find_port(const struct local *local,
                                         uint16_t port)
{
    for (unsigned i = 0; i < local->nports; i++) {
        if (local->ports[i].listener == port)
            return &local->ports[i];
    }
    return NULL;
}

static bool read_port(const struct value *value,
                      const struct config_listener *listener, uint16_t *port,
                      struct report *report)
{
    struct str given = shown(value->text);
    uint64_t number;

    if (value_is_scalar(value) &&
        str_to_u64(value->text, UINT16_MAX, &number)) {
        *port = (uint16_t)number;
        return true;
    }
    if (value->kind == VALUE_UNKNOWN)
        report_error(report, &value->place,
                     "LocalPort of listener " STR_FMT " is not known here: "
                     "" STR_FMT "\nwrite a number",
                     STR_ARG(listener->id), STR_ARG(given));
    else if (!value_is_scalar(value))
        report_error(report, &value->place,
                     "LocalPort of listener " STR_FMT " is %s\n"
                     "write a port such as 8080",
                     STR_ARG(listener->id), value_kind_name(value->kind));
    else
        report_error(report, &value->place,
                     "LocalPort of listener " STR_FMT " is \"" STR_FMT "\": "
                     "a port is 1 to 65535\nwrite a port such as 8080, or 0 "
                     "for any that is free",
                     STR_ARG(listener->id), STR_ARG(given));
    return false;
}

/* Its own port, moved by --port-offset. */
static uint16_t shifted_port(const struct config_listener *listener,
                             const struct local *local, struct report *report)
{
    uint64_t port = (uint64_t)listener->port + local->port_offset;

    if (listener->port == 0 || port <= UINT16_MAX)
        return (uint16_t)(listener->port ? port : 0);
    report_error(report, &listener->place,
                 "port %u of listener " STR_FMT " and --port-offset %u make "
                 "%llu, above 65535\n"
                 "use a smaller --port-offset, or give this one a port of its "
                 "own: --port %u=8080",
                 listener->port, STR_ARG(listener->id), local->port_offset,
                 (unsigned long long)port, listener->port);
    return listener->port;
}

static void choose_port(struct config_listener *listener,
                        const struct value *hint, const struct local *local,
                        struct report *report)
{
    const struct local_port *given = local_find_port(local, listener->port);
    uint16_t port = listener->port;
    bool hinted = hint && read_port(hint, listener, &port, report);

    if (given)
        listener->bind.port = given->local;
    else if (hinted)
        listener->bind.port = port;
    else
        listener->bind.port = shifted_port(listener, local, report);
}

static bool has_port(const struct config *config, uint16_t port)
{
    for (unsigned i = 0; i < config->nlisteners; i++) {
        if (config->listeners[i]->port == port)
            return true;
    }
    return false;
}

static void put_ports(struct text *t, const struct config *config)
{
    unsigned n = 0;

    for (unsigned i = 0; i < config->nlisteners && n < PORTS_SHOWN_MAX; i++) {
        uint16_t port = config->listeners[i]->port;
        bool before = false;

        for (unsigned j = 0; j < i; j++)
            before |= config->listeners[j]->port == port;
        if (before)
            continue;
        text_printf(t, "%s%u", n ? ", " : "", port);
        n++;
    }
}

/* Where the API makes listeners one may come; but where there are some
 * already it may be mistyped. */
static void no_such_port(const struct local_port *given, struct str ports,
                         const struct local *local, struct report *report)
{
    if (!local->listeners_come)
        report_error(
            report, NULL, "--port %u=%u: no listener has port %u\n%s" STR_FMT,
            given->listener, given->local, given->listener,
            ports.n ? "the listeners have " : "there is none", STR_ARG(ports));
    else if (ports.n)
        report_partly(report, NULL,
                      "--port %u=%u: no listener has port %u yet, the "
                      "listeners have " STR_FMT
                      "\nit is kept for those that the API makes",
                      given->listener, given->local, given->listener,
                      STR_ARG(ports));
}

/* --port of no listener, or twice of one. */
static void check_ports(const struct config *config, const struct local *local,
                        struct report *report)
{
    char buffer[256];
    struct text ports = text_in(buffer, sizeof(buffer));

    put_ports(&ports, config);
    for (unsigned i = 0; i < local->nports; i++) {
        const struct local_port *given = &local->ports[i];
        const struct local_port *first =
            local_find_port(local, given->listener);

        if (first != given)
            report_error(report, NULL,
                         "--port %u=%u: port %u has --port %u=%u already\n"
                         "leave one of them out",
                         given->listener, given->local, given->listener,
                         first->listener, first->local);
        else if (!has_port(config, given->listener) && !local->again)
            no_such_port(given, text_str(&ports), local, report);
    }
}

/* ---- all ------------------------------------------------------------------ */

void local_apply_listeners(struct config *config,
                           const struct local_hints *hints,
                           const struct local *local, struct report *report)
{
    unsigned errors = report->errors;

    for (unsigned i = 0; i < config->nload_balancers; i++)
        bind_balancer(config, config->load_balancers[i],
                      hints->balancers ? hints->balancers[i].bind : NULL, local,
                      report);
    for (unsigned i = 0; i < config->nlisteners; i++)
        choose_port(config->listeners[i],
                    hints->listeners ? hints->listeners[i].local_port : NULL,
                    local, report);
    check_ports(config, local, report);
    if (report->errors == errors)
        local_apply_addresses(config, local, report);
}

void local_apply(struct config *config, const struct local_hints *hints,
                 const struct local *local, struct report *report)
{
    local_apply_listeners(config, hints, local, report);
    local_apply_certificates(config, local, report);
    local_apply_trust_stores(config, local, report);
    local_apply_groups(config, hints, local, report);
}
