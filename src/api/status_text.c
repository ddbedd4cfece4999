/* SPDX-License-Identifier: Apache-2.0
 *
 * The status for people: two lines about the process, then tables.
 */
#include "api/status.h"
#include "api/table.h"

/* ---- cells --------------------------------------------------------------- */

static void row_of(struct table *table, const char *const *cells, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        table_cell(table, str_of(cells[i]));
    table_row(table);
}

#define HEADING(table, ...)                                                    \
    row_of((table), (const char *const[]){__VA_ARGS__},                        \
           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void cell_u64(struct table *table, uint64_t value)
{
    if (value == STATUS_UNKNOWN)
        table_cell(table, STR(""));
    else
        table_printf(table, "%llu", (unsigned long long)value);
}

/* The two greatest units: "45s", "12m5s", "3h0m", "2d7h". */
static void put_duration(struct text *t, uint64_t seconds)
{
    static const struct {
        uint64_t size;
        char name;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    unsigned i = 0;

    while (i < 3 && seconds < units[i].size)
        i++;
    text_u64(t, seconds / units[i].size);
    text_char(t, units[i].name);
    if (i < 3) {
        text_u64(t, seconds % units[i].size / units[i + 1].size);
        text_char(t, units[i + 1].name);
    }
}

static void cell_duration(struct table *table, uint64_t seconds)
{
    char buffer[32];
    struct text t = text_in(buffer, sizeof(buffer));

    if (seconds != STATUS_UNKNOWN)
        put_duration(&t, seconds);
    table_cell(table, text_str(&t));
}

/* 1/10000 as percent with at most one decimal. */
static void put_percent(struct text *t, uint64_t share)
{
    uint64_t tenths = (share + 5) / 10;

    text_u64(t, tenths / 10);
    if (tenths % 10)
        text_printf(t, ".%u", (unsigned)(tenths % 10));
    text_char(t, '%');
}

/* ---- the process --------------------------------------------------------- */

static void put_number(struct text *t, uint64_t n, const char *what)
{
    text_u64(t, n);
    text_char(t, ' ');
    text_str_put(t, str_of(what));
    if (n != 1)
        text_char(t, 's');
}

static void put_process(struct text *t, const struct status_process *p)
{
    text_printf(t, STATUS_TEXT_BEGIN "%s, process %llu, up ", p->version,
                (unsigned long long)p->pid);
    put_duration(t, p->uptime_s);
    TEXT_LITERAL(t, ", ");
    put_number(t, p->workers, "worker");
    if (p->restarts != STATUS_UNKNOWN) {
        TEXT_LITERAL(t, ", ");
        put_number(t, p->restarts, "restart");
    }
    if (p->upgrades != STATUS_UNKNOWN) {
        TEXT_LITERAL(t, ", ");
        put_number(t, p->upgrades, "upgrade");
    }
    if (p->draining)
        TEXT_LITERAL(t, ", draining");
    TEXT_LITERAL(t, "\nconfiguration ");
    text_u64(t, p->generation);
    if (p->configs_alive > 1)
        text_printf(t, " (%llu older in use)",
                    (unsigned long long)(p->configs_alive - 1));
    TEXT_LITERAL(t, ", ");
    put_number(t, p->requests, "request");
    text_printf(t, ", %llu in progress, ",
                (unsigned long long)p->requests_active);
    put_number(t, p->connections, "client connection");
    text_char(t, '\n');
}

/* ---- listeners and rules ------------------------------------------------- */

static void listener_row(struct table *table,
                         const struct status_balancer *balancer,
                         const struct status_listener *listener)
{
    table_cell(table, balancer->name);
    table_cell(table, listener->id);
    table_cell(table, listener->protocol);
    cell_u64(table, listener->port);
    table_cell(table, listener->address);
    table_cell(table, listener->own_address);
    cell_u64(table, listener->connections);
    table_row(table);
}

static void listener_rows(struct table *table, const void *owner)
{
    const struct status_view *view = owner;

    HEADING(table, "LOAD BALANCER", "LISTENER", "PROTOCOL", "PORT", "ADDRESS",
            "OWN ADDRESS", "CONNECTIONS");
    for (unsigned i = 0; i < view->nbalancers; i++) {
        const struct status_balancer *balancer = &view->balancers[i];

        for (unsigned k = 0; k < balancer->nlisteners; k++)
            listener_row(table, balancer, &balancer->listeners[k]);
    }
}

static void balancer_rows(struct table *table, const void *owner)
{
    const struct status_view *view = owner;

    HEADING(table, "LOAD BALANCER", "DNS NAME");
    for (unsigned i = 0; i < view->nbalancers; i++) {
        table_cell(table, view->balancers[i].name);
        table_cell(table, view->balancers[i].dns_name);
        table_row(table);
    }
}

/* The day is enough for people. */
static struct str day_of(struct str until)
{
    enum { DAY = 10 };

    return until.n > DAY ? str_make(until.p, DAY) : until;
}

static void certificate_row(struct table *table,
                            const struct status_listener *listener,
                            const struct status_certificate *c)
{
    table_cell(table, listener->id);
    table_cell(table, c->names);
    table_cell(table, c->key);
    table_cell(table, day_of(c->until));
    if (c->file.n)
        table_printf(table, STR_FMT "%s", STR_ARG(c->file),
                     c->stale ? " (as it was)" : "");
    else
        table_cell(table, STR("local authority"));
    table_row(table);
}

static void certificate_rows(struct table *table, const void *owner)
{
    const struct status_view *view = owner;

    HEADING(table, "LISTENER", "CERTIFICATE", "KEY", "UNTIL", "FROM");
    for (unsigned i = 0; i < view->nbalancers; i++) {
        const struct status_balancer *balancer = &view->balancers[i];

        for (unsigned k = 0; k < balancer->nlisteners; k++) {
            const struct status_listener *l = &balancer->listeners[k];

            for (unsigned c = 0; c < l->ncertificates; c++)
                certificate_row(table, l, &l->certificates[c]);
        }
    }
}

static void action_cell(struct table *table, const struct status_rule *rule)
{
    char buffer[TABLE_CELL];
    struct text t = text_in(buffer, sizeof(buffer));

    text_str_put(&t, rule->action);
    if (rule->code)
        text_printf(&t, " %u", rule->code);
    for (unsigned i = 0; i < rule->nforwards; i++) {
        text_str_put(&t, i ? STR(", ") : STR(" "));
        text_str_put(&t, rule->forwards[i].name);
        if (rule->nforwards == 1 && rule->forwards[i].weight)
            continue;
        text_printf(&t, " %u (", rule->forwards[i].weight);
        put_percent(&t, status_odds(rule, i));
        text_char(&t, ')');
    }
    table_cell(table, text_str(&t));
}

static void rule_row(struct table *table,
                     const struct status_listener *listener,
                     const struct status_rule *rule)
{
    table_cell(table, listener->id);
    if (rule->priority)
        table_printf(table, "%u", rule->priority);
    else
        table_cell(table, STR("default"));
    table_cell(table, rule->priority ? rule->id : STR(""));
    action_cell(table, rule);
    table_row(table);
}

static void rule_rows(struct table *table, const void *owner)
{
    const struct status_view *view = owner;

    HEADING(table, "LISTENER", "PRIORITY", "RULE", "ACTION");
    for (unsigned i = 0; i < view->nbalancers; i++) {
        const struct status_balancer *balancer = &view->balancers[i];

        for (unsigned k = 0; k < balancer->nlisteners; k++) {
            const struct status_listener *listener = &balancer->listeners[k];

            for (unsigned r = 0; r < listener->nrules; r++)
                rule_row(table, listener, &listener->rules[r]);
        }
    }
}

/* ---- groups and targets -------------------------------------------------- */

static struct str routing_word(const struct status_group *group)
{
    if (group->removed)
        return STR("removed");
    if (!group->used)
        return STR("unused");
    if (group->fail_open)
        return STR("fail-open");
    return group->ntargets ? STR("normal") : STR("no-target");
}

static void protocol_cell(struct table *table, const struct status_group *group)
{
    if (group->removed)
        table_cell(table, STR(""));
    else
        table_printf(table, STR_FMT "/" STR_FMT, STR_ARG(group->protocol),
                     STR_ARG(group->version));
}

static void group_row(struct table *table, const struct status_group *group)
{
    static const char *const states[] = {"healthy", "unhealthy", "initial",
                                         "draining"};

    table_cell(table, group->name);
    protocol_cell(table, group);
    table_cell(table, group->algorithm);
    for (unsigned i = 0; i < 4; i++)
        cell_u64(table, status_count(group, str_of(states[i])));
    table_cell(table, routing_word(group));
    table_cell(table, group->dns_state);
    table_cell(table, group->stickiness);
    cell_duration(table,
                  group->slow_start_s ? group->slow_start_s : STATUS_UNKNOWN);
    cell_duration(table,
                  group->removed ? STATUS_UNKNOWN : group->deregistration_s);
    table_row(table);
}

static void group_rows(struct table *table, const void *owner)
{
    const struct status_view *view = owner;

    HEADING(table, "TARGET GROUP", "PROTOCOL", "ALGORITHM", "HEALTHY",
            "UNHEALTHY", "INITIAL", "DRAINING", "ROUTING", "DNS", "STICKINESS",
            "SLOW START", "DRAIN DELAY");
    for (unsigned i = 0; i < view->ngroups; i++)
        group_row(table, &view->groups[i]);
}

static void put_note(struct text *t, const char *note)
{
    if (t->n)
        TEXT_LITERAL(t, "; ");
    text_str_put(t, str_of(note));
}

static void notes_cell(struct table *table, const struct status_target *target)
{
    char buffer[TABLE_CELL];
    struct text t = text_in(buffer, sizeof(buffer));

    text_str_put(&t, target->reason);
    if (target->reason.n && target->description.n)
        TEXT_LITERAL(&t, ": ");
    text_str_put(&t, target->description);
    if (str_eq(target->anomaly, STR("anomalous")))
        put_note(&t, target->mitigated ? "anomalous, mitigated" : "anomalous");
    else if (target->mitigated)
        put_note(&t, "mitigated");
    if (target->slow_start != STATUS_UNKNOWN) {
        put_note(&t, "slow start at ");
        text_u64(&t, target->slow_start);
        text_char(&t, '%');
    }
    if (target->draining_left_s != STATUS_UNKNOWN) {
        put_note(&t, "");
        put_duration(&t, target->draining_left_s);
        TEXT_LITERAL(&t, " left");
    }
    table_cell(table, text_str(&t));
}

static void share_cell(struct table *table, uint64_t share)
{
    char buffer[32];
    struct text t = text_in(buffer, sizeof(buffer));

    if (share != STATUS_UNKNOWN)
        put_percent(&t, share);
    table_cell(table, text_str(&t));
}

static void target_row(struct table *table, const struct status_group *group,
                       const struct status_target *target)
{
    table_cell(table, group->name);
    table_cell(table, target->address);
    table_cell(table, target->zone);
    table_cell(table, target->state);
    cell_duration(table, target->since_s);
    share_cell(table, target->weight);
    share_cell(table, target->share);
    cell_u64(table, target->active);
    cell_u64(table, target->requests);
    cell_u64(table, target->errors);
    notes_cell(table, target);
    table_row(table);
}

static void target_rows(struct table *table, const void *owner)
{
    const struct status_view *view = owner;

    HEADING(table, "TARGET GROUP", "TARGET", "ZONE", "STATE", "FOR", "WEIGHT",
            "SHARE", "SESSIONS", "REQUESTS", "ERRORS", "NOTES");
    for (unsigned i = 0; i < view->ngroups; i++) {
        const struct status_group *group = &view->groups[i];

        for (unsigned k = 0; k < group->ntargets; k++)
            target_row(table, group, &group->targets[k]);
    }
}

/* ---- the whole ----------------------------------------------------------- */

static void put_elsewhere(struct text *t, const struct status_view *view)
{
    for (unsigned i = 0; i < view->ngroups; i++) {
        const struct status_group *group = &view->groups[i];

        if (group->nelsewhere == 0)
            continue;
        table_put_plain(t, group->name);
        TEXT_LITERAL(t, ": ");
        put_number(t, group->nelsewhere, "registered target");
        TEXT_LITERAL(t, " without an address here (--service gives one)\n");
    }
}

/* Sources that do not tell what targets there are now. */
static void put_silent(struct text *t, const struct status_view *view)
{
    for (unsigned i = 0; i < view->ngroups; i++) {
        const struct status_group *group = &view->groups[i];

        for (unsigned k = 0; k < group->nsources; k++) {
            if (group->sources[k].error.n == 0)
                continue;
            table_put_plain(t, group->name);
            TEXT_LITERAL(t, ": what ");
            table_put_plain(t, group->sources[k].name);
            TEXT_LITERAL(t, " has found stays: ");
            table_put_plain(t, group->sources[k].error);
            text_char(t, '\n');
        }
    }
}

static bool has_certificates(const struct status_view *view)
{
    for (unsigned i = 0; i < view->nbalancers; i++) {
        const struct status_balancer *balancer = &view->balancers[i];

        for (unsigned k = 0; k < balancer->nlisteners; k++) {
            if (balancer->listeners[k].ncertificates)
                return true;
        }
    }
    return false;
}

/* ---- web ACLs ------------------------------------------------------------- */

static void acl_rows(struct table *table, const void *owner)
{
    const struct status_view *view = owner;

    HEADING(table, "WEB ACL", "ALLOWED", "BLOCKED", "COUNTED", "CAPTCHA",
            "CHALLENGE");
    for (unsigned i = 0; i < view->nacls; i++) {
        const struct status_acl *acl = &view->acls[i];

        table_cell(table, acl->name);
        cell_u64(table, acl->allowed);
        cell_u64(table, acl->blocked);
        cell_u64(table, acl->counted);
        cell_u64(table, acl->captcha);
        cell_u64(table, acl->challenge);
        table_row(table);
    }
}

static void alarm_rows(struct table *table, const void *owner)
{
    const struct status_view *view = owner;

    HEADING(table, "ALARM", "STATE", "SINCE", "REASON");
    for (unsigned i = 0; i < view->nalarms; i++) {
        const struct status_alarm *alarm = &view->alarms[i];

        table_cell(table, alarm->name);
        table_cell(table, alarm->state);
        table_cell(table, alarm->since);
        table_cell(table, alarm->reason);
        table_row(table);
    }
}

void status_put_text(struct text *t, const struct status_view *view)
{
    bool listeners = false;
    bool targets = false;

    for (unsigned i = 0; i < view->nbalancers; i++)
        listeners |= view->balancers[i].nlisteners != 0;
    for (unsigned i = 0; i < view->ngroups; i++)
        targets |= view->groups[i].ntargets != 0;
    put_process(t, &view->process);
    text_char(t, '\n');
    if (view->nbalancers) {
        table_put(t, balancer_rows, view);
        text_char(t, '\n');
    }
    if (listeners) {
        table_put(t, listener_rows, view);
        text_char(t, '\n');
        table_put(t, rule_rows, view);
        if (has_certificates(view)) {
            text_char(t, '\n');
            table_put(t, certificate_rows, view);
        }
    } else {
        TEXT_LITERAL(t, "no listeners\n");
    }
    text_char(t, '\n');
    if (view->ngroups)
        table_put(t, group_rows, view);
    else
        TEXT_LITERAL(t, "no target groups\n");
    if (targets) {
        text_char(t, '\n');
        table_put(t, target_rows, view);
    }
    if (view->nacls) {
        text_char(t, '\n');
        table_put(t, acl_rows, view);
    }
    if (view->nalarms) {
        text_char(t, '\n');
        table_put(t, alarm_rows, view);
    }
    put_elsewhere(t, view);
    put_silent(t, view);
}
