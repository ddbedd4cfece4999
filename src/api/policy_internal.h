/* SPDX-License-Identifier: Apache-2.0
 *
 * Policies as they are compiled.
 */
#ifndef SLUICE_API_POLICY_INTERNAL_H
#define SLUICE_API_POLICY_INTERNAL_H

#include "api/policy.h"
#include "base/cidr.h"

struct texts {
    struct str *v;
    unsigned n;
};

enum policy_operator {
    OPERATOR_STRING,          /* the same text */
    OPERATOR_STRING_ANY_CASE, /* but for the case of ASCII letters */
    OPERATOR_STRING_LIKE,     /* with * and ? */
    OPERATOR_ARN,             /* six parts, each with * and ? */
    OPERATOR_NUMBER,
    OPERATOR_DATE,
    OPERATOR_BOOL,
    OPERATOR_ADDRESS,
    OPERATOR_NULL,
};

enum policy_order {
    ORDER_EQUAL,
    ORDER_LESS,
    ORDER_LESS_EQUAL,
    ORDER_GREATER,
    ORDER_GREATER_EQUAL
};

enum policy_quantifier { QUANTIFIER_NONE, FOR_ALL_VALUES, FOR_ANY_VALUE };

struct policy_condition {
    const struct policy_condition *next;
    enum policy_operator operator;
    enum policy_order order; /* of NUMBER and DATE */
    enum policy_quantifier quantifier;
    bool negated;   /* ...Not...: no value may fit */
    bool if_exists; /* true where the request does not have the key */
    struct str key;
    struct texts values;
    struct cidr *blocks; /* of ADDRESS: values.n */
    double *numbers;     /* of NUMBER and DATE: values.n */
};

struct policy_statement {
    const struct policy_statement *next;
    const struct policy_condition *conditions; /* all must be true */
    bool deny;
    bool not_action;
    bool not_resource;
    bool variables; /* ${...} means something: Version 2012-10-17 */
    struct texts actions;
    struct texts resources;
};

/* A number, or a date of ISO 8601 (UTC or with an offset) or of seconds since
 * 1970.  False for anything else. */
bool policy_number(struct str s, double *number);
bool policy_date(struct str s, double *seconds);

/* "10.0.0.0/8", or an address alone. */
bool policy_block(struct str s, struct cidr *block);

#endif
