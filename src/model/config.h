/* SPDX-License-Identifier: Apache-2.0
 *
 * What was asked for, in AWS's words: load balancers, listeners, rules and
 * target groups as one graph, checked as AWS would check it.
 *
 * config_build() makes a config from the values of a template; it is never
 * changed afterwards and may be shared by threads.  A change is a new config
 * built from changed values.  A compiled snapshot of a config is what runs
 * (proxy/snapshot.h).  Times are in milliseconds here, whatever unit the
 * property has; texts are NUL-terminated slices of the config's region.
 */
#ifndef SLUICE_MODEL_CONFIG_H
#define SLUICE_MODEL_CONFIG_H

#include <stdatomic.h>

#include "base/address.h"
#include "base/error.h"
#include "codec/desync_class.h"
#include "crypto/ssl_policy.h"
#include "model/alarm.h"
#include "model/quota.h"
#include "model/report.h"
#include "model/web_acl.h"

enum {
    CONFIG_NAME_MAX = 32, /* characters of a name of AWS's */
    CONFIG_WEIGHT_MAX = 999,
    CONFIG_GROUPS_MAX = 5,     /* target groups of one forward action */
    CONFIG_TARGETS_MAX = 1000, /* targets of one target group */
    CONFIG_RULES_MAX = 4096,   /* of one listener */
    CONFIG_PRIORITY_MAX = 50000,
    CONFIG_NAMES_MAX = 100,      /* of one certificate */
    CONFIG_REVOCATIONS_MAX = 30, /* lists of one trust store */
};

/* ---- load balancers ------------------------------------------------------ */

enum xff_mode { XFF_APPEND, XFF_PRESERVE, XFF_REMOVE };
enum scheme { SCHEME_INTERNET_FACING, SCHEME_INTERNAL };
enum ip_address_type {
    IP_TYPE_IPV4,
    IP_TYPE_DUALSTACK,
    IP_TYPE_DUALSTACK_WITHOUT_PUBLIC_IPV4,
    IP_TYPE_IPV6
};

/* LoadBalancerAttributes (alb.md 6), by the names of model/attributes.c.
 * Those that nothing acts on yet are kept all the same. */
struct config_attributes {
    uint32_t idle_timeout_ms;
    uint32_t client_keep_alive_ms;
    uint32_t connect_timeout_ms; /* ALB: 10 s, not settable there */
    enum xff_mode xff_mode;
    enum desync_mode desync_mode;
    bool xff_client_port;
    bool preserve_host_header;
    bool drop_invalid_header_fields;
    bool http2;
    bool tls_headers; /* x_amzn_tls_version_and_cipher_suite */
    bool waf_fail_open;
    bool deletion_protection;
    bool cross_zone;
    bool zonal_shift;
    bool deny_all_igw_traffic;
    struct config_log {
        bool enabled;
        struct str bucket;
        struct str prefix;
    } access_logs, connection_logs, health_check_logs;
};

/* The logs that a load balancer can have (alb.md 7), its web ACL's too
 * (aws-waf.md 7). */
enum log_kind {
    ACCESS_LOG,
    CONNECTION_LOG,
    HEALTH_CHECK_LOG,
    WAF_LOG,
    LOG_KINDS
};

/* What of its metrics is published: Metadata.Sluice.Metrics. */
struct config_metrics {
    struct str space;  /* Namespace; n == 0: Sluice/ApplicationELB */
    bool zones;        /* AvailabilityZones: those of zones too */
    unsigned ninclude; /* 0: all */
    const struct str *include;
    unsigned nexclude;
    const struct str *exclude;
};

struct config_listener;

struct config_security; /* model/vpc.h */

struct config_load_balancer {
    struct str id; /* logical id in the template */
    struct place place;
    unsigned index; /* in config->load_balancers */
    struct str name;
    struct str arn;
    struct str full_name; /* "app/NAME/LBID" */
    struct str dns_name;
    uint64_t created_ms; /* since 1970, Metadata.Sluice.Created; 0: not said.
                            So of the others. */
    struct address bind; /* what its listeners are bound to; port 0 */
    struct address own;  /* where it is reached here beside that; port 0; family
                            0: nowhere (model/local_address.h) */
    enum scheme scheme;
    enum ip_address_type ip_address_type;
    struct config_attributes attributes;
    /* Metadata.Sluice.AccessLog, ConnectionLog, HealthCheckLog, and WafLog of
     * its web ACL: files, "-": standard output; n == 0: none. */
    struct str logs[LOG_KINDS];
    struct config_metrics metrics;
    unsigned nlisteners;
    struct config_listener **listeners;
    const struct config_web_acl *web_acl;   /* that requests are checked by; or
                                             NULL */
    const struct config_security *security; /* who may connect; NULL: all */
    unsigned nzones; /* in which it has subnets; 0: not all are known */
    struct str *zones;
};

/* Of one config.  model/patch.h makes another object of a load balancer, and
 * what is not its own still points to the one before: the address says
 * nothing. */
static inline bool config_same_balancer(const struct config_load_balancer *a,
                                        const struct config_load_balancer *b)
{
    return a == b || (a && b && a->index == b->index);
}

/* ---- target groups ------------------------------------------------------- */

enum protocol { PROTOCOL_HTTP, PROTOCOL_HTTPS };
enum protocol_version { VERSION_HTTP1, VERSION_HTTP2, VERSION_GRPC };
enum target_type { TARGET_TYPE_INSTANCE, TARGET_TYPE_IP, TARGET_TYPE_LAMBDA };
enum algorithm {
    ALGORITHM_ROUND_ROBIN,
    ALGORITHM_LEAST_OUTSTANDING,
    ALGORITHM_WEIGHTED_RANDOM
};
enum stickiness_type { STICKINESS_LB_COOKIE, STICKINESS_APP_COOKIE };
enum cross_zone { CROSS_ZONE_FALSE, CROSS_ZONE_TRUE, CROSS_ZONE_INHERIT };

/* What happens to a request on a pooled connection that the target closed
 * before the first byte of an answer. */
enum retry { RETRY_OFF, RETRY_SAFE };

/* A set of codes 0 to 639: a Matcher, of HTTP or gRPC. */
struct code_set {
    uint64_t bits[10];
};

static inline bool code_set_has(const struct code_set *set, unsigned code)
{
    return code < 640 && (set->bits[code / 64] >> code % 64 & 1);
}

/* Reads "200,202", "200-299" or both, each from min to max.  False with
 * nothing changed. */
bool code_set_parse(struct code_set *set, struct str text, unsigned min,
                    unsigned max);

struct config_health {
    bool enabled;
    enum protocol protocol;
    uint16_t port; /* 0: traffic-port */
    struct str path;
    uint32_t interval_ms;
    uint32_t timeout_ms;
    unsigned healthy_threshold;
    unsigned unhealthy_threshold;
    struct str matcher;    /* as it was written */
    struct code_set codes; /* what it means */
};

/* TargetGroupAttributes (alb.md 3.2). */
struct group_attributes {
    enum algorithm algorithm;
    bool anomaly_mitigation;
    enum cross_zone cross_zone;
    uint32_t deregistration_delay_ms;
    uint32_t slow_start_ms;
    bool sticky;
    enum stickiness_type stickiness_type;
    uint32_t lb_cookie_ms;
    uint32_t app_cookie_ms;
    struct str app_cookie_name;
    /* 0: off.  Fewer healthy targets than this: route to all of them. */
    uint32_t routing_count;
    uint32_t routing_percent;
    uint32_t dns_count;
    uint32_t dns_percent;
    bool multi_value_headers;
};

struct config_target {
    struct str id; /* as registered: an address, an instance id, a function */
    struct place place;
    uint16_t port;
    struct str zone;        /* n == 0: none */
    struct address address; /* family 0: it has none here */
    bool registered;        /* by Targets of the group, not by local words */
    bool found;             /* and that by discovery (model/discovery.h) */
};

/* Metadata.Sluice of a group with Protocol HTTPS.  ALB believes any
 * certificate of a target and names no server. */
struct config_target_tls {
    bool validate;          /* ValidateCertificate */
    struct str authorities; /* CertificateAuthorities: a file of PEM; n == 0:
                               those of the system */
    struct str server_name; /* ServerName: the name that is asked for, and
                               that the certificate must have; n == 0: none is
                               asked for, it must have the target's address */
};

struct config_group {
    struct str id; /* logical id */
    struct place place;
    unsigned index; /* in config->groups */
    struct str name;
    struct str arn;
    struct str full_name; /* "targetgroup/NAME/TGID" */
    uint64_t created_ms;
    enum target_type type;
    enum protocol protocol;
    enum protocol_version version;
    enum ip_address_type ip_address_type;
    uint16_t port; /* 0: a Lambda group */
    struct config_health health;
    struct group_attributes attributes;
    struct config_target_tls tls;
    struct address source; /* that connections to targets leave from; port 0;
                              family 0: the system chooses */
    enum retry retry;
    /* That an action of some listener forwards to, and of which balancer:
     * ALB allows one.  NULL: unused.  After a patch its `listeners` are those
     * of a config before. */
    const struct config_load_balancer *load_balancer;
    /* Those that have an address here: registered by IP address, from
     * --target, --service or Metadata. */
    unsigned ntargets;
    struct config_target *targets;
    /* Registered ones that have none (instance ids, functions). */
    unsigned nelsewhere;
    /* No address: the flag that gives one, "--service Svc.green=HOST:PORT". */
    struct str flag;
    /* Where its targets are found; NULL: nowhere, also where local addresses
     * take the place of what would be. */
    struct discovery_source *sources;
};

/* ---- rules ---------------------------------------------------------------- */

enum condition_field {
    CONDITION_HOST,
    CONDITION_PATH,
    CONDITION_HEADER,
    CONDITION_METHOD,
    CONDITION_QUERY,
    CONDITION_SOURCE_IP,
};

struct config_match {
    struct place place;
    bool has_key;
    struct str key;   /* QUERY; has_key false: any parameter */
    struct str value; /* a pattern, a regex, a method or a CIDR block */
};

struct config_condition {
    enum condition_field field;
    struct place place;
    bool regex;        /* the values are regexes (HOST, PATH, HEADER) */
    struct str header; /* HEADER: its name */
    unsigned nvalues;  /* at least 1; ORed */
    struct config_match *values;
};

enum action_type {
    ACTION_FORWARD,
    ACTION_REDIRECT,
    ACTION_FIXED_RESPONSE,
    ACTION_AUTHENTICATE_OIDC,
    ACTION_AUTHENTICATE_COGNITO,
    ACTION_JWT_VALIDATION,
};

struct config_forward {
    unsigned n;
    struct {
        const struct config_group *group;
        unsigned weight;
    } groups[CONFIG_GROUPS_MAX];
    bool sticky; /* TargetGroupStickinessConfig */
    uint32_t sticky_ms;
};

/* Each part with its keywords (#{host} ...), defaults filled in. */
struct config_redirect {
    unsigned status; /* 301 or 302 */
    struct str protocol;
    struct str host;
    struct str port;
    struct str path; /* begins with "/" */
    struct str query;
};

struct config_fixed {
    unsigned status;
    struct str content_type; /* n == 0: none was given */
    struct str body;
};

struct config_action {
    enum action_type type;
    struct place place;
    unsigned order;
    union {
        struct config_forward forward;
        struct config_redirect redirect;
        struct config_fixed fixed;
    } u; /* the other types are checked, and kept as `properties` */
    const struct value *properties;
};

enum transform_type { TRANSFORM_HOST, TRANSFORM_URL };

struct config_transform {
    enum transform_type type;
    struct place place;
    struct str regex;
    struct str replace;
};

struct config_rule {
    struct str id; /* logical id; of the default rule the listener's */
    struct place place;
    struct str arn;
    uint64_t created_ms;
    unsigned priority; /* 0: the default rule */
    unsigned nconditions;
    struct config_condition *conditions;
    unsigned nactions; /* ascending by Order; the last one is terminal */
    struct config_action *actions;
    unsigned ntransforms;
    struct config_transform transforms[2];
};

static inline const struct config_action *
config_rule_action(const struct config_rule *rule)
{
    return &rule->actions[rule->nactions - 1];
}

/* ---- listeners ------------------------------------------------------------ */

/* ListenerAttributes: response headers and header names (alb.md 5.9). */
struct config_listener_attribute {
    struct str key;
    struct str value;
};

struct config_certificate {
    struct str id;    /* logical id of its resource; n == 0: it has none */
    struct str owner; /* of the listener or ListenerCertificate that names it */
    struct place place;
    struct str arn;  /* made up where the template cannot say it */
    struct str file; /* PEM: the certificate, then those that vouch for it;
                        n == 0: see `pem`; without it too the local authority
                        issues it */
    struct str key;  /* the file of its key, which may be the same one */
    struct str pem;  /* without a file: the text itself, as it was imported by
                        the API; n == 0: none */
    struct str pem_key;
    unsigned nnames; /* of what the local authority issues */
    struct str *names;
};

/* Authorities that clients' certificates may come from, and what they have
 * revoked: files (PEM; lists may be DER), or texts of PEM that the account
 * has.  A text has a name too, which is another one for another text. */
struct config_trust_store {
    struct str id;    /* logical id of its resource; n == 0: it has none here */
    struct str owner; /* then: of the first listener that names it */
    struct place place;
    struct str arn; /* made up where the template cannot say it */
    uint64_t created_ms;
    struct str
        file; /* n == 0: none was said; a listener that verifies has one */
    struct str text; /* n == 0: it stands in the file */
    unsigned nlists;
    struct str *lists;
    struct str *list_texts; /* of each; n == 0: it stands in the file */
};

enum mutual_mode { MUTUAL_OFF, MUTUAL_PASSTHROUGH, MUTUAL_VERIFY };

/* What an HTTPS listener has beside an HTTP one. */
struct config_tls {
    const struct ssl_policy *policy;
    unsigned ncertificates;                  /* at least 1 */
    struct config_certificate *certificates; /* [0]: the default */
    enum mutual_mode mutual;
    struct config_trust_store *trust_store; /* MUTUAL_VERIFY */
    bool ignore_expiry;                     /* of clients' certificates */
    bool advertise_names;   /* of the trust store's authorities */
    bool websocket_over_h2; /* Metadata.Sluice.WebSocketOverHttp2 */
};

struct config_listener {
    struct str id;
    struct place place;
    unsigned index; /* in config->listeners, over all load balancers */
    struct str arn;
    uint64_t created_ms;
    const struct config_load_balancer *load_balancer;
    enum protocol protocol;
    uint16_t port; /* what it is called: rules, X-Forwarded-Port, Location */
    struct address bind; /* where it listens here; port 0: the system chooses */
    struct address own;  /* and there, of the same port; family 0: nowhere */
    struct config_tls *tls; /* NULL: HTTP */
    unsigned nattributes;
    struct config_listener_attribute *attributes;
    unsigned nrules; /* ascending by priority, the default rule last */
    struct config_rule *rules;
};

/* ---- the whole ------------------------------------------------------------ */

/* An ECS service that registers its tasks with target groups. */
struct config_service {
    struct str id;
    struct str path; /* aws:cdk:path; n == 0: none */
    unsigned ngroups;
    struct config_group **groups; /* its own; of a blue/green service the
                                     first is blue */
    struct config_group *green;   /* AlternateTargetGroupArn; or NULL */
};

struct config {
    struct region region;
    _Atomic unsigned refs;
    struct config *base;  /* held: the rest of it stands there (model/patch.h);
                               NULL: it is whole */
    unsigned patches;     /* since the last one that was whole */
    size_t patched_bytes; /* that these copied */
    struct str region_name; /* of AWS */
    struct str account;
    struct str stack;
    struct str zone; /* that this process is the node of; n == 0: of all */
    struct quotas quotas;
    unsigned nload_balancers;
    struct config_load_balancer **load_balancers;
    unsigned nlisteners;
    struct config_listener **listeners;
    unsigned ngroups;
    struct config_group **groups;
    unsigned ntrust_stores;
    struct config_trust_store **trust_stores;
    unsigned nservices;
    struct config_service **services;
    struct config_waf *waf; /* held; NULL: there is nothing of it */
    struct config_alarms alarms;
};

/* What is local about a config and stands in no template (--port, --bind,
 * --service ...). */
struct local_port {
    uint16_t listener;
    uint16_t local;
};

struct local_service {
    struct str name;  /* before "=" as typed: "Svc", "Svc.green" */
    struct str value; /* HOST:PORT[,...] as typed */
};

struct local_target_id {
    struct str id;    /* before "=" as typed: as it is registered */
    struct str value; /* HOST[:PORT] as typed */
};

struct local_certificate {
    struct str name; /* before "=" as typed: an ARN or a logical id */
    struct str file;
    struct str key; /* may be the same file */
};

struct local_trust_store {
    struct str name;  /* before "=" as typed: an ARN or a logical id */
    struct str files; /* the bundle, then lists, with "," between them */
};

struct local {
    struct address bind; /* port unused; family 0: 127.0.0.1 */
    unsigned port_offset;
    unsigned nports;
    const struct local_port *ports;
    unsigned nservices;
    const struct local_service *services;
    unsigned ntargets;
    const struct local_target_id *targets;
    unsigned ncertificates;
    const struct local_certificate *certificates;
    unsigned ntrust_stores;
    const struct local_trust_store *trust_stores;
    bool follow_services; /* --discover ecs: the template's services of ECS */
    enum retry retry;
    bool enforce_security_groups; /* of load balancers that do not say */
    struct quotas quotas;
    struct str zone;      /* n == 0: this process stands for the nodes of all */
    struct str s3_folder; /* that has BUCKET/KEY of S3; n == 0: none */
    bool again; /* read again while it runs: what has gone is no error */
    bool listeners_come;    /* the API may make listeners: nor is a --port of
                             none */
    struct str region_name; /* n == 0: us-east-1 */
    struct str account;     /* n == 0: 000000000000 */
};

/* Builds a config from resources: a MAP of logical id -> MAP {Type,
 * Properties, Metadata} as the template's loader resolved them.  `stack` names
 * the stack: ARNs and ids derive from it and the logical ids, so they are the
 * same after a restart.  Everything wrong goes to the report; NULL when any of
 * it was an error. */
struct config *config_build(const struct value *resources, struct str stack,
                            const struct local *local, struct report *report);

/* One more owner, one owner less; from any thread. */
struct config *config_hold(struct config *config);
void config_release(struct config *config);

/* How messages call what has these: by its logical id, or where the API made
 * that, so that nobody was told of it, by the name. */
struct str config_called(struct str id, struct str arn, struct str name);

/* The resources that `--to [NAME=]HOST:PORT[@WEIGHT][,...]` stands for: a load
 * balancer with one listener on `port` that forwards to one target group per
 * NAME; the stack is called `sluice`, region and account are the defaults.  `health_path`: what to probe; n == 0: health
 * checks are off.  `attributes` are KEY=VALUE texts.  Values stand in the
 * region; NULL with an error that names the entry. */
struct to_options {
    struct str to;
    uint16_t port;
    struct str health_path;
    unsigned nattributes;
    const char *const *attributes;
};

const struct value *config_to(const struct to_options *options,
                              struct region *region, struct error *error);

#endif
