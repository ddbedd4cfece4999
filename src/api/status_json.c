/* SPDX-License-Identifier: Apache-2.0
 *
 * The status as JSON; the shape stands in api/status.h.
 */
#include "api/json.h"
#include "api/status.h"

/* ---- members that may be left out ---------------------------------------- */

static void known_u64(struct json *j, const char *key, uint64_t value)
{
    if (value != STATUS_UNKNOWN)
        json_u64(j, key, value);
}

static void known_str(struct json *j, const char *key, struct str value)
{
    if (value.n)
        json_str(j, key, value);
}

/* A number of 1/10000 as percent: 33.33. */
static void put_percent(struct json *j, const char *key, uint64_t share)
{
    if (share == STATUS_UNKNOWN)
        return;
    json_u64(j, key, share / 100);
    if (share % 100)
        text_printf(j->t, ".%02u", (unsigned)(share % 100));
}

/* ---- parts --------------------------------------------------------------- */

static void put_process(struct json *j, const struct status_process *p)
{
    json_begin(j, "Sluice", '{');
    json_str(j, "Version", str_of(p->version));
    json_u64(j, "ProcessId", p->pid);
    json_u64(j, "UptimeSeconds", p->uptime_s);
    json_u64(j, "Workers", p->workers);
    json_bool(j, "Draining", p->draining);
    json_u64(j, "ConfigGeneration", p->generation);
    json_u64(j, "ConfigsAlive", p->configs_alive);
    known_u64(j, "Restarts", p->restarts);
    known_u64(j, "Upgrades", p->upgrades);
    json_u64(j, "Requests", p->requests);
    json_u64(j, "RequestsInProgress", p->requests_active);
    json_u64(j, "ClientConnections", p->connections);
    json_end(j, '}');
}

static void put_forward(struct json *j, const struct status_rule *rule)
{
    json_begin(j, "ForwardConfig", '{');
    json_begin(j, "TargetGroups", '[');
    for (unsigned i = 0; i < rule->nforwards; i++) {
        const struct status_forward *forward = &rule->forwards[i];

        json_begin(j, NULL, '{');
        json_str(j, "TargetGroupName", forward->name);
        json_str(j, "TargetGroupArn", forward->arn);
        json_u64(j, "Weight", forward->weight);
        put_percent(j, "Percent", status_odds(rule, i));
        json_end(j, '}');
    }
    json_end(j, ']');
    json_end(j, '}');
}

/* StatusCode is "HTTP_301" of a redirect, "404" of a fixed response. */
static void put_code(struct json *j, const struct status_rule *rule)
{
    bool redirect = str_eq(rule->action, STR("redirect"));
    char buffer[32];
    struct text code = text_in(buffer, sizeof(buffer));

    if (redirect)
        TEXT_LITERAL(&code, "HTTP_");
    text_u64(&code, rule->code);
    json_begin(j, redirect ? "RedirectConfig" : "FixedResponseConfig", '{');
    json_str(j, "StatusCode", text_str(&code));
    json_end(j, '}');
}

static void put_action(struct json *j, const struct status_rule *rule)
{
    json_begin(j, "Actions", '[');
    json_begin(j, NULL, '{');
    json_str(j, "Type", rule->action);
    if (rule->code)
        put_code(j, rule);
    if (rule->nforwards)
        put_forward(j, rule);
    json_end(j, '}');
    json_end(j, ']');
}

static void put_rule(struct json *j, const struct status_rule *rule)
{
    char buffer[24];
    struct text priority = text_in(buffer, sizeof(buffer));

    if (rule->priority)
        text_u64(&priority, rule->priority);
    else
        TEXT_LITERAL(&priority, "default");
    json_begin(j, NULL, '{');
    json_str(j, "RuleArn", rule->arn);
    json_str(j, "LogicalId", rule->id);
    json_str(j, "Priority", text_str(&priority));
    json_bool(j, "IsDefault", rule->priority == 0);
    put_action(j, rule);
    json_end(j, '}');
}

static void put_certificates(struct json *j,
                             const struct status_listener *listener)
{
    json_begin(j, "Certificates", '[');
    for (unsigned i = 0; i < listener->ncertificates; i++) {
        const struct status_certificate *c = &listener->certificates[i];

        json_begin(j, NULL, '{');
        json_str(j, "CertificateArn", c->arn);
        json_bool(j, "IsDefault", i == 0);
        json_str(j, "DomainNames", c->names);
        json_str(j, "KeyAlgorithm", c->key);
        json_str(j, "NotAfter", c->until);
        known_str(j, "File", c->file);
        if (c->stale)
            json_bool(j, "Stale", true);
        json_end(j, '}');
    }
    json_end(j, ']');
}

static void put_listener(struct json *j, const struct status_listener *listener)
{
    json_begin(j, NULL, '{');
    json_str(j, "ListenerArn", listener->arn);
    json_str(j, "LogicalId", listener->id);
    json_str(j, "Protocol", listener->protocol);
    json_u64(j, "Port", listener->port);
    known_str(j, "LocalAddress", listener->address);
    known_str(j, "OwnAddress", listener->own_address);
    known_u64(j, "ClientConnections", listener->connections);
    known_str(j, "SslPolicy", listener->policy);
    if (listener->ncertificates)
        put_certificates(j, listener);
    json_begin(j, "Rules", '[');
    for (unsigned i = 0; i < listener->nrules; i++)
        put_rule(j, &listener->rules[i]);
    json_end(j, ']');
    json_end(j, '}');
}

static void put_balancer(struct json *j, const struct status_balancer *balancer)
{
    json_begin(j, NULL, '{');
    json_str(j, "LoadBalancerName", balancer->name);
    json_str(j, "LoadBalancerArn", balancer->arn);
    json_str(j, "LogicalId", balancer->id);
    json_str(j, "DNSName", balancer->dns_name);
    json_begin(j, "Listeners", '[');
    for (unsigned i = 0; i < balancer->nlisteners; i++)
        put_listener(j, &balancer->listeners[i]);
    json_end(j, ']');
    json_end(j, '}');
}

static void put_health(struct json *j, const struct status_target *target)
{
    json_begin(j, "TargetHealth", '{');
    json_str(j, "State", target->state);
    known_str(j, "Reason", target->reason);
    known_str(j, "Description", target->description);
    json_end(j, '}');
    if (target->anomaly.n == 0)
        return;
    json_begin(j, "AnomalyDetection", '{');
    json_str(j, "Result", target->anomaly);
    json_str(j, "MitigationInEffect",
             target->mitigated ? STR("yes") : STR("no"));
    json_end(j, '}');
}

static void put_target(struct json *j, const struct status_target *target)
{
    json_begin(j, NULL, '{');
    json_begin(j, "Target", '{');
    json_str(j, "Id", target->ip);
    json_u64(j, "Port", target->port);
    known_str(j, "AvailabilityZone", target->zone);
    json_end(j, '}');
    put_health(j, target);
    known_u64(j, "StateSeconds", target->since_s);
    put_percent(j, "WeightPercent", target->weight);
    put_percent(j, "SharePercent", target->share);
    known_u64(j, "SlowStartPercent", target->slow_start);
    known_u64(j, "DrainingSecondsLeft", target->draining_left_s);
    known_u64(j, "RequestsInProgress", target->active);
    known_u64(j, "Requests", target->requests);
    known_u64(j, "Errors", target->errors);
    json_end(j, '}');
}

static void put_settings(struct json *j, const struct status_group *group)
{
    json_str(j, "LogicalId", group->id);
    json_str(j, "TargetType", group->type);
    json_str(j, "Protocol", group->protocol);
    json_str(j, "ProtocolVersion", group->version);
    if (group->port)
        json_u64(j, "Port", group->port);
    json_str(j, "Algorithm", group->algorithm);
    json_bool(j, "InUse", group->used);
    known_str(j, "Stickiness", group->stickiness);
    json_u64(j, "SlowStartSeconds", group->slow_start_s);
    json_u64(j, "DeregistrationDelaySeconds", group->deregistration_s);
    json_bool(j, "FailOpen", group->fail_open);
    known_str(j, "DnsState", group->dns_state);
    json_u64(j, "NoAddressHereCount", group->nelsewhere);
}

static void put_source(struct json *j, const struct status_source *source)
{
    json_begin(j, NULL, '{');
    json_str(j, "Source", source->name);
    json_u64(j, "TargetCount", source->ntargets);
    known_u64(j, "SecondsSinceAnswer", source->since_s);
    json_u64(j, "Answers", source->answers);
    json_u64(j, "Failures", source->failures);
    known_str(j, "Error", source->error);
    json_end(j, '}');
}

static void put_sources(struct json *j, const struct status_group *group)
{
    if (group->nsources == 0)
        return;
    json_begin(j, "Sources", '[');
    for (unsigned i = 0; i < group->nsources; i++)
        put_source(j, &group->sources[i]);
    json_end(j, ']');
}

static void put_counts(struct json *j, const struct status_group *group)
{
    json_u64(j, "HealthyCount", status_count(group, STR("healthy")));
    json_u64(j, "UnhealthyCount", status_count(group, STR("unhealthy")));
    json_u64(j, "InitialCount", status_count(group, STR("initial")));
    json_u64(j, "DrainingCount", status_count(group, STR("draining")));
}

static void put_group(struct json *j, const struct status_group *group)
{
    json_begin(j, NULL, '{');
    json_str(j, "TargetGroupName", group->name);
    json_str(j, "TargetGroupArn", group->arn);
    json_bool(j, "Removed", group->removed);
    if (!group->removed)
        put_settings(j, group);
    put_sources(j, group);
    put_counts(j, group);
    json_begin(j, "Targets", '[');
    for (unsigned i = 0; i < group->ntargets; i++)
        put_target(j, &group->targets[i]);
    json_end(j, ']');
    json_end(j, '}');
}

static void put_acl(struct json *j, const struct status_acl *acl)
{
    json_begin(j, NULL, '{');
    json_str(j, "Name", acl->name);
    json_str(j, "ARN", acl->arn);
    json_str(j, "LogicalId", acl->id);
    json_u64(j, "AllowedRequests", acl->allowed);
    json_u64(j, "BlockedRequests", acl->blocked);
    json_u64(j, "CountedRequests", acl->counted);
    json_u64(j, "CaptchaRequests", acl->captcha);
    json_u64(j, "ChallengeRequests", acl->challenge);
    json_end(j, '}');
}

static void put_alarm(struct json *j, const struct status_alarm *alarm)
{
    json_begin(j, NULL, '{');
    json_str(j, "AlarmName", alarm->name);
    json_str(j, "AlarmArn", alarm->arn);
    json_str(j, "LogicalId", alarm->id);
    json_str(j, "StateValue", alarm->state);
    json_str(j, "StateReason", alarm->reason);
    json_str(j, "StateTransitionedTimestamp", alarm->since);
    json_end(j, '}');
}

static void put_alarms(struct json *j, const struct status_view *view)
{
    if (view->nalarms == 0)
        return;
    json_begin(j, "Alarms", '[');
    for (unsigned i = 0; i < view->nalarms; i++)
        put_alarm(j, &view->alarms[i]);
    json_end(j, ']');
}

void status_put_json(struct text *t, const struct status_view *view)
{
    struct json j = {.t = t};

    json_begin(&j, NULL, '{');
    put_process(&j, &view->process);
    json_begin(&j, "LoadBalancers", '[');
    for (unsigned i = 0; i < view->nbalancers; i++)
        put_balancer(&j, &view->balancers[i]);
    json_end(&j, ']');
    json_begin(&j, "WebACLs", '[');
    for (unsigned i = 0; i < view->nacls; i++)
        put_acl(&j, &view->acls[i]);
    json_end(&j, ']');
    put_alarms(&j, view);
    json_begin(&j, "TargetGroups", '[');
    for (unsigned i = 0; i < view->ngroups; i++)
        put_group(&j, &view->groups[i]);
    json_end(&j, ']');
    json_end(&j, '}');
    text_char(t, '\n');
}
