/* SPDX-License-Identifier: Apache-2.0
 *
 * AlarmRules of composite alarms.  What is read can be evaluated in every state
 * of its alarms, and put in parentheses behind a NOT it says the opposite.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "model/alarm_rule.h"

static void check(int ok)
{
    if (!ok)
        abort();
}

/* States that the number says, in base 3. */
static bool holds(const struct alarm_rule *rule, unsigned number)
{
    enum alarm_state states[ALARM_RULE_CHILDREN_MAX];

    for (unsigned i = 0; i < rule->nchildren; i++) {
        states[i] = (enum alarm_state)(number % 3);
        number = number / 3 + i;
    }
    return alarm_rule_holds(rule, states);
}

static void check_opposite(struct str text, const struct alarm_rule *rule)
{
    struct region region = {NULL};
    struct str other =
        region_printf(&region, "NOT (" STR_FMT ")", STR_ARG(text));
    struct error error;
    struct alarm_rule opposite;

    if (alarm_rule_parse(&region, other, &opposite, &error)) {
        check(opposite.nchildren == rule->nchildren);
        for (unsigned i = 0; i < 9; i++)
            check(holds(&opposite, i) != holds(rule, i));
    }
    region_end(&region);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_make((const char *)data, size);
    struct region region = {NULL};
    struct error error = {""};
    struct alarm_rule rule;

    if (alarm_rule_parse(&region, text, &rule, &error)) {
        check(rule.nchildren <= ALARM_RULE_CHILDREN_MAX);
        check(rule.nsteps > 0 && rule.nsteps <= ALARM_RULE_STEPS_MAX);
        if (memchr(data, 0, size) == NULL)
            check_opposite(text, &rule);
    } else {
        check(error.text[0] != '\0');
    }
    region_end(&region);
    return 0;
}
