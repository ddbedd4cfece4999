/* SPDX-License-Identifier: Apache-2.0
 *
 * What runs, for GET /status (a text for people) and /status.json: the
 * process, load balancers with their listeners and rules, target groups with
 * their targets.
 *
 * Pure functions of a view that the control thread fills
 * (control/status_view.c); all of it is the caller's, nothing in it is
 * another thread's.  Numbers that are not known here, or that mean nothing
 * for this thing, are STATUS_UNKNOWN; texts then have n == 0: the JSON leaves
 * out what is not known, the text shows "-", or no column at all.
 *
 * The JSON is one object.  Names are those of AWS's API where it has one:
 *
 *   Sluice: {Version, ProcessId, UptimeSeconds, Workers, Draining,
 *     ConfigGeneration, ConfigsAlive, Restarts?, Upgrades?, Requests,
 *     RequestsInProgress, ClientConnections}
 *   LoadBalancers: [{LoadBalancerName, LoadBalancerArn, LogicalId, DNSName,
 *     Listeners: [{ListenerArn, LogicalId, Protocol, Port, LocalAddress?,
 *       OwnAddress?, ClientConnections?, SslPolicy?,
 *       Certificates?: [{CertificateArn, IsDefault, DomainNames, KeyAlgorithm,
 *         NotAfter, File?, Stale?}],
 *       Rules: [{RuleArn, LogicalId, Priority, IsDefault,
 *         Actions: [{Type, RedirectConfig?: {StatusCode},
 *           FixedResponseConfig?: {StatusCode},
 *           ForwardConfig?: {TargetGroups: [{TargetGroupName,
 *             TargetGroupArn, Weight, Percent}]}}]}]}]}]
 *   WebACLs: [{Name, ARN, LogicalId, AllowedRequests, BlockedRequests,
 *     CountedRequests, CaptchaRequests, ChallengeRequests}]
 *   Alarms?: [{AlarmName, AlarmArn, LogicalId, StateValue, StateReason,
 *     StateTransitionedTimestamp}]
 *   TargetGroups: [{TargetGroupName, TargetGroupArn, Removed,
 *     LogicalId, TargetType, Protocol, ProtocolVersion, Port?, Algorithm,
 *     InUse, Stickiness?, SlowStartSeconds, DeregistrationDelaySeconds,
 *     FailOpen, DnsState?, NoAddressHereCount (these unless it is removed),
 *     Sources?: [{Source, TargetCount, SecondsSinceAnswer?, Answers,
 *       Failures, Error?}],
 *     HealthyCount, UnhealthyCount, InitialCount, DrainingCount,
 *     Targets: [{Target: {Id, Port, AvailabilityZone?},
 *       TargetHealth: {State, Reason?, Description?},
 *       AnomalyDetection?: {Result, MitigationInEffect}, StateSeconds?,
 *       WeightPercent?, SharePercent?, SlowStartPercent?,
 *       DrainingSecondsLeft?, RequestsInProgress?, Requests?, Errors?}]}]
 *
 *
 * Priority is a string ("10", "default"), as DescribeRules has it;
 * MitigationInEffect is "yes" or "no".  Actions has the action that ends the
 * rule.
 */
#ifndef SLUICE_API_STATUS_H
#define SLUICE_API_STATUS_H

#include "base/text.h"

#define STATUS_UNKNOWN UINT64_MAX

struct status_process {
    const char *version;
    uint64_t pid;
    uint64_t uptime_s;
    unsigned workers;
    bool draining;
    uint64_t generation;    /* of the config: 1 at the start, one more for each
                            change */
    uint64_t configs_alive; /* that something still uses */
    uint64_t restarts;      /* by a supervisor; or unknown */
    uint64_t upgrades;
    uint64_t requests;
    uint64_t requests_active;
    uint64_t connections;
};

/* One group of a forward action. */
struct status_forward {
    struct str name;
    struct str arn;
    unsigned weight;
};

struct status_rule {
    struct str id;
    struct str arn;
    unsigned priority;  /* 0: the default rule */
    struct str action;  /* "forward", "redirect" ... */
    unsigned code;      /* of a redirect or fixed response; 0: none */
    unsigned nforwards; /* 0: it does not forward */
    const struct status_forward *forwards;
};

/* One that an HTTPS listener serves; the first one is its default. */
struct status_certificate {
    struct str arn;
    struct str names; /* with ", " between; the last ones may be left out */
    struct str key;   /* "RSA 2048", "ECDSA P-256" */
    struct str until; /* 2027-02-21T12:05:02Z */
    struct str file;  /* n == 0: the local authority issued it */
    bool stale;       /* its files have changed, and cannot be served as they
                         are: this is what they were */
};

struct status_listener {
    struct str id;
    struct str arn;
    struct str protocol;
    unsigned port;          /* in the template */
    struct str address;     /* where it is here; n == 0: it is not served */
    struct str own_address; /* and at its load balancer's own one; n == 0: it is
                               not there */
    uint64_t connections;   /* open; or unknown */
    struct str policy;      /* of HTTPS listeners; n == 0: HTTP */
    unsigned ncertificates;
    const struct status_certificate *certificates;
    unsigned nrules;
    const struct status_rule *rules;
};

struct status_balancer {
    struct str id;
    struct str name;
    struct str arn;
    struct str dns_name;
    unsigned nlisteners;
    const struct status_listener *listeners;
};

struct status_target {
    struct str address; /* IP:PORT */
    struct str ip;
    unsigned port;
    bool mitigated;         /* anomaly mitigation holds requests back */
    struct str zone;        /* n == 0: none */
    struct str state;       /* healthy, unhealthy, initial, draining ... */
    struct str reason;      /* Target.Timeout ...; n == 0: none */
    struct str description; /* n == 0: none */
    struct str anomaly;     /* "normal", "anomalous"; n == 0: not known */
    uint64_t since_s;       /* since its state changed; or unknown */
    uint64_t weight;        /* 1/10000 of that of a target that nothing holds
                               back; or unknown */
    uint64_t share;         /* of its group's requests, in 1/10000; or unknown,
                               as where the fewest outstanding decide */
    uint64_t slow_start;    /* percent that its ramp has reached; unknown: it
                               is in none */
    uint64_t draining_left_s; /* until requests are cut; or unknown */
    uint64_t active;          /* requests in progress; or unknown */
    uint64_t requests;
    uint64_t errors;
};

/* Where targets of a group are found (control/discovery.h). */
struct status_source {
    struct str group;  /* its name */
    struct str name;   /* "ecs prod/web app:8080" */
    unsigned ntargets; /* that it has found */
    uint64_t since_s;  /* since an answer was believed; or unknown: none was */
    uint64_t answers;  /* that were */
    uint64_t failures; /* that failed, or were not */
    struct str error;  /* why the last one was not; n == 0: it was */
};

struct status_group {
    struct str id;
    struct str name;
    struct str arn;
    struct str type;     /* instance, ip, lambda */
    struct str protocol; /* HTTP, HTTPS */
    struct str version;  /* HTTP1, HTTP2, GRPC */
    struct str algorithm;
    struct str stickiness; /* lb_cookie, app_cookie; n == 0: off */
    struct str dns_state;  /* healthy, unhealthy; n == 0: not known */
    unsigned port;         /* 0: none */
    unsigned nelsewhere;   /* registered, without an address here */
    bool used;             /* some listener forwards to it */
    bool fail_open;        /* too few are healthy: all get requests */
    bool removed;          /* from the config, and some of its targets drain;
                              nothing but its names is known */
    uint64_t slow_start_s; /* 0: off */
    uint64_t deregistration_s;
    unsigned ntargets;
    const struct status_target *targets;
    unsigned nsources; /* 0: its targets are told, not found */
    const struct status_source *sources;
};

/* Requests since the process began. */
struct status_acl {
    struct str id;
    struct str name;
    struct str arn;
    uint64_t allowed;
    uint64_t blocked;
    uint64_t counted;
    uint64_t captcha; /* asked */
    uint64_t challenge;
};

struct status_alarm {
    struct str id;
    struct str name;
    struct str arn;
    struct str state; /* OK, ALARM, INSUFFICIENT_DATA */
    struct str reason;
    struct str since; /* 2026-11-23T21:00:00.000Z */
};

struct status_view {
    struct status_process process;
    unsigned nbalancers;
    const struct status_balancer *balancers;
    unsigned ngroups;
    const struct status_group *groups;
    unsigned nacls;
    const struct status_acl *acls;
    unsigned nalarms;
    const struct status_alarm *alarms;
};

/* What the two begin with: who asks knows by it whom it asked. */
#define STATUS_TEXT_BEGIN "sluice "
#define STATUS_JSON_BEGIN "{\"Sluice\":"

/* Printable ASCII and line ends only. */
void status_put_text(struct text *t, const struct status_view *view);

void status_put_json(struct text *t, const struct status_view *view);

/* Room for either with names of usual length; when text_ok() is false, try
 * with more. */
size_t status_room(const struct status_view *view);

/* Of all weights of a forward: one group's share in 1/10000, 0 when all
 * weights are 0. */
unsigned status_odds(const struct status_rule *rule, unsigned i);

/* Targets of the group in this state. */
unsigned status_count(const struct status_group *group, struct str state);

#endif
