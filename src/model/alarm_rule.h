/* SPDX-License-Identifier: Apache-2.0
 *
 * The AlarmRule of a composite alarm ("Combining alarms" of CloudWatch's user
 * guide):
 *
 *     ALARM("a") AND (OK(b) OR NOT INSUFFICIENT_DATA("arn:...")) OR FALSE
 *     AT_LEAST(2, NOT OK, (a, b, c))      AT_LEAST(50%, ALARM, (a, b, c))
 *
 * NOT binds more than AND, AND more than OR.  Alarms are named by name or ARN;
 * in quotes \" and \\ stand for " and \.  Pure and bounded: text of whoever
 * asked.
 */
#ifndef SLUICE_MODEL_ALARM_RULE_H
#define SLUICE_MODEL_ALARM_RULE_H

#include "base/error.h"
#include "base/region.h"
#include "stats/alarm.h"

enum {
    ALARM_RULE_MAX = 10240,        /* characters */
    ALARM_RULE_CHILDREN_MAX = 100, /* alarms */
    ALARM_RULE_STEPS_MAX = 500,
    ALARM_RULE_DEPTH_MAX = 64, /* parentheses and NOTs in each other */
};

/* A step of it as a stack machine has it. */
struct alarm_rule_step {
    enum alarm_rule_kind {
        ALARM_RULE_TRUE,
        ALARM_RULE_FALSE,
        ALARM_RULE_STATE, /* whether that child is in that state */
        ALARM_RULE_NOT,   /* of the one on top */
        ALARM_RULE_AND,   /* of two */
        ALARM_RULE_OR,
        ALARM_RULE_AT_LEAST, /* of the `of` on top, `least` hold */
    } kind;
    enum alarm_state state;
    unsigned child;
    unsigned of;
    unsigned least;
};

struct alarm_rule {
    unsigned nchildren;         /* each once */
    const struct str *children; /* as they are named, without quotes */
    unsigned nsteps;
    const struct alarm_rule_step *steps;
};

/* In the region.  False with an error, a clause: `it has "FOO" where ...`. */
bool alarm_rule_parse(struct region *region, struct str text,
                      struct alarm_rule *rule, struct error *error);

/* `states` are those of the children. */
bool alarm_rule_holds(const struct alarm_rule *rule,
                      const enum alarm_state *states);

#endif
