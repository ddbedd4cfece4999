/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the logs of each load balancer go: files, and S3.
 */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "control/server_state.h"
#include "log/ship.h"

/* The number of that log of a load balancer. */
static unsigned number_of(struct server *server, struct str arn,
                          enum log_kind kind)
{
    unsigned n = server->nsinks;
    struct sink *grown;

    for (unsigned i = 0; i < n; i++) {
        if (server->sinks[i].to.kind == kind &&
            str_eq(server->sinks[i].arn, arn))
            return i;
    }
    grown = memory_zeroed(n + 1, sizeof(*grown));
    for (unsigned i = 0; i < n; i++)
        grown[i] = server->sinks[i];
    grown[n].arn = region_copy(&server->region, arn);
    grown[n].to.kind = kind;
    free(server->sinks);
    server->sinks = grown;
    server->nsinks = n + 1;
    return n;
}

static struct str log_path(const struct server *server,
                           const struct config_load_balancer *balancer,
                           enum log_kind kind)
{
    return server->options.logs[kind].p ? server->options.logs[kind]
                                        : balancer->logs[kind];
}

static const struct config_log *
attributes_of(const struct config_load_balancer *balancer, enum log_kind kind)
{
    switch (kind) {
    case ACCESS_LOG:
        return &balancer->attributes.access_logs;
    case CONNECTION_LOG:
        return &balancer->attributes.connection_logs;
    case HEALTH_CHECK_LOG:
        return &balancer->attributes.health_check_logs;
    default:
        return NULL;
    }
}

/* The first destination in S3 of what its web ACL logs. */
static void place_of_acl(struct log_place *place,
                         const struct config_web_acl *acl)
{
    const struct waf_logging *logging = acl ? acl->logging : NULL;

    for (unsigned i = 0; logging && i < logging->ndestinations; i++) {
        log_place_of_arn(place, logging->destinations[i]);
        if (place->bucket.n == 0)
            continue;
        place->name = acl->entity.name;
        return;
    }
}

/* Region and account: arn:aws:elasticloadbalancing:REGION:ACCOUNT:... */
static void place_of_arn(struct log_place *place, struct str arn)
{
    for (unsigned i = 0; i < 3 && arn.p; i++)
        str_cut(&arn, ':');
    place->region = arn.p ? str_cut(&arn, ':') : STR("");
    place->account = arn.p ? str_cut(&arn, ':') : STR("");
}

/* The node that the log is of: the own address of the load balancer, or what
 * its listeners are bound to; where that is every address, the one that this
 * machine has towards others. */
static struct address node_of(const struct server *server,
                              const struct config_load_balancer *balancer)
{
    struct address node = balancer->own.family ? balancer->own : balancer->bind;

    if (address_is_any(&node) && server->machine.family)
        node = server->machine;
    node.port = 0;
    return node;
}

/* Where S3 gets that log; bucket.n == 0: it does not.  Texts are those of the
 * config. */
static struct log_place place_of(const struct server *server,
                                 const struct config_load_balancer *balancer,
                                 enum log_kind kind)
{
    struct log_place place = {.kind = kind,
                              .bucket = STR(""),
                              .prefix = STR(""),
                              .account = STR(""),
                              .region = STR(""),
                              .name = STR("")};
    const struct config_log *log = attributes_of(balancer, kind);

    if (server->options.log_spool == NULL)
        return place;
    place_of_arn(&place, balancer->arn);
    if (log == NULL) {
        place_of_acl(&place, balancer->web_acl);
    } else if (log->enabled) {
        place.bucket = log->bucket;
        place.prefix = log->prefix;
        place.name = balancer->full_name;
        place.node = node_of(server, balancer);
    }
    return place;
}

static bool is_logged(const struct server *server,
                      const struct config_load_balancer *balancer,
                      enum log_kind kind)
{
    return log_path(server, balancer, kind).n ||
           place_of(server, balancer, kind).bucket.n;
}

int publish_sink(struct server *server,
                 const struct config_load_balancer *balancer,
                 enum log_kind kind)
{
    return is_logged(server, balancer, kind)
               ? (int)number_of(server, balancer->arn, kind)
               : LOG_SINK_NONE;
}

bool publish_logs(const struct server *server, const struct config *config)
{
    for (unsigned i = 0; i < config->nload_balancers; i++) {
        for (unsigned kind = 0; kind < LOG_KINDS; kind++) {
            if (is_logged(server, config->load_balancers[i], kind))
                return true;
        }
    }
    return false;
}

static void keep(struct server *server, struct str *text)
{
    *text = region_copy(&server->region, *text);
}

/* What is said once, when it becomes so. */
static void point_to_s3(struct server *server, struct log_sink *to,
                        const struct log_place *place)
{
    if (log_place_equal(&to->place, place))
        return;
    to->place = *place;
    keep(server, &to->place.bucket);
    keep(server, &to->place.prefix);
    keep(server, &to->place.account);
    keep(server, &to->place.region);
    keep(server, &to->place.name);
    if (place->bucket.n && !log_place_fits(place))
        log_write(LOG_ERROR, "control",
                  "the %s of " STR_FMT " does not go to S3: its bucket or "
                  "prefix is no name of one, or is so long that keys would "
                  "have more than %d bytes; write others",
                  log_kind_name(place->kind), STR_ARG(place->name),
                  (int)LOG_KEY_MAX);
}

static void point_sink(struct server *server,
                       const struct config_load_balancer *balancer,
                       enum log_kind kind)
{
    unsigned number = number_of(server, balancer->arn, kind);
    struct sink *sink = &server->sinks[number];
    struct str path = log_path(server, balancer, kind);
    struct log_place place = place_of(server, balancer, kind);

    if (!str_eq(sink->to.path, path))
        sink->to.path = region_copy(&server->region, path);
    point_to_s3(server, &sink->to, &place);
}

struct log_sink *publish_log_sinks(struct server *server,
                                   const struct config *config)
{
    struct log_sink *sinks;

    for (unsigned i = 0; i < config->nload_balancers; i++) {
        for (unsigned kind = 0; kind < LOG_KINDS; kind++)
            point_sink(server, config->load_balancers[i], kind);
    }
    sinks = memory_zeroed(server->nsinks + 1, sizeof(*sinks));
    for (unsigned i = 0; i < server->nsinks; i++)
        sinks[i] = server->sinks[i].to;
    return sinks;
}

bool sinks_set(struct server *server, const struct config *config,
               struct error *error)
{
    struct log_sink *sinks;
    bool ok;

    if (server->log == NULL)
        return true;
    sinks = publish_log_sinks(server, config);
    ok = log_writer_set_sinks(server->log, sinks, server->nsinks, error);
    free(sinks);
    return ok;
}

/* No packet is sent: the system only says which address it would have. */
static struct address address_towards(const char *other)
{
    struct address address = {.family = 0};
    struct sockaddr_storage sa;
    socklen_t n;
    int fd;

    if (!address_parse(str_of(other), &address))
        return (struct address){.family = 0};
    n = address_to_sockaddr(&address, &sa);
    address.family = 0;
    fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return address;
    if (connect(fd, (struct sockaddr *)&sa, n) == 0) {
        n = sizeof(sa);
        if (getsockname(fd, (struct sockaddr *)&sa, &n) == 0)
            address_from_sockaddr((struct sockaddr *)&sa, &address);
    }
    close(fd);
    return address;
}

/* Addresses of documentation (RFC 5737, RFC 3849) that nobody has. */
void sinks_begin(struct server *server)
{
    server->machine = address_towards("192.0.2.1:9");
    if (server->machine.family == 0)
        server->machine = address_towards("[2001:db8::1]:9");
}

void sinks_tell(struct server *server)
{
    const struct config *config =
        server->newest ? server->newest->config : NULL;
    struct log_place *places;
    unsigned n = 0;

    if (server->ship == NULL || config == NULL)
        return;
    places =
        memory_zeroed(config->nload_balancers * LOG_KINDS + 1, sizeof(*places));
    for (unsigned i = 0; i < config->nload_balancers; i++) {
        for (unsigned kind = 0; kind < LOG_KINDS; kind++) {
            places[n] = place_of(server, config->load_balancers[i], kind);
            n += log_place_fits(&places[n]);
        }
    }
    log_ship_tell(server->ship, places, n);
    free(places);
}
