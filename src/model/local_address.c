/* SPDX-License-Identifier: Apache-2.0 */
#include "model/local_address.h"

#include "model/arn.h"
#include "model/local.h"

enum {
    /* Of 127.A.B.C: neither the network that 127.0.0.1 is in nor the last one,
     * and no C that some take for a network's own or its broadcast address. */
    A_FIRST = 1,
    A_COUNT = 254,
    B_COUNT = 256,
    C_FIRST = 1,
    C_COUNT = 254,
    ADDRESSES = A_COUNT * B_COUNT * C_COUNT,
    SUGGESTED_SHIFT = 8000,
};

/* ---- own addresses -------------------------------------------------------- */

/* FNV-1a of the id. */
static uint32_t number_of(struct str id)
{
    uint64_t h = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < id.n; i++)
        h = (h ^ (unsigned char)id.p[i]) * UINT64_C(1099511628211);
    return (uint32_t)((h ^ h >> 32) % ADDRESSES);
}

static struct address address_of(uint32_t number)
{
    return (struct address){
        .family = 4,
        .ip = {127, (uint8_t)(A_FIRST + number / (B_COUNT * C_COUNT)),
               (uint8_t)(number / C_COUNT % B_COUNT),
               (uint8_t)(C_FIRST + number % C_COUNT)},
    };
}

static bool same_ip(const struct address *a, const struct address *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

/* Whether an older load balancer has it, or somebody asked for it by Bind. */
static bool is_taken(const struct config *config, unsigned older,
                     const struct address *address)
{
    for (unsigned i = 0; i < older; i++) {
        if (same_ip(&config->load_balancers[i]->own, address))
            return true;
    }
    for (unsigned i = 0; i < config->nlisteners; i++) {
        if (same_ip(&config->listeners[i]->bind, address))
            return true;
    }
    return false;
}

static void choose_own(const struct config *config, unsigned index)
{
    struct config_load_balancer *balancer = config->load_balancers[index];
    uint32_t number = number_of(arn_last(balancer->arn));

    balancer->own = address_of(number);
    while (is_taken(config, index, &balancer->own)) {
        number = (number + 1) % ADDRESSES;
        balancer->own = address_of(number);
    }
}

/* Who does not listen on 127.0.0.1 does not want to be beside it. */
static void give_own(const struct config *config)
{
    for (unsigned i = 0; i < config->nload_balancers; i++)
        choose_own(config, i);
    for (unsigned i = 0; i < config->nload_balancers; i++) {
        struct config_load_balancer *balancer = config->load_balancers[i];

        if (balancer->bind.family != 4 || balancer->bind.ip[0] != 127)
            balancer->own.family = 0;
    }
    for (unsigned i = 0; i < config->nlisteners; i++) {
        struct config_listener *listener = config->listeners[i];

        listener->own = listener->load_balancer->own;
        listener->own.port = listener->bind.port;
    }
}

bool local_is_alone(const struct config_listener *listener)
{
    return same_ip(&listener->bind, &listener->load_balancer->own);
}

/* ---- two on one port ------------------------------------------------------ */

/* A port on which no listener listens, to suggest. */
static unsigned free_port(const struct config *config, uint16_t port)
{
    unsigned choice = port + (unsigned)SUGGESTED_SHIFT;
    unsigned i = 0;

    if (choice > UINT16_MAX)
        choice = 1024;
    while (i < config->nlisteners) {
        if (config->listeners[i]->bind.port == choice) {
            choice = choice < UINT16_MAX ? choice + 1 : 1024;
            i = 0;
        } else {
            i++;
        }
    }
    return choice;
}

static void clash(const struct config *config,
                  const struct config_listener *first,
                  const struct config_listener *second,
                  const struct local *local, struct report *report)
{
    char buffer[ADDRESS_TEXT_MAX];
    char where[512] = "";
    char remedy[160] = "";
    struct text address = text_in(buffer, sizeof(buffer));
    struct text at = text_in(where, sizeof(where) - 1);
    struct text mend = text_in(remedy, sizeof(remedy) - 1);
    unsigned other = free_port(config, second->port);

    address_put(&address, &second->bind);
    if (first->place.file && first->place.line)
        text_printf(&at, " (%s:%u)", first->place.file, first->place.line);
    if (first->port != second->port)
        text_printf(&mend, "give one of them another port: --port %u=%u",
                    second->port, other);
    else
        text_printf(&mend,
                    "both have port %u: give one of them a port here in its "
                    "Metadata: {Sluice: {LocalPort: %u}}%s",
                    second->port, other,
                    local_find_port(local, second->port) ? ", without --port"
                                                         : "");
    report_error(report, &second->place,
                 "listener " STR_FMT " listens on " STR_FMT
                 ", as listener " STR_FMT "%s does\n%s",
                 STR_ARG(second->id), STR_ARG(text_str(&address)),
                 STR_ARG(first->id), where, remedy);
}

/* Requests of one load balancer cannot be told apart by its name. */
static void check_same(const struct config *config, unsigned index,
                       const struct local *local, struct report *report)
{
    const struct config_listener *second = config->listeners[index];

    for (unsigned i = 0; i < index && second->bind.port; i++) {
        const struct config_listener *first = config->listeners[i];

        if (first->load_balancer != second->load_balancer ||
            !address_equal(&first->bind, &second->bind))
            continue;
        clash(config, first, second, local, report);
        return;
    }
}

/* It leaves the shared address to the one that was there first. */
static void stand_alone(const struct config *config,
                        const struct config_listener *first,
                        struct config_listener *second,
                        const struct local *local, struct report *report)
{
    char buffer[2 * ADDRESS_TEXT_MAX];
    struct text t = text_in(buffer, sizeof(buffer));
    struct str shared;
    struct str own;

    if (second->own.family == 0) {
        clash(config, first, second, local, report);
        return;
    }
    address_put(&t, &second->bind);
    shared = text_str(&t);
    address_put(&t, &second->own);
    own = str_make(t.p + shared.n, t.n - shared.n);
    report_warning(
        report, &second->place,
        "listener " STR_FMT " listens on " STR_FMT " alone: on " STR_FMT
        " listener " STR_FMT " speaks another protocol\n"
        "give one of them another port to have both there",
        STR_ARG(second->id), STR_ARG(own), STR_ARG(shared), STR_ARG(first->id));
    second->bind = second->own;
    second->own.family = 0;
}

static void check_protocols(const struct config *config, unsigned index,
                            const struct local *local, struct report *report)
{
    struct config_listener *second = config->listeners[index];

    for (unsigned i = 0; i < index && second->bind.port; i++) {
        const struct config_listener *first = config->listeners[i];

        if (first->protocol == second->protocol ||
            !address_equal(&first->bind, &second->bind))
            continue;
        stand_alone(config, first, second, local, report);
        return;
    }
}

/* ---- all ------------------------------------------------------------------- */

void local_apply_addresses(struct config *config, const struct local *local,
                           struct report *report)
{
    unsigned errors = report->errors;

    give_own(config);
    for (unsigned i = 0; i < config->nlisteners; i++)
        check_same(config, i, local, report);
    for (unsigned i = 0; i < config->nlisteners && report->errors == errors;
         i++)
        check_protocols(config, i, local, report);
}
