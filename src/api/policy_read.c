/* SPDX-License-Identifier: Apache-2.0
 *
 * Policy documents, compiled.
 */
#include "api/policy_internal.h"
#include "base/suggest.h"

/* A document on its way. */
struct reader {
    struct region *region;
    struct report *report;
    bool variables; /* of its version */
};

static const struct {
    const char *name;    /* without quantifier, Not and IfExists */
    const char *negated; /* NULL: it has none */
    enum policy_operator operator;
    enum policy_order order;
} operators[] = {
    {"StringEquals", "StringNotEquals", OPERATOR_STRING, ORDER_EQUAL},
    {"StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase",
     OPERATOR_STRING_ANY_CASE, ORDER_EQUAL},
    {"StringLike", "StringNotLike", OPERATOR_STRING_LIKE, ORDER_EQUAL},
    {"ArnEquals", "ArnNotEquals", OPERATOR_ARN, ORDER_EQUAL},
    {"ArnLike", "ArnNotLike", OPERATOR_ARN, ORDER_EQUAL},
    {"NumericEquals", "NumericNotEquals", OPERATOR_NUMBER, ORDER_EQUAL},
    {"NumericLessThan", NULL, OPERATOR_NUMBER, ORDER_LESS},
    {"NumericLessThanEquals", NULL, OPERATOR_NUMBER, ORDER_LESS_EQUAL},
    {"NumericGreaterThan", NULL, OPERATOR_NUMBER, ORDER_GREATER},
    {"NumericGreaterThanEquals", NULL, OPERATOR_NUMBER, ORDER_GREATER_EQUAL},
    {"DateEquals", "DateNotEquals", OPERATOR_DATE, ORDER_EQUAL},
    {"DateLessThan", NULL, OPERATOR_DATE, ORDER_LESS},
    {"DateLessThanEquals", NULL, OPERATOR_DATE, ORDER_LESS_EQUAL},
    {"DateGreaterThan", NULL, OPERATOR_DATE, ORDER_GREATER},
    {"DateGreaterThanEquals", NULL, OPERATOR_DATE, ORDER_GREATER_EQUAL},
    {"Bool", NULL, OPERATOR_BOOL, ORDER_EQUAL},
    {"IpAddress", "NotIpAddress", OPERATOR_ADDRESS, ORDER_EQUAL},
    {"Null", NULL, OPERATOR_NULL, ORDER_EQUAL},
};

enum { OPERATORS = sizeof(operators) / sizeof(operators[0]) };

/* Keys whose values are known here (api/policy_context.c); those that end with
 * a slash have a tag's key behind it. */
static const char *const keys[] = {
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalType",
    "aws:RequestTag/",
    "aws:RequestedRegion",
    "aws:ResourceAccount",
    "aws:ResourceTag/",
    "aws:SecureTransport",
    "aws:SourceIp",
    "aws:TagKeys",
    "aws:UserAgent",
    "aws:username",
    "cloudwatch:namespace",
    "elasticloadbalancing:CreateAction",
    "elasticloadbalancing:ListenerProtocol",
    "elasticloadbalancing:ResourceTag/",
    "elasticloadbalancing:Scheme",
    "elasticloadbalancing:SecurityGroup",
    "elasticloadbalancing:SecurityPolicy",
    "elasticloadbalancing:Subnet",
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

/* "did you mean X?", or the words themselves. */
static const char *hint(struct reader *r, const struct suggest *s,
                        const char *otherwise)
{
    const char *best = suggest_best(s);

    return best ? region_printf(&r->report->region, "did you mean %s?", best).p
                : otherwise;
}

static const char *path_of(struct reader *r, const char *path, struct str name)
{
    return region_printf(&r->report->region, "%s." STR_FMT, path, STR_ARG(name))
        .p;
}

/* ---- texts ----------------------------------------------------------------------- */

static bool read_one(struct reader *r, const struct value *v, const char *path,
                     struct str *text)
{
    if (value_is_scalar(v)) {
        *text = v->text;
        return true;
    }
    report_error(r->report, &v->place,
                 "%s must be a string or a list of "
                 "strings, not %s",
                 path, value_kind_name(v->kind));
    return false;
}

/* A string, or a list of them with at least one. */
static bool read_texts(struct reader *r, const struct value *v,
                       const char *path, struct texts *texts)
{
    unsigned n = v->kind == VALUE_LIST ? value_count(v) : 1;

    texts->v = region_take(r->region, (n + 1) * sizeof(*texts->v));
    if (v->kind != VALUE_LIST) {
        texts->n = 1;
        return read_one(r, v, path, texts->v);
    }
    for (const struct value *e = v->first; e; e = e->next) {
        if (!read_one(r, e, path, &texts->v[texts->n++]))
            return false;
    }
    if (texts->n == 0)
        report_error(r->report, &v->place, "%s is an empty list", path);
    return texts->n > 0;
}

static bool action_fits(struct str action)
{
    struct str rest = action;
    struct str service = str_cut(&rest, ':');

    if (str_eq(action, STR("*")))
        return true;
    for (size_t i = 0; i < service.n; i++) {
        if (service.p[i] == '*' || service.p[i] == '?')
            return false;
    }
    return rest.n && service.n;
}

static void check_actions(struct reader *r, const struct value *v,
                          const char *path, const struct texts *texts)
{
    for (unsigned i = 0; i < texts->n; i++) {
        if (!action_fits(texts->v[i]))
            report_error(r->report, &v->place,
                         "%s: \"" STR_FMT "\" is no action\nwrite "
                         "SERVICE:ACTION, such as "
                         "elasticloadbalancing:Describe*, or *",
                         path, STR_ARG(texts->v[i]));
    }
}

static void check_resources(struct reader *r, const struct value *v,
                            const char *path, const struct texts *texts)
{
    for (unsigned i = 0; i < texts->n; i++) {
        if (!str_eq(texts->v[i], STR("*")) &&
            !str_starts(texts->v[i], STR("arn:")))
            report_error(r->report, &v->place,
                         "%s: \"" STR_FMT "\" is no ARN\nwrite one, such as "
                         "arn:aws:elasticloadbalancing:*:*:loadbalancer/app/"
                         "web/*, or *",
                         path, STR_ARG(texts->v[i]));
    }
}

/* ---- values of conditions ---------------------------------------------------------- */

static bool digits(struct str s, size_t at, size_t n, double *number)
{
    uint64_t value;

    if (s.n < at + n || !str_to_u64(str_make(s.p + at, n), UINT32_MAX, &value))
        return false;
    *number = (double)value;
    return true;
}

bool policy_number(struct str s, double *number)
{
    struct str fraction = s;
    bool minus = s.n && s.p[0] == '-';
    struct str whole;
    double scale = 1;
    uint64_t value;

    if (minus)
        fraction = str_make(s.p + 1, s.n - 1);
    whole = str_cut(&fraction, '.');
    if (!str_to_u64(whole, UINT64_C(1) << 53, &value))
        return false;
    *number = (double)value;
    if (fraction.p) {
        if (fraction.n > 9 || !str_to_u64(fraction, 999999999, &value))
            return false;
        for (size_t i = 0; i < fraction.n; i++)
            scale *= 10;
        *number += (double)value / scale;
    }
    if (minus)
        *number = -*number;
    return true;
}

/* Days since 1970 of a day of the Gregorian calendar. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t shifted = month <= 2 ? year - 1 : year;
    int64_t era = shifted / 400;
    int64_t of_era = shifted - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
           719468;
}

/* "Z", "+02:00", or nothing. */
static bool read_zone(struct str s, double *offset)
{
    double hours, minutes;

    *offset = 0;
    if (s.n == 0 || str_eq(s, STR("Z")))
        return true;
    if (s.n != 6 || (s.p[0] != '+' && s.p[0] != '-') || s.p[3] != ':' ||
        !digits(s, 1, 2, &hours) || !digits(s, 4, 2, &minutes) || hours > 23 ||
        minutes > 59)
        return false;
    *offset = (hours * 60 + minutes) * 60 * (s.p[0] == '-' ? -1 : 1);
    return true;
}

static bool read_time(struct str s, double *seconds)
{
    double hour, minute, second = 0, offset;
    size_t at = 5;

    if (!digits(s, 0, 2, &hour) || s.n < 5 || s.p[2] != ':' ||
        !digits(s, 3, 2, &minute))
        return false;
    if (s.n > 5 && s.p[5] == ':') {
        if (!digits(s, 6, 2, &second))
            return false;
        at = 8;
    }
    if (s.n > at && s.p[at] == '.') {
        for (at++; at < s.n && s.p[at] >= '0' && s.p[at] <= '9';)
            at++;
    }
    if (hour > 23 || minute > 59 || second > 60 ||
        !read_zone(str_make(s.p + at, s.n - at), &offset))
        return false;
    *seconds = (hour * 60 + minute) * 60 + second - offset;
    return true;
}

bool policy_date(struct str s, double *seconds)
{
    double year, month, day, of_day = 0;

    if (s.n < 10 || s.p[4] != '-')
        return policy_number(s, seconds);
    if (!digits(s, 0, 4, &year) || !digits(s, 5, 2, &month) || s.p[7] != '-' ||
        !digits(s, 8, 2, &day) || month < 1 || month > 12 || day < 1 ||
        day > 31)
        return false;
    if (s.n > 10 &&
        (s.p[10] != 'T' || !read_time(str_make(s.p + 11, s.n - 11), &of_day)))
        return false;
    *seconds =
        (double)days_of((int64_t)year, (int64_t)month, (int64_t)day) * 86400 +
        of_day;
    return true;
}

bool policy_block(struct str s, struct cidr *block)
{
    if (cidr_parse(s, block))
        return true;
    *block = (struct cidr){.bits = 0};
    if (!address_parse_ip(s, &block->base))
        return false;
    block->bits = block->base.family == 4 ? 32 : 128;
    return true;
}

static bool value_fits(struct policy_condition *c, unsigned i)
{
    struct str s = c->values.v[i];

    switch (c->operator) {
    case OPERATOR_NUMBER:
        return policy_number(s, &c->numbers[i]);
    case OPERATOR_DATE:
        return policy_date(s, &c->numbers[i]);
    case OPERATOR_ADDRESS:
        return policy_block(s, &c->blocks[i]);
    case OPERATOR_BOOL:
    case OPERATOR_NULL:
        return str_ieq(s, STR("true")) || str_ieq(s, STR("false"));
    case OPERATOR_ARN:
        return str_eq(s, STR("*")) || str_starts(s, STR("arn:"));
    default:
        return true;
    }
}

static const char *const wanted[] = {
    [OPERATOR_ARN] = "an ARN",
    [OPERATOR_NUMBER] = "a number",
    [OPERATOR_DATE] = "a date such as 2026-01-31T00:00:00Z",
    [OPERATOR_BOOL] = "true or false",
    [OPERATOR_ADDRESS] = "an address or a block such as 10.0.0.0/8",
    [OPERATOR_NULL] = "true or false",
};

static void read_values(struct reader *r, const struct value *v,
                        const char *path, struct policy_condition *c)
{
    if (!read_texts(r, v, path, &c->values))
        return;
    c->numbers = region_take(r->region, c->values.n * sizeof(*c->numbers));
    c->blocks = region_take(r->region, c->values.n * sizeof(*c->blocks));
    for (unsigned i = 0; i < c->values.n; i++) {
        if (!value_fits(c, i))
            report_error(r->report, &v->place,
                         "%s: \"" STR_FMT "\" is not %s", path,
                         STR_ARG(c->values.v[i]), wanted[c->operator]);
    }
}

/* ---- operators and keys ------------------------------------------------------------- */

static struct str without_end(struct str s, struct str end)
{
    if (s.n > end.n && str_eq(str_make(s.p + s.n - end.n, end.n), end))
        s.n -= end.n;
    return s;
}

static bool find_operator(struct str name, struct policy_condition *c)
{
    for (unsigned i = 0; i < OPERATORS; i++) {
        const char *negated = operators[i].negated;

        c->negated = negated && str_eq(name, str_of(negated));
        if (!c->negated && !str_eq(name, str_of(operators[i].name)))
            continue;
        c->operator= operators[i].operator;
        c->order = operators[i].order;
        return true;
    }
    return false;
}

static void refuse_operator(struct reader *r, const struct value *v,
                            const char *path, struct str name)
{
    struct suggest s = suggest_for(name);

    for (unsigned i = 0; i < OPERATORS; i++) {
        suggest_offer(&s, operators[i].name);
        if (operators[i].negated)
            suggest_offer(&s, operators[i].negated);
    }
    report_error(r->report, &v->key_place,
                 "%s: there is no condition operator " STR_FMT "\n%s", path,
                 STR_ARG(v->key),
                 hint(r, &s,
                      "there are StringEquals, StringLike, "
                      "NumericLessThan, DateLessThan, Bool, IpAddress, "
                      "ArnLike, Null and their like"));
}

static bool read_operator(struct reader *r, const struct value *v,
                          const char *path, struct policy_condition *c)
{
    struct str name = v->key;

    if (str_starts(name, STR("ForAllValues:")))
        c->quantifier = FOR_ALL_VALUES;
    else if (str_starts(name, STR("ForAnyValue:")))
        c->quantifier = FOR_ANY_VALUE;
    if (c->quantifier != QUANTIFIER_NONE)
        str_cut(&name, ':');
    c->if_exists = without_end(name, STR("IfExists")).n != name.n;
    name = without_end(name, STR("IfExists"));
    if (find_operator(name, c) &&
        !(c->operator== OPERATOR_NULL && c->if_exists))
        return true;
    refuse_operator(r, v, path, name);
    return false;
}

/* A key that is not known would make a Deny of it mean nothing. */
static void check_key(struct reader *r, const struct value *v, const char *path)
{
    struct suggest s = suggest_for(v->key);

    for (unsigned i = 0; i < KEYS; i++) {
        struct str key = str_of(keys[i]);
        bool tag = key.p[key.n - 1] == '/';

        if (tag ? v->key.n > key.n && str_istarts(v->key, key)
                : str_ieq(v->key, key))
            return;
        suggest_offer(&s, keys[i]);
    }
    report_error(r->report, &v->key_place,
                 "%s: the condition key " STR_FMT " is not known here\n%s",
                 path, STR_ARG(v->key),
                 hint(r, &s,
                      "requests have aws:SourceIp, aws:ResourceTag/KEY, "
                      "aws:RequestTag/KEY, aws:TagKeys, aws:username "
                      "and others that the manual names"));
}

/* {KEY: VALUES} of one operator. */
static void read_operands(struct reader *r, const struct value *v,
                          const char *path,
                          const struct policy_condition **first)
{
    struct policy_condition pattern = {.next = NULL};

    if (!read_operator(r, v, path, &pattern))
        return;
    if (v->kind != VALUE_MAP) {
        report_error(r->report, &v->place,
                     "%s must be an object {KEY: VALUES}, not %s", path,
                     value_kind_name(v->kind));
        return;
    }
    for (const struct value *e = v->first; e; e = e->next) {
        struct policy_condition *c = region_take(r->region, sizeof(*c));

        *c = pattern;
        c->key = e->key;
        c->next = *first;
        *first = c;
        check_key(r, e, path);
        read_values(r, e, path_of(r, path, e->key), c);
    }
}

static void read_conditions(struct reader *r, const struct value *v,
                            const char *path,
                            const struct policy_condition **first)
{
    if (v->kind != VALUE_MAP) {
        report_error(r->report, &v->place,
                     "%s must be an object {OPERATOR: {KEY: VALUES}}, not %s",
                     path, value_kind_name(v->kind));
        return;
    }
    for (const struct value *e = v->first; e; e = e->next)
        read_operands(r, e, path_of(r, path, e->key), first);
}

/* ---- statements ---------------------------------------------------------------------- */

static void check_members(struct reader *r, const struct value *v,
                          const char *path, const char *const *members)
{
    for (const struct value *m = v->first; m; m = m->next) {
        struct suggest s = suggest_for(m->key);
        bool known = false;

        for (unsigned i = 0; members[i] && !known; i++) {
            known = str_eq(m->key, str_of(members[i]));
            suggest_offer(&s, members[i]);
        }
        if (!known)
            report_error(r->report, &m->key_place,
                         "%s has no element " STR_FMT "\n%s", path,
                         STR_ARG(m->key),
                         hint(r, &s,
                              "policies of users have Effect, Action, "
                              "NotAction, Resource, NotResource, "
                              "Condition and Sid"));
    }
}

static void read_effect(struct reader *r, const struct value *v,
                        const char *path, struct policy_statement *s)
{
    const struct value *effect = value_get(v, STR("Effect"));
    struct str word =
        effect && value_is_scalar(effect) ? effect->text : STR("");

    s->deny = str_eq(word, STR("Deny"));
    if (!s->deny && !str_eq(word, STR("Allow")))
        report_error(r->report, effect ? &effect->place : &v->place,
                     "%s.Effect must be Allow or Deny", path);
}

/* One of two elements, Action or NotAction. */
static bool read_either(struct reader *r, const struct value *v,
                        const char *path, const char *name, bool *negated,
                        struct texts *texts, const struct value **from)
{
    const char *not = region_printf(r->region, "Not%s", name).p;
    const struct value *one = value_get(v, str_of(name));
    const struct value *other = value_get(v, str_of(not ));

    *negated = other != NULL;
    *from = one ? one : other;
    if ((one == NULL) == (other == NULL)) {
        report_error(r->report, &v->place, "%s must have either %s or %s", path,
                     name, not );
        return false;
    }
    return read_texts(r, *from, path_of(r, path, str_of(*negated ? not : name)),
                      texts);
}

static void read_statement(struct reader *r, const struct value *v,
                           const char *path, struct policy_statement *s)
{
    static const char *const members[] = {
        "Sid",      "Effect",      "Action",    "NotAction",
        "Resource", "NotResource", "Condition", NULL};
    const struct value *from;
    const struct value *condition = value_get(v, STR("Condition"));

    if (v->kind != VALUE_MAP) {
        report_error(r->report, &v->place, "%s must be an object, not %s", path,
                     value_kind_name(v->kind));
        return;
    }
    check_members(r, v, path, members);
    read_effect(r, v, path, s);
    s->variables = r->variables;
    if (read_either(r, v, path, "Action", &s->not_action, &s->actions, &from))
        check_actions(r, from, path_of(r, path, from->key), &s->actions);
    if (read_either(r, v, path, "Resource", &s->not_resource, &s->resources,
                    &from))
        check_resources(r, from, path_of(r, path, from->key), &s->resources);
    if (condition)
        read_conditions(r, condition, path_of(r, path, STR("Condition")),
                        &s->conditions);
}

static void read_version(struct reader *r, const struct value *document,
                         const char *path)
{
    const struct value *v = value_get(document, STR("Version"));
    struct str text = v && value_is_scalar(v) ? v->text : STR("");

    r->variables = str_eq(text, STR("2012-10-17"));
    if (v && !r->variables && !str_eq(text, STR("2008-10-17")))
        report_error(r->report, &v->place,
                     "%s.Version is neither 2012-10-17 nor 2008-10-17\nwrite "
                     "2012-10-17",
                     path);
}

static void read_statements(struct reader *r, const struct value *v,
                            const char *path,
                            const struct policy_statement **first)
{
    const struct value *e = v->kind == VALUE_LIST ? v->first : v;

    for (unsigned i = 0; e; i++) {
        struct policy_statement *s = region_take(r->region, sizeof(*s));
        struct str name =
            v->kind == VALUE_LIST
                ? region_printf(&r->report->region, "%s.Statement[%u]", path, i)
                : region_printf(&r->report->region, "%s.Statement", path);

        s->next = *first;
        *first = s;
        read_statement(r, e, name.p, s);
        e = v->kind == VALUE_LIST ? e->next : NULL;
    }
}

struct policy *policy_compile(const struct value *document, const char *path,
                              struct region *region, struct report *report)
{
    static const char *const members[] = {"Version", "Id", "Statement", NULL};
    struct reader r = {region, report, false};
    struct policy *policy = region_take(region, sizeof(*policy));
    const struct value *statements = value_get(document, STR("Statement"));
    unsigned errors = report->errors;

    if (document->kind != VALUE_MAP) {
        report_error(report, &document->place,
                     "%s must be a policy document {\"Version\": "
                     "\"2012-10-17\", \"Statement\": [...]}, not %s",
                     path, value_kind_name(document->kind));
        return NULL;
    }
    check_members(&r, document, path, members);
    read_version(&r, document, path);
    if (statements)
        read_statements(&r, statements, path, &policy->statements);
    else
        report_error(report, &document->place, "%s has no Statement", path);
    return report->errors == errors ? policy : NULL;
}
