/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/ecs.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "aws/xml_read.h"
#include "base/address.h"
#include "base/text.h"

/* ---- bodies ------------------------------------------------------------------- */

/* Room for JSON strings: each byte may become six. */
static struct text text_for(struct region *region, size_t bytes)
{
    size_t room = 256 + 6 * bytes;

    return text_in(region_take(region, room), room);
}

static size_t length(const struct str *v, unsigned n)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < n; i++)
        bytes += v[i].n + 8;
    return bytes;
}

static void put_entry(struct text *t, const char *name, struct str value)
{
    text_printf(t, "\"%s\":", name);
    text_json(t, value);
}

static void put_list(struct text *t, const char *name, const struct str *v,
                     unsigned n)
{
    text_printf(t, ",\"%s\":[", name);
    for (unsigned i = 0; i < n; i++) {
        if (i)
            text_char(t, ',');
        text_json(t, v[i]);
    }
    TEXT_LITERAL(t, "]}");
}

struct str ecs_list_tasks(struct region *region, struct str cluster,
                          struct str service, struct str token)
{
    struct text t = text_for(region, cluster.n + service.n + token.n);

    text_char(&t, '{');
    put_entry(&t, "cluster", cluster);
    text_char(&t, ',');
    put_entry(&t, "serviceName", service);
    text_printf(&t, ",\"desiredStatus\":\"RUNNING\",\"maxResults\":%d",
                ECS_LIST_MAX);
    if (token.n) {
        text_char(&t, ',');
        put_entry(&t, "nextToken", token);
    }
    text_char(&t, '}');
    return text_str(&t);
}

static struct str describe(struct region *region, struct str cluster,
                           const char *name, const struct str *v, unsigned n)
{
    struct text t = text_for(region, cluster.n + length(v, n));

    text_char(&t, '{');
    put_entry(&t, "cluster", cluster);
    put_list(&t, name, v, n);
    return text_str(&t);
}

struct str ecs_describe_tasks(struct region *region, struct str cluster,
                              const struct str *arns, unsigned n)
{
    return describe(region, cluster, "tasks", arns, n);
}

struct str ecs_describe_service(struct region *region, struct str cluster,
                                struct str service)
{
    return describe(region, cluster, "services", &service, 1);
}

struct str ecs_describe_instances(struct region *region, struct str cluster,
                                  const struct str *arns, unsigned n)
{
    return describe(region, cluster, "containerInstances", arns, n);
}

static bool is_instance_id(struct str id)
{
    if (!str_starts(id, STR("i-")) || id.n > 32)
        return false;
    for (size_t i = 2; i < id.n; i++) {
        if (hex_digit(id.p[i]) < 0)
            return false;
    }
    return id.n > 2;
}

struct str ec2_describe_instances(struct region *region, const struct str *ids,
                                  unsigned n)
{
    struct text t = text_for(region, length(ids, n) + n * 8UL);

    TEXT_LITERAL(&t, "Filter.1.Name=instance-id");
    for (unsigned i = 0; i < n; i++)
        text_printf(&t, "&Filter.1.Value.%u=" STR_FMT, i + 1, STR_ARG(ids[i]));
    return text_str(&t);
}

/* ---- reading ------------------------------------------------------------------- */

static const struct value *list_at(const struct value *map, const char *name)
{
    const struct value *v = value_get(map, str_of(name));

    return v && v->kind == VALUE_LIST ? v : NULL;
}

static const struct value *first_of(const struct value *map, const char *name)
{
    const struct value *list = list_at(map, name);

    return list ? list->first : NULL;
}

static struct str text_at(const struct value *map, const char *name)
{
    const struct value *v = value_get(map, str_of(name));

    return v && v->kind == VALUE_STRING ? v->text : STR("");
}

static bool number_at(const struct value *map, const char *name, uint64_t max,
                      uint64_t *number)
{
    const struct value *v = value_get(map, str_of(name));

    return v && v->kind == VALUE_NUMBER && str_to_u64(v->text, max, number);
}

static bool is_arn(struct str s)
{
    enum { ARN_MAX = 1024 };

    return str_starts(s, STR("arn:")) && s.n <= ARN_MAX;
}

bool ecs_read_list(struct region *region, const struct value *answer,
                   struct str_list *arns, struct str *token)
{
    const struct value *list = list_at(answer, "taskArns");
    struct str *all;

    if (list == NULL)
        return false;
    all = region_take(region, (arns->n + value_count(list) + 1) * sizeof(*all));
    for (unsigned i = 0; i < arns->n; i++)
        all[i] = arns->v[i];
    for (const struct value *v = list->first; v; v = v->next) {
        if (v->kind != VALUE_STRING || !is_arn(v->text))
            return false;
        all[arns->n++] = region_copy(region, v->text);
    }
    arns->v = all;
    *token = region_copy(region, text_at(answer, "nextToken"));
    return true;
}

/* ---- tasks ---------------------------------------------------------------------- */

static const struct value *find_named(const struct value *list,
                                      const char *name, struct str text)
{
    for (const struct value *v = list; v; v = v->next) {
        if (str_eq(text_at(v, name), text))
            return v;
    }
    return NULL;
}

static bool is_missing(const struct value *answer, struct str arn)
{
    const struct value *failure =
        find_named(first_of(answer, "failures"), "arn", arn);

    return failure && str_eq(text_at(failure, "reason"), STR("MISSING"));
}

/* "service:NAME"; what says nothing of its service is believed. */
static bool is_of_service(const struct value *task, struct str service)
{
    struct str group = text_at(task, "group");

    if (!str_starts(group, STR("service:")))
        return true;
    return str_eq(str_make(group.p + 8, group.n - 8), service);
}

static enum task_state state_of(const struct value *task)
{
    struct str desired = text_at(task, "desiredStatus");
    struct str last = text_at(task, "lastStatus");

    if (desired.n == 0 || last.n == 0)
        return TASK_UNKNOWN;
    if (!str_eq(desired, STR("RUNNING")) || str_eq(last, STR("DEACTIVATING")) ||
        str_eq(last, STR("STOPPING")) || str_eq(last, STR("DEPROVISIONING")) ||
        str_eq(last, STR("STOPPED")) || str_eq(last, STR("DELETED")))
        return TASK_GOES;
    if (!str_eq(last, STR("RUNNING")) ||
        str_eq(text_at(task, "healthStatus"), STR("UNHEALTHY")))
        return TASK_STARTS;
    return TASK_RUNS;
}

static struct str deployment_of(const struct value *task)
{
    struct str started_by = text_at(task, "startedBy");

    return str_starts(started_by, STR("ecs-svc/"))
               ? started_by
               : text_at(task, "taskDefinitionArn");
}

static double created_at(const struct value *task)
{
    const struct value *v = value_get(task, STR("createdAt"));

    return v && value_is_scalar(v) ? strtod(v->text.p, NULL) : 0;
}

struct ecs_task ecs_read_task(const struct value *answer, struct str arn,
                              struct str service)
{
    struct ecs_task task = {.arn = arn, .state = TASK_UNKNOWN};
    const struct value *v =
        find_named(first_of(answer, "tasks"), "taskArn", arn);

    if (v == NULL) {
        task.missing = is_missing(answer, arn);
        task.state = task.missing ? TASK_GOES : TASK_UNKNOWN;
        return task;
    }
    if (!is_of_service(v, service))
        return task;
    task.state = state_of(v);
    task.deployment = deployment_of(v);
    task.zone = text_at(v, "availabilityZone");
    task.instance = text_at(v, "containerInstanceArn");
    task.created = created_at(v);
    number_at(v, "version", UINT64_MAX, &task.version);
    task.value = v;
    return task;
}

/* ---- services and instances -------------------------------------------------------- */

bool ecs_read_service(const struct value *answer, struct str service,
                      struct ecs_service *found)
{
    const struct value *all = first_of(answer, "services");
    const struct value *v = find_named(all, "serviceName", service);
    struct str status;
    uint64_t desired;
    uint64_t running;

    if (v == NULL)
        v = find_named(all, "serviceArn", service);
    if (v == NULL || !number_at(v, "desiredCount", UINT_MAX, &desired) ||
        !number_at(v, "runningCount", UINT_MAX, &running))
        return false;
    status = text_at(v, "status");
    if (str_eq(status, STR("DRAINING")) || str_eq(status, STR("INACTIVE")))
        desired = 0;
    found->desired = (unsigned)desired;
    found->running = (unsigned)running;
    return true;
}

struct str ecs_read_instance(const struct value *answer, struct str arn)
{
    const struct value *v = find_named(first_of(answer, "containerInstances"),
                                       "containerInstanceArn", arn);
    struct str id = v ? text_at(v, "ec2InstanceId") : STR("");

    return is_instance_id(id) ? id : STR("");
}

/* An address as it is written for this family. */
static bool is_ip(struct str s, bool six)
{
    struct address address;

    return s.n && s.p[0] != '[' && address_parse_ip(s, &address) &&
           (memchr(s.p, ':', s.n) != NULL) == six;
}

static struct str address_in(struct region *region, struct str instances,
                             struct str id, bool six)
{
    const char *path = six ? "networkInterfaceSet/item/ipv6AddressesSet/item/"
                             "ipv6Address"
                           : "privateIpAddress";
    struct xml_element item;

    while (xml_read_next(&instances, &item)) {
        if (str_eq(xml_read_text(region, item.inside, "instanceId"), id))
            return xml_read_text(region, item.inside, path);
    }
    return STR("");
}

struct str ec2_read_address(struct region *region, struct str xml,
                            struct str id, bool six)
{
    struct xml_element set;
    struct xml_element item;
    struct xml_element instances;

    if (!xml_read_find(xml, "DescribeInstancesResponse/reservationSet", &set))
        return STR("");
    while (xml_read_next(&set.inside, &item)) {
        struct str address = STR("");

        if (xml_read_find(item.inside, "instancesSet", &instances))
            address = address_in(region, instances.inside, id, six);
        if (is_ip(address, six))
            return address;
    }
    return STR("");
}

/* ---- where a task is ------------------------------------------------------------------ */

/* Of volumes and of Service Connect tasks with any network have attachments. */
static bool is_interface(const struct value *attachment)
{
    return str_eq(text_at(attachment, "type"), STR("ElasticNetworkInterface"));
}

static bool has_interface(const struct value *task)
{
    const struct value *a = first_of(task, "attachments");

    while (a && !is_interface(a))
        a = a->next;
    return a != NULL;
}

/* Of the network interface that is attached to the task. */
static struct str attached_ip(const struct value *task, bool six)
{
    const char *name = six ? "ipv6Address" : "privateIPv4Address";

    for (const struct value *a = first_of(task, "attachments"); a;
         a = a->next) {
        const struct value *detail;

        if (!is_interface(a) || !str_eq(text_at(a, "status"), STR("ATTACHED")))
            continue;
        detail = find_named(first_of(a, "details"), "name", str_of(name));
        if (detail && is_ip(text_at(detail, "value"), six))
            return text_at(detail, "value");
    }
    return STR("");
}

/* All containers of a task have the same interface. */
static struct str container_ip(const struct value *task, bool six)
{
    const char *name = six ? "ipv6Address" : "privateIpv4Address";

    for (const struct value *c = first_of(task, "containers"); c; c = c->next) {
        struct str ip = text_at(first_of(c, "networkInterfaces"), name);

        if (is_ip(ip, six))
            return ip;
    }
    return STR("");
}

/* The binding of that port of the container (0: any), of TCP. */
static const struct value *binding_of(const struct value *container,
                                      uint16_t port)
{
    for (const struct value *b = first_of(container, "networkBindings"); b;
         b = b->next) {
        uint64_t number;

        if (str_eq(text_at(b, "protocol"), STR("udp")) ||
            !number_at(b, "containerPort", UINT16_MAX, &number))
            continue;
        if (port == 0 || number == port)
            return b;
    }
    return NULL;
}

/* With bridge: the one that has the port, else the only one. */
static const struct value *find_container(const struct value *task,
                                          struct str name, uint16_t port)
{
    const struct value *all = first_of(task, "containers");

    if (name.n)
        return find_named(all, "name", name);
    for (const struct value *c = all; c; c = c->next) {
        if (binding_of(c, port))
            return c;
    }
    return all && all->next == NULL ? all : NULL;
}

bool ecs_task_place(const struct ecs_task *task, struct str container,
                    uint16_t port, uint16_t fallback, bool six,
                    struct ecs_place *place, const char **why)
{
    const struct value *c = find_container(task->value, container, port);
    const struct value *binding = c ? binding_of(c, port) : NULL;
    struct str ip = attached_ip(task->value, six);
    uint64_t number;

    *place = (struct ecs_place){.port = port ? port : fallback};
    if (ip.n == 0)
        ip = container_ip(task->value, six);
    if (ip.n && container.n && c == NULL) {
        *why = "a task has no container of that name";
        return false;
    }
    place->ip = ip;
    if (ip.n)
        return true;
    if (has_interface(task->value) || task->instance.n == 0) {
        *why = "a task has no address of the group's IpAddressType";
        return false;
    }
    if (binding == NULL ||
        !number_at(binding, "hostPort", UINT16_MAX, &number) || number == 0) {
        *why = "a task has no such container, or its port is not bound to one "
               "of the host's";
        return false;
    }
    place->port = (uint16_t)number;
    return true;
}
