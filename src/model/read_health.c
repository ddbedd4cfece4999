/* SPDX-License-Identifier: Apache-2.0
 *
 * The health check of a target group, with ALB's defaults (alb.md 4.1).
 */
#include "model/read.h"

struct matcher_input {
    const struct value *value;
    struct field http;
    struct field grpc;
};

static const struct property matcher_properties[] = {
    {.name = "HttpCode",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct matcher_input, http),
     .min = 1,
     .example = "\"200-299\""},
    {.name = "GrpcCode",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct matcher_input, grpc),
     .min = 1,
     .example = "\"0\""},
};

const struct schema matcher_schema =
    SCHEMA(matcher_properties, struct matcher_input);

enum {
    HTTP_CODE_MIN = 200,
    HTTP_CODE_MAX = 499,
    GRPC_CODE_MAX = 99,
};

static const struct defaults {
    bool enabled;
    unsigned interval;
    unsigned timeout;
    unsigned healthy;
    unsigned unhealthy;
} of_servers = {true, 30, 5, 5, 2}, of_lambda = {false, 35, 30, 5, 5};

static unsigned number_or(const struct field *field, unsigned initial)
{
    return field->ok ? field->number : initial;
}

static bool read_enabled(const struct resource *resource,
                         const struct field *field,
                         const struct config_group *group, bool initial)
{
    bool enabled = number_or(field, initial);

    /* --to may; it has no place. */
    if (!enabled && group->type != TARGET_TYPE_LAMBDA && field->ok &&
        field_place(field)->line) {
        resource_error(resource, field_place(field),
                       "HealthCheckEnabled is false: ALB lets only groups of "
                       "TargetType lambda go without health checks\n"
                       "leave it out");
        return true;
    }
    return enabled;
}

static bool is_tcp(struct str protocol)
{
    return str_eq(protocol, STR("TCP"));
}

static enum protocol read_health_protocol(const struct resource *resource,
                                          const struct field *field)
{
    return read_protocol(
        resource, field, "HealthCheckProtocol", is_tcp,
        "is for target groups of network load balancers\n"
        "write HTTP, and a HealthCheckPath that the targets answer");
}

static uint16_t read_port(const struct resource *resource,
                          const struct field *field)
{
    struct str text = shown(field->text);
    uint64_t port;

    if (!field->ok || str_eq(field->text, STR("traffic-port")))
        return 0;
    if (str_to_u64(field->text, UINT16_MAX, &port) && port)
        return (uint16_t)port;
    resource_error(resource, field_place(field),
                   "HealthCheckPort cannot be \"" STR_FMT
                   "\"\nwrite 1 to 65535, or traffic-port for the port of the "
                   "target",
                   STR_ARG(text));
    return 0;
}

/* It goes into a request line. */
static void check_path(const struct resource *resource,
                       const struct field *field)
{
    struct str path = field->text;
    struct str text = shown(path);

    if (path.p[0] != '/') {
        resource_error(resource, field_place(field),
                       "HealthCheckPath is \"" STR_FMT
                       "\": a path begins with /\nwrite HealthCheckPath: "
                       "/" STR_FMT,
                       STR_ARG(text), STR_ARG(text));
        return;
    }
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] > 0x20 && path.p[i] < 0x7f && path.p[i] != '#')
            continue;
        resource_error(resource, field_place(field),
                       "HealthCheckPath \"" STR_FMT
                       "\" has a space, a # or a character that is not "
                       "ASCII\nwrite it percent-encoded, as in %%20",
                       STR_ARG(text));
        return;
    }
}

static struct str read_path(struct build *build,
                            const struct resource *resource,
                            const struct field *field,
                            const struct config_group *group)
{
    if (field->ok) {
        check_path(resource, field);
        return keep(build, field->text);
    }
    return keep(build, group->version == VERSION_GRPC
                           ? STR("/AWS.ALB/healthcheck")
                           : STR("/"));
}

/* ---- the matcher ----------------------------------------------------------- */

static bool has_server_errors(struct str text)
{
    for (size_t i = 0; i + 2 < text.n; i++) {
        if (text.p[i] >= '5' && text.p[i] <= '9' &&
            (i == 0 || text.p[i - 1] == ',' || text.p[i - 1] == '-'))
            return true;
    }
    return false;
}

static void refuse_codes(const struct resource *resource,
                         const struct field *field, bool grpc)
{
    struct str text = shown(field->text);

    if (grpc)
        resource_error(resource, field_place(field),
                       "Matcher.GrpcCode cannot be \"" STR_FMT
                       "\": gRPC codes are 0 to 99\n"
                       "write codes and ranges, such as \"0,12\" or \"0-5\"",
                       STR_ARG(text));
    else if (has_server_errors(field->text))
        resource_error(resource, field_place(field),
                       "Matcher.HttpCode cannot be \"" STR_FMT
                       "\": ALB takes 200 to 499, never 500 and above\n"
                       "let the health check answer 200 when the target is "
                       "well",
                       STR_ARG(text));
    else
        resource_error(resource, field_place(field),
                       "Matcher.HttpCode cannot be \"" STR_FMT
                       "\": it is codes from 200 to 499\n"
                       "write codes and ranges, such as \"200,202\" or "
                       "\"200-299\"",
                       STR_ARG(text));
}

static void read_matcher(struct build *build, const struct resource *resource,
                         const struct field *matcher,
                         struct config_group *group)
{
    bool grpc = group->version == VERSION_GRPC;
    unsigned min = grpc ? 0 : HTTP_CODE_MIN;
    unsigned max = grpc ? GRPC_CODE_MAX : HTTP_CODE_MAX;
    const struct matcher_input *input = matcher->items;
    struct str text = grpc ? STR("12") : STR("200");

    if (matcher->ok) {
        const struct field *right = grpc ? &input->grpc : &input->http;
        const struct field *wrong = grpc ? &input->http : &input->grpc;

        if (wrong->value)
            resource_error(resource, &wrong->value->key_place,
                           "Matcher.%s is for groups %s ProtocolVersion GRPC\n"
                           "write %s",
                           grpc ? "HttpCode" : "GrpcCode",
                           grpc ? "without" : "of",
                           grpc ? "GrpcCode" : "HttpCode");
        if (right->value == NULL && wrong->value == NULL)
            resource_error(resource, field_place(matcher),
                           "Matcher has no codes\nwrite {%s: \"" STR_FMT
                           "\"}, or leave Matcher out",
                           grpc ? "GrpcCode" : "HttpCode", STR_ARG(text));
        if (right->ok) {
            text = right->text;
            if (!code_set_parse(&group->health.codes, text, min, max))
                refuse_codes(resource, right, grpc);
        }
    }
    group->health.matcher = keep(build, text);
    code_set_parse(&group->health.codes, text, min, max);
}

/* ---- the whole -------------------------------------------------------------- */

static void check_times(const struct resource *resource,
                        const struct health_input *input, unsigned interval,
                        unsigned timeout)
{
    const struct field *field =
        input->timeout.ok ? &input->timeout : &input->interval;

    if (timeout < interval || !field->ok)
        return;
    resource_error(resource, field_place(field),
                   "HealthCheckTimeoutSeconds is %u%s: it must be less than "
                   "HealthCheckIntervalSeconds, which is %u%s\n"
                   "write HealthCheckTimeoutSeconds: %u, or a longer interval",
                   timeout, input->timeout.ok ? "" : " (the default)", interval,
                   input->interval.ok ? "" : " (the default)",
                   interval > 2 ? interval - 1 : 2);
}

void read_health(struct build *build, const struct resource *resource,
                 const struct health_input *input, struct config_group *group)
{
    const struct defaults *initial =
        group->type == TARGET_TYPE_LAMBDA ? &of_lambda : &of_servers;
    struct config_health *health = &group->health;
    unsigned interval = number_or(&input->interval, initial->interval);
    unsigned timeout = number_or(&input->timeout, initial->timeout);

    health->enabled =
        read_enabled(resource, &input->enabled, group, initial->enabled);
    health->protocol = read_health_protocol(resource, &input->protocol);
    health->port = read_port(resource, &input->port);
    health->path = read_path(build, resource, &input->path, group);
    check_times(resource, input, interval, timeout);
    health->interval_ms = interval * 1000;
    health->timeout_ms = timeout * 1000;
    health->healthy_threshold = number_or(&input->healthy, initial->healthy);
    health->unhealthy_threshold =
        number_or(&input->unhealthy, initial->unhealthy);
    read_matcher(build, resource, &input->matcher, group);
}
