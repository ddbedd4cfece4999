/* SPDX-License-Identifier: Apache-2.0 */
#include "model/attributes.h"

#include "codec/message.h"

#define LOAD_BALANCER(field)                                                   \
    .owner = OWNER_LOAD_BALANCER,                                              \
    .offset = offsetof(struct config_attributes, field)
#define TARGET_GROUP(field)                                                    \
    .owner = OWNER_TARGET_GROUP,                                               \
    .offset = offsetof(struct config_group, attributes.field)
#define LISTENER .owner = OWNER_LISTENER

#define SECONDS(low, high)                                                     \
    .kind = ATTRIBUTE_SECONDS, .min = (low), .max = (high)
#define COUNT(low, high) .kind = ATTRIBUTE_COUNT, .min = (low), .max = (high)
#define WORDS(list) .kind = ATTRIBUTE_WORD, .words = (list)
#define TEXT(most, what, check)                                                \
    .kind = ATTRIBUTE_TEXT, .max = (most), .values = (what), .fits = (check)
#define SERVERS .types = 1 << TARGET_TYPE_INSTANCE | 1 << TARGET_TYPE_IP
#define LAMBDA .types = 1 << TARGET_TYPE_LAMBDA

enum { VALUE_MAX = 1024 };

static const char *const bool_words[] = {"false", "true", NULL};
static const char *const switch_words[] = {"off", "on", NULL};

/* In the order of the enums of config.h. */
static const char *const xff_modes[] = {"append", "preserve", "remove", NULL};
static const char *const desync_modes[] = {"monitor", "defensive", "strictest",
                                           NULL};
static const char *const algorithms[] = {
    "round_robin", "least_outstanding_requests", "weighted_random", NULL};
static const char *const stickiness_types[] = {"lb_cookie", "app_cookie", NULL};
static const char *const cross_zones[] = {
    "false", "true", "use_load_balancer_configuration", NULL};

/* ---- texts --------------------------------------------------------------- */

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9');
}

static bool all_of(struct str s, const char *others)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_alphanumeric(s.p[i]) &&
            (s.p[i] == '\0' || strchr(others, s.p[i]) == NULL))
            return false;
    }
    return true;
}

/* RFC 9110 §5.6.2, or nothing. */
static bool is_token(struct str s)
{
    return all_of(s, "!#$%&'*+-.^_`|~");
}

static bool is_prefix(struct str s)
{
    static const char reserved[] = "AWSLogs";

    return s.n == 0 || memmem(s.p, s.n, reserved, sizeof(reserved) - 1) == NULL;
}

/* AWSALB, AWSALBAPP and AWSALBTG are ALB's own. */
static bool is_cookie_name(struct str s)
{
    return is_token(s) && !str_starts(s, STR("AWSALB"));
}

/* Nor one that we write ourselves, or read. */
static bool is_free_name(struct str s)
{
    return is_token(s) && field_id_of(s) == FIELD_OTHER;
}

static bool is_header_value(struct str s)
{
    return all_of(s, "_ :;.,\\/'?!(){}[]@<>=-+*#&`|~^%");
}

#define BUCKET TEXT(VALUE_MAX, "the name of an S3 bucket", NULL)
#define PREFIX                                                                 \
    TEXT(VALUE_MAX, "a text of at most 1024 bytes without \"AWSLogs\" in it",  \
         is_prefix)
#define HEADER_NAME                                                            \
    LISTENER,                                                                  \
        TEXT(VALUE_MAX, "the name of a header of its own", is_free_name),      \
        .acts = true,                                                          \
        .remedy = "write letters, digits and hyphens, and no name that has a " \
                  "meaning already, such as Host"
#define HEADER_VALUE                                                           \
    LISTENER,                                                                  \
        TEXT(VALUE_MAX,                                                        \
             "at most 1024 letters, digits, spaces and "                       \
             "_:;.,\\/'?!(){}[]@<>=-+*#&`|~^%",                                \
             is_header_value),                                                 \
        .acts = true

/* ---- the table ----------------------------------------------------------- */

#define MINIMUM "minimum_healthy_targets."
#define REQUEST "routing.http.request.x_amzn_"
#define RESPONSE "routing.http.response."

const struct attribute attributes[] = {
    {"idle_timeout.timeout_seconds", LOAD_BALANCER(idle_timeout_ms),
     SECONDS(1, 4000), .acts = true, .initial = "60"},
    {"client_keep_alive.seconds", LOAD_BALANCER(client_keep_alive_ms),
     SECONDS(60, 604800), .acts = true, .initial = "3600"},
    {"routing.http.xff_header_processing.mode", LOAD_BALANCER(xff_mode),
     WORDS(xff_modes), .acts = true, .initial = "append"},
    {"routing.http.xff_client_port.enabled", LOAD_BALANCER(xff_client_port),
     .kind = ATTRIBUTE_BOOL, .acts = true, .initial = "false"},
    {"routing.http.preserve_host_header.enabled",
     LOAD_BALANCER(preserve_host_header), .kind = ATTRIBUTE_BOOL, .acts = true,
     .initial = "false"},
    {"routing.http.drop_invalid_header_fields.enabled",
     LOAD_BALANCER(drop_invalid_header_fields), .kind = ATTRIBUTE_BOOL,
     .acts = true, .initial = "false"},
    {"routing.http.desync_mitigation_mode", LOAD_BALANCER(desync_mode),
     WORDS(desync_modes), .acts = true, .initial = "defensive"},
    {"routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
     LOAD_BALANCER(tls_headers), .kind = ATTRIBUTE_BOOL, .acts = true,
     .initial = "false"},
    {"routing.http2.enabled", LOAD_BALANCER(http2), .kind = ATTRIBUTE_BOOL,
     .acts = true, .initial = "true"},
    {"waf.fail_open.enabled", LOAD_BALANCER(waf_fail_open),
     .kind = ATTRIBUTE_BOOL, .initial = "false"},
    {"deletion_protection.enabled", LOAD_BALANCER(deletion_protection),
     .kind = ATTRIBUTE_BOOL, .initial = "false"},
    {"load_balancing.cross_zone.enabled", LOAD_BALANCER(cross_zone),
     .kind = ATTRIBUTE_TRUE, .acts = true, .initial = "true",
     .remedy = "an Application Load Balancer always balances across zones; "
               "turn it off in the attributes of a target group"},
    {"zonal_shift.config.enabled", LOAD_BALANCER(zonal_shift),
     .kind = ATTRIBUTE_BOOL, .initial = "false"},
    {"ipv6.deny_all_igw_traffic", LOAD_BALANCER(deny_all_igw_traffic),
     .kind = ATTRIBUTE_BOOL, .initial = "false"},
    {"access_logs.s3.enabled", LOAD_BALANCER(access_logs.enabled),
     .kind = ATTRIBUTE_BOOL, .acts = true, .initial = "false"},
    {"access_logs.s3.bucket", LOAD_BALANCER(access_logs.bucket), BUCKET,
     .acts = true, .initial = ""},
    {"access_logs.s3.prefix", LOAD_BALANCER(access_logs.prefix), PREFIX,
     .acts = true, .initial = ""},
    {"connection_logs.s3.enabled", LOAD_BALANCER(connection_logs.enabled),
     .kind = ATTRIBUTE_BOOL, .acts = true, .initial = "false"},
    {"connection_logs.s3.bucket", LOAD_BALANCER(connection_logs.bucket), BUCKET,
     .acts = true, .initial = ""},
    {"connection_logs.s3.prefix", LOAD_BALANCER(connection_logs.prefix), PREFIX,
     .acts = true, .initial = ""},
    {"health_check_logs.s3.enabled", LOAD_BALANCER(health_check_logs.enabled),
     .kind = ATTRIBUTE_BOOL, .acts = true, .initial = "false"},
    {"health_check_logs.s3.bucket", LOAD_BALANCER(health_check_logs.bucket),
     BUCKET, .acts = true, .initial = ""},
    {"health_check_logs.s3.prefix", LOAD_BALANCER(health_check_logs.prefix),
     PREFIX, .acts = true, .initial = ""},

    {"load_balancing.algorithm.type", TARGET_GROUP(algorithm),
     WORDS(algorithms), SERVERS, .acts = true, .initial = "round_robin"},
    {"load_balancing.algorithm.anomaly_mitigation",
     TARGET_GROUP(anomaly_mitigation), .kind = ATTRIBUTE_SWITCH, SERVERS,
     .acts = true, .initial = "off"},
    {"load_balancing.cross_zone.enabled", TARGET_GROUP(cross_zone),
     WORDS(cross_zones), .acts = true,
     .initial = "use_load_balancer_configuration"},
    {"deregistration_delay.timeout_seconds",
     TARGET_GROUP(deregistration_delay_ms), SECONDS(0, 3600), SERVERS,
     .acts = true, .initial = "300"},
    {"slow_start.duration_seconds", TARGET_GROUP(slow_start_ms),
     SECONDS(30, 900), .or_zero = true, SERVERS, .acts = true, .initial = "0"},
    {"stickiness.enabled", TARGET_GROUP(sticky), .kind = ATTRIBUTE_BOOL,
     SERVERS, .acts = true, .initial = "false"},
    {"stickiness.type", TARGET_GROUP(stickiness_type), WORDS(stickiness_types),
     SERVERS, .acts = true, .initial = "lb_cookie"},
    {"stickiness.lb_cookie.duration_seconds", TARGET_GROUP(lb_cookie_ms),
     SECONDS(1, 604800), SERVERS, .acts = true, .initial = "86400"},
    {"stickiness.app_cookie.duration_seconds", TARGET_GROUP(app_cookie_ms),
     SECONDS(1, 604800), SERVERS, .acts = true, .initial = "86400"},
    {"stickiness.app_cookie.cookie_name", TARGET_GROUP(app_cookie_name),
     TEXT(VALUE_MAX, "the name of a cookie that does not begin with AWSALB",
          is_cookie_name),
     SERVERS, .acts = true, .initial = ""},
    {"target_group_health.dns_failover." MINIMUM "count",
     TARGET_GROUP(dns_count), COUNT(1, CONFIG_TARGETS_MAX), .or_off = true,
     SERVERS, .acts = true, .initial = "1"},
    {"target_group_health.dns_failover." MINIMUM "percentage",
     TARGET_GROUP(dns_percent), COUNT(1, 100), .or_off = true, SERVERS,
     .acts = true, .initial = "off"},
    {"target_group_health.unhealthy_state_routing." MINIMUM "count",
     TARGET_GROUP(routing_count), COUNT(1, CONFIG_TARGETS_MAX), SERVERS,
     .acts = true, .initial = "1"},
    {"target_group_health.unhealthy_state_routing." MINIMUM "percentage",
     TARGET_GROUP(routing_percent), COUNT(1, 100), .or_off = true, SERVERS,
     .acts = true, .initial = "off"},
    {"lambda.multi_value_headers.enabled", TARGET_GROUP(multi_value_headers),
     .kind = ATTRIBUTE_BOOL, LAMBDA, .initial = "false"},

    {REQUEST "mtls_clientcert_serial_number.header_name", HEADER_NAME,
     .initial = "X-Amzn-Mtls-Clientcert-Serial-Number"},
    {REQUEST "mtls_clientcert_issuer.header_name", HEADER_NAME,
     .initial = "X-Amzn-Mtls-Clientcert-Issuer"},
    {REQUEST "mtls_clientcert_subject.header_name", HEADER_NAME,
     .initial = "X-Amzn-Mtls-Clientcert-Subject"},
    {REQUEST "mtls_clientcert_validity.header_name", HEADER_NAME,
     .initial = "X-Amzn-Mtls-Clientcert-Validity"},
    {REQUEST "mtls_clientcert_leaf.header_name", HEADER_NAME,
     .initial = "X-Amzn-Mtls-Clientcert-Leaf"},
    {REQUEST "mtls_clientcert.header_name", HEADER_NAME,
     .initial = "X-Amzn-Mtls-Clientcert"},
    {REQUEST "tls_version.header_name", HEADER_NAME,
     .initial = "X-Amzn-Tls-Version"},
    {REQUEST "tls_cipher_suite.header_name", HEADER_NAME,
     .initial = "X-Amzn-Tls-Cipher-Suite"},
    {RESPONSE "server.enabled", LISTENER, .kind = ATTRIBUTE_BOOL, .acts = true,
     .initial = "true"},
    {RESPONSE "strict_transport_security.header_value", HEADER_VALUE,
     .initial = ""},
    {RESPONSE "access_control_allow_origin.header_value", HEADER_VALUE,
     .initial = ""},
    {RESPONSE "access_control_allow_methods.header_value", HEADER_VALUE,
     .initial = ""},
    {RESPONSE "access_control_allow_headers.header_value", HEADER_VALUE,
     .initial = ""},
    {RESPONSE "access_control_allow_credentials.header_value", HEADER_VALUE,
     .initial = ""},
    {RESPONSE "access_control_expose_headers.header_value", HEADER_VALUE,
     .initial = ""},
    {RESPONSE "access_control_max_age.header_value", HEADER_VALUE,
     .initial = ""},
    {RESPONSE "content_security_policy.header_value", HEADER_VALUE,
     .initial = ""},
    {RESPONSE "x_content_type_options.header_value", HEADER_VALUE,
     .initial = ""},
    {RESPONSE "x_frame_options.header_value", HEADER_VALUE, .initial = ""},
};

const unsigned nattributes = sizeof(attributes) / sizeof(attributes[0]);

const struct attribute *attribute_find(enum attribute_owner owner,
                                       struct str name)
{
    for (unsigned i = 0; i < nattributes; i++) {
        if (attributes[i].owner == owner &&
            str_eq(name, str_of(attributes[i].name)))
            return &attributes[i];
    }
    return NULL;
}

/* ---- values -------------------------------------------------------------- */

static bool find_word(const char *const *words, struct str value,
                      uint64_t *place)
{
    for (unsigned i = 0; words[i]; i++) {
        if (str_eq(value, str_of(words[i]))) {
            *place = i;
            return true;
        }
    }
    return false;
}

static bool in_range(const struct attribute *attribute, struct str value,
                     uint64_t *number)
{
    return str_to_u64(value, attribute->max, number) &&
           (*number >= attribute->min || (attribute->or_zero && *number == 0));
}

/* Reads a value; of all but texts it is a number then. */
static bool parse(const struct attribute *attribute, struct str value,
                  uint64_t *number)
{
    switch (attribute->kind) {
    case ATTRIBUTE_SECONDS:
        return in_range(attribute, value, number);
    case ATTRIBUTE_COUNT:
        *number = 0;
        return (attribute->or_off && str_eq(value, STR("off"))) ||
               in_range(attribute, value, number);
    case ATTRIBUTE_BOOL:
        return find_word(bool_words, value, number);
    case ATTRIBUTE_TRUE:
        return find_word(bool_words, value, number) && *number;
    case ATTRIBUTE_SWITCH:
        return find_word(switch_words, value, number);
    case ATTRIBUTE_WORD:
        return find_word(attribute->words, value, number);
    case ATTRIBUTE_TEXT:
        return value.n <= attribute->max &&
               (attribute->fits == NULL || attribute->fits(value));
    }
    return false;
}

static void store(const struct attribute *attribute, void *field,
                  uint64_t number, struct str text)
{
    unsigned place = (unsigned)number;

    switch (attribute->kind) {
    case ATTRIBUTE_SECONDS:
        *(uint32_t *)field = (uint32_t)number * 1000;
        break;
    case ATTRIBUTE_COUNT:
        *(uint32_t *)field = (uint32_t)number;
        break;
    case ATTRIBUTE_BOOL:
    case ATTRIBUTE_TRUE:
    case ATTRIBUTE_SWITCH:
        *(bool *)field = number != 0;
        break;
    case ATTRIBUTE_WORD:
        /* Whatever enum it is, it has the size of an unsigned. */
        memcpy(field, &place, sizeof(place));
        break;
    case ATTRIBUTE_TEXT:
        *(struct str *)field = text;
        break;
    }
}

_Static_assert(sizeof(enum xff_mode) == sizeof(unsigned) &&
                   sizeof(enum desync_mode) == sizeof(unsigned) &&
                   sizeof(enum algorithm) == sizeof(unsigned) &&
                   sizeof(enum stickiness_type) == sizeof(unsigned) &&
                   sizeof(enum cross_zone) == sizeof(unsigned),
               "store() writes enums as unsigned");

bool attribute_set(const struct attribute *attribute, void *owner,
                   struct str value, struct region *region)
{
    uint64_t number = 0;

    if (!parse(attribute, value, &number))
        return false;
    if (owner == NULL || attribute->owner == OWNER_LISTENER)
        return true;
    if (attribute->kind == ATTRIBUTE_TEXT && region)
        value = region_copy(region, value);
    store(attribute, (char *)owner + attribute->offset, number, value);
    return true;
}

void attributes_init(enum attribute_owner kind, void *owner)
{
    enum { CONNECT_TIMEOUT_MS = 10000 };

    for (unsigned i = 0; i < nattributes; i++) {
        const struct attribute *attribute = &attributes[i];

        if (attribute->owner == kind)
            attribute_set(attribute, owner, str_of(attribute->initial), NULL);
    }
    if (kind == OWNER_LOAD_BALANCER)
        ((struct config_attributes *)owner)->connect_timeout_ms =
            CONNECT_TIMEOUT_MS;
}

static void put_words(struct text *t, const char *const *words)
{
    for (unsigned i = 0; words[i]; i++) {
        if (i)
            text_str_put(t, words[i + 1] ? STR(", ") : STR(" or "));
        text_str_put(t, str_of(words[i]));
    }
}

void attribute_put_values(struct text *t, const struct attribute *attribute)
{
    switch (attribute->kind) {
    case ATTRIBUTE_SECONDS:
    case ATTRIBUTE_COUNT:
        if (attribute->or_zero)
            TEXT_LITERAL(t, "0 or ");
        if (attribute->or_off)
            TEXT_LITERAL(t, "off or ");
        text_printf(t, "%u to %u", attribute->min, attribute->max);
        break;
    case ATTRIBUTE_BOOL:
        put_words(t, bool_words);
        break;
    case ATTRIBUTE_TRUE:
        TEXT_LITERAL(t, "true");
        break;
    case ATTRIBUTE_SWITCH:
        put_words(t, switch_words);
        break;
    case ATTRIBUTE_WORD:
        put_words(t, attribute->words);
        break;
    case ATTRIBUTE_TEXT:
        text_str_put(t, str_of(attribute->values));
        break;
    }
}
