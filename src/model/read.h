/* SPDX-License-Identifier: Apache-2.0
 *
 * How a config is built from resources: what the readers of the resource types
 * share.  Private to the model.
 *
 * Resources are read in the order of who names whom: load balancers and target
 * groups, listeners, rules, services.  A resource that has errors is entered
 * all the same, so that what names it is not reported as well.
 */
#ifndef SLUICE_MODEL_READ_H
#define SLUICE_MODEL_READ_H

#include "model/arn.h"
#include "model/config.h"
#include "model/local.h"
#include "model/schema.h"

enum known_kind {
    KNOWN_LOAD_BALANCER,
    KNOWN_TARGET_GROUP,
    KNOWN_LISTENER,
    KNOWN_TRUST_STORE,
    KNOWN_CERTIFICATE, /* its object: struct certificate_resource */
    KNOWN_WEB_ACL,
    KNOWN_RULE_GROUP,
    KNOWN_IP_SET,
    KNOWN_REGEX_SET,
};

/* An ARN that the template declares. */
struct known {
    enum known_kind kind;
    struct str arn;
    struct str id;
    void *object; /* NULL: declared, and wrong; what names it is left out */
};

/* A listener's rules while they are gathered. */
struct rule_list {
    struct rule_entry *first;
    struct rule_entry **end;
    unsigned n;
};

/* A listener's certificates while they are gathered. */
struct certificate_list {
    struct certificate_entry *first;
    struct certificate_entry **end;
    unsigned n;
};

/* Who first forwarded to a target group. */
struct group_use {
    const char *name;
    struct place place;
};

/* What a balancer has in all, for AWS's quotas. */
struct balancer_use {
    unsigned nrules; /* without default rules */
    unsigned ngroups;
};

/* A Name property. */
struct given_name {
    struct str name;
    const struct resource *resource;
    const struct place *place;
};

struct given_names {
    unsigned n;
    struct given_name *names;
};

/* An id, and who has it. */
struct given_id {
    struct str id;
    const struct resource *resource;
    const struct place *place; /* NULL: it was made of its logical id */
};

struct given_ids {
    unsigned n;
    struct given_id *ids;
};

struct build {
    struct config *config;
    const struct local *local;
    struct report *report;
    struct region region; /* for the time of building */
    struct arn_scope scope;
    struct kept_file *files;
    struct vpc_build *vpc; /* read_vpc.h; NULL: nothing of it so far */
    struct waf_build *waf; /* read_waf.h; NULL: there is nothing of it so far */
    unsigned nresources;
    struct given_names balancer_names;
    struct given_names group_names;
    struct given_names trust_store_names;
    struct given_ids ids;
    unsigned nknown;
    unsigned nsorted; /* of them, by ARN */
    struct known *known;
    bool lost; /* a resource has no ARN because of its errors */
    /* By the index of the objects in the config. */
    struct balancer_use *balancers;
    struct group_use *uses;
    struct rule_list *rules;
    struct certificate_list *certificates;
    struct local_group_hint *group_hints;
    struct local_listener_hint *listener_hints;
    struct local_balancer_hint *balancer_hints;
    const struct resource **alarm_resources;
    struct field *suppressors; /* of alarms */
};

static inline bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') ||
           (str_lower(c) >= 'a' && str_lower(c) <= 'z');
}

/* ---- into the config's region ------------------------------------------- */

struct str keep(struct build *build, struct str s);

/* The text of a field; empty when it is not ok. */
struct str keep_text(struct build *build, const struct field *field);

/* A place whose file's name lives as long as the config. */
struct place keep_place(struct build *build, const struct place *place);

/* A deep copy. */
const struct value *keep_value(struct build *build, const struct value *value);

/* ---- what the template declares ------------------------------------------ */

void known_add(struct build *build, enum known_kind kind, struct str arn,
               struct str id, void *object);

/* The object whose ARN stands in the field.  NULL when there is none, with an
 * error in the report unless it was reported before; `name` is the
 * property's. */
void *known_find(struct build *build, const struct resource *resource,
                 enum known_kind kind, const struct field *field,
                 const char *name);

/* Whether the template declares something with this ARN. */
bool known_has(struct build *build, struct str arn);

/* What it declares; NULL: nothing. */
const struct known *known_get(struct build *build, struct str arn);

/* "load balancer". */
const char *known_word(enum known_kind kind);

/* The file's name as one that lives as long as the region; `files` are those
 * that do already. */
const char *keep_file(struct build *build, struct region *region,
                      struct kept_file **files, const char *name);

/* ---- the readers, one for each type -------------------------------------- */

void read_load_balancer(struct build *build, const struct resource *resource);
void read_target_group(struct build *build, const struct resource *resource);
void read_listener(struct build *build, const struct resource *resource);
/* Takes the rule in; it is read when all of them are known. */
void read_rule(struct build *build, const struct resource *resource);
void read_rules(struct build *build, struct config_listener *listener);
void read_service(struct build *build, const struct resource *resource);
void read_certificate(struct build *build, const struct resource *resource);
void read_listener_certificate(struct build *build,
                               const struct resource *resource);
void read_trust_store(struct build *build, const struct resource *resource);
void read_revocation(struct build *build, const struct resource *resource);
void read_ip_set(struct build *build, const struct resource *resource);
void read_regex_set(struct build *build, const struct resource *resource);
void read_rule_group(struct build *build, const struct resource *resource);
void read_web_acl(struct build *build, const struct resource *resource);
void read_association(struct build *build, const struct resource *resource);
void read_logging(struct build *build, const struct resource *resource);
void read_alarm(struct build *build, const struct resource *resource);
void read_composite(struct build *build, const struct resource *resource);
void read_topic(struct build *build, const struct resource *resource);
void read_subscription(struct build *build, const struct resource *resource);
/* After the last of them. */
void read_alarms_end(struct build *build);
/* What is said of such resources has the API's words for it. */
void waf_resource(struct build *build, struct resource *resource);
/* After the last of them. */
void read_waf_end(struct build *build);

/* Metadata.Sluice of a resource that has none. */
void refuse_sluice(const struct resource *resource);

/* ---- read_metrics.c ---------------------------------------------------------- */

/* Metadata.Sluice.Metrics of a load balancer. */
extern const struct schema metrics_schema;

void read_metrics(struct build *build, const struct resource *resource,
                  const struct field *field, struct config_metrics *metrics);

/* ---- read_identity.c: Id and Created of Metadata.Sluice ---------------------- */

/* In the struct that a Metadata.Sluice is read into, with
 * IDENTITY_PROPERTIES(struct input, member) in its table. */
struct identity_input {
    struct field id;
    struct field created;
};

#define IDENTITY_PROPERTIES(type, member)                                      \
    {.name = "Id",                                                             \
     .kind = PROPERTY_STRING,                                                  \
     .offset = offsetof(type, member.id),                                      \
     .example = "0123456789abcdef"},                                           \
    {                                                                          \
        .name = "Created", .kind = PROPERTY_STRING,                            \
        .offset = offsetof(type, member.created),                              \
        .example = "2026-01-02T03:04:05.678Z"                                  \
    }

/* The resource's id: that which was given, or one made of its logical id.
 * What is malformed is an error; what two have, too (check_ids()).  `created`
 * may be NULL. */
struct str read_identity(struct build *build, const struct resource *resource,
                         const struct identity_input *input,
                         uint64_t *created_ms);

/* The same of a certificate, and of web ACLs and their like: the id is a
 * UUID. */
struct str read_certificate_identity(struct build *build,
                                     const struct resource *resource,
                                     const struct identity_input *input);

/* Metadata.Sluice of a resource that has nothing else there. */
void read_identity_alone(const struct resource *resource,
                         struct identity_input *into);

/* How messages call a resource of a type with this word: "rule Api", by its
 * logical id.  Nobody was told that of what the API made: "rule of priority
 * 10", "target group blue". */
const char *resource_called(const struct resource *resource, const char *word);

/* Reports ids that are there twice. */
void check_ids(const struct given_ids *ids);

/* TCP, UDP ...: of network and gateway load balancers. */
bool is_foreign_protocol(struct str protocol);

/* HTTP or HTTPS, HTTP when it is neither.  `name` is the property's; of what
 * `is_foreign` knows the error says `why_not`, with the remedy behind an LF. */
enum protocol read_protocol(const struct resource *resource,
                            const struct field *field, const char *name,
                            bool (*is_foreign)(struct str protocol),
                            const char *why_not);

/* ---- parts of them --------------------------------------------------------- */

/* What Metadata.Sluice of a target group says of TLS to its targets. */
struct target_tls_input {
    struct field validate;
    struct field authorities;
    struct field server_name;
};

/* group->tls; its protocol is known. */
void read_target_tls(struct build *build, const struct resource *resource,
                     const struct target_tls_input *input,
                     struct config_group *group);

/* A {Key, Value} of an attributes list. */
struct attribute_input {
    const struct value *value;
    struct field key;
    struct field text;
};

extern const struct schema attribute_schema;

/* Calls `read` for each one, once per key; keys given twice are an error.
 * Values that only AWS knows are left out where Sluice does not act on them,
 * and an error elsewhere. */
void read_attributes(struct build *build, const struct resource *resource,
                     const struct field *list, const char *name,
                     void (*read)(struct build *build,
                                  const struct resource *resource,
                                  const struct attribute_input *attribute,
                                  void *owner),
                     void *owner);

/* Checks a Name property and takes it in; what it is not ok is not looked
 * at.  Returns the name; empty when there is none. */
struct str read_name(struct build *build, const struct resource *resource,
                     const struct field *name, struct given_names *names);

/* Reports names that are there twice. */
void check_names(const struct given_names *names, const char *kind);

/* ---- read_tls.c: what HTTPS listeners have ---------------------------------- */

extern const struct schema certificates_schema; /* [{CertificateArn}] */
extern const struct schema key_pairs_schema;    /* [{Certificate, Key}] */

struct tls_fields {
    const struct field *protocol;
    const struct field *policy;
    const struct field *certificates;
    const struct field *key_pairs; /* of Metadata.Sluice */
    const struct field *websocket_over_h2;
};

/* Makes listener->tls, without its certificates: those are gathered in the
 * build, and listed when all are known. */
void read_tls(struct build *build, const struct resource *resource,
              const struct tls_fields *fields,
              struct config_listener *listener);

/* After the last listener and ListenerCertificate: the arrays, and what is
 * checked of all listeners of a load balancer. */
void list_certificates(struct build *build);

/* ---- read_mutual.c: what is asked of clients ---------------------------------- */

extern const struct schema mutual_schema; /* MutualAuthentication */

/* Whether it says something other than `Mode: "off"`. */
bool is_mutual(const struct field *mutual);

/* Into listener->tls, which is there. */
void read_mutual(struct build *build, const struct resource *resource,
                 const struct field *mutual, struct config_listener *listener);

/* The table of one action. */
extern const struct schema action_schema;

/* Reads the actions of `list`, whose property has this name, into the rule. */
void read_actions(struct build *build, const struct resource *resource,
                  struct config_listener *listener, const struct field *list,
                  const char *name, struct config_rule *rule);

extern const struct schema redirect_schema;

void read_redirect(struct build *build, const struct resource *resource,
                   const struct config_listener *listener,
                   const struct field *config,
                   struct config_redirect *redirect);

/* The tables of the actions that only HTTPS listeners have. */
extern const struct schema oidc_schema;
extern const struct schema cognito_schema;
extern const struct schema jwt_schema;

/* Checks what their tables cannot say. */
void check_authenticate(const struct resource *resource, enum action_type type,
                        const struct field *config);

extern const struct schema condition_schema;

void read_conditions(struct build *build, const struct resource *resource,
                     const struct field *list, struct config_rule *rule);

/* Whether a value that is no regex is one that ALB takes. */
void check_match(const struct resource *resource, enum condition_field field,
                 const struct field *value);

extern const struct schema transform_schema;

void read_transforms(struct build *build, const struct resource *resource,
                     const struct field *list, struct config_rule *rule);

extern const struct schema target_schema;

/* The group's type and port are there before. */
void read_targets(struct build *build, const struct resource *resource,
                  const struct field *list, struct config_group *group);

/* Health check properties of a target group. */
struct health_input {
    struct field enabled;
    struct field protocol;
    struct field port;
    struct field path;
    struct field interval;
    struct field timeout;
    struct field healthy;
    struct field unhealthy;
    struct field matcher;
};

extern const struct schema matcher_schema;

void read_health(struct build *build, const struct resource *resource,
                 const struct health_input *input, struct config_group *group);

#endif
