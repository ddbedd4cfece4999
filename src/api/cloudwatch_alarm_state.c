/* SPDX-License-Identifier: Apache-2.0
 *
 * DeleteAlarms, SetAlarmState, EnableAlarmActions, DisableAlarmActions.
 */
#include "api/change.h"
#include "api/cloudwatch_alarm.h"
#include "api/services.h"
#include "model/json.h"

/* ---- DeleteAlarms -------------------------------------------------------------------- */

/* All of them, or none when one does not exist. */
static bool delete_all(struct call *call, const struct account_view *view)
{
    const struct value *names = call_get(call, "AlarmNames");

    for (const struct value *v = names ? names->first : NULL; v; v = v->next) {
        const struct config_alarm *alarm =
            config_find_alarm_named(view->config, v->text);

        if (alarm == NULL)
            return call_refuse(call, "ResourceNotFound",
                               "Alarm " STR_FMT " does not exist",
                               STR_ARG(v->text));
        edit_remove(call->region, &call->edit, alarm->id);
    }
    return true;
}

/* ---- actions ---------------------------------------------------------------------------- */

/* Names of no alarm are left out, as AWS does. */
static bool switch_actions(struct call *call, const struct account_view *view,
                           bool on)
{
    const struct value *names = call_get(call, "AlarmNames");

    for (const struct value *v = names ? names->first : NULL; v; v = v->next) {
        const struct config_alarm *alarm =
            config_find_alarm_named(view->config, v->text);
        const struct account_resource *resource =
            alarm ? alarm_resource(view, alarm) : NULL;
        struct value *truth;

        if (resource == NULL || alarm->actions_enabled == on)
            continue;
        truth = value_new(call->region, VALUE_BOOL, NULL);
        truth->text = on ? STR("true") : STR("false");
        change_resource(call, view, resource->id,
                        change_property(call->region, resource->value,
                                        "ActionsEnabled", truth));
    }
    return true;
}

static bool enable(struct call *call, const struct account_view *view)
{
    return switch_actions(call, view, true);
}

static bool disable(struct call *call, const struct account_view *view)
{
    return switch_actions(call, view, false);
}

/* ---- SetAlarmState ------------------------------------------------------------------------- */

static enum alarm_state state_of(struct str word)
{
    unsigned i = 0;

    while (alarm_state_words[i] && !str_eq(word, str_of(alarm_state_words[i])))
        i++;
    return (enum alarm_state)i;
}

static bool check_data(struct call *call, struct str data)
{
    struct error error;
    size_t used = 0;

    if (data.n == 0 ||
        (json_value_read(call->region, data, &used, &error) &&
         str_trim(str_make(data.p + used, data.n - used)).n == 0))
        return true;
    return call_refuse(call, "InvalidFormat",
                       "StateReasonData is not valid JSON");
}

/* Nothing of the account changes. */
static bool set(struct call *call, const struct account_view *view)
{
    const struct config_alarm *alarm = alarm_of_call(call, view);
    struct alarm_setting *setting = region_take(call->region, sizeof(*setting));

    *setting = (struct alarm_setting){
        .state = state_of(call_text(call, "StateValue")),
        .reason = call_text(call, "StateReason"),
        .reason_data = call_text(call, "StateReasonData"),
    };
    if (alarm == NULL || !check_data(call, setting->reason_data))
        return false;
    setting->arn = alarm->arn;
    call->set_alarm = setting;
    return true;
}

/* ---- the table -------------------------------------------------------------------------------- */

static const struct member names_members[] = {
    {.required = true, ALARM_MEMBER_NAMES},
};
static const struct shape names_shape = SHAPE_OF(names_members);

static const struct member set_members[] = {
    {.required = true, ALARM_MEMBER_NAME},
    {.name = "StateValue",
     .required = true,
     .kind = MEMBER_WORD,
     .words = alarm_state_words},
    {.name = "StateReason", .required = true, .max = ALARM_REASON_MAX},
    {.name = "StateReasonData", .max = ALARM_REASON_DATA_MAX},
};
static const struct shape set_shape = SHAPE_OF(set_members);

static const struct action actions[] = {
    {.name = "DeleteAlarms",
     .input = &names_shape,
     .concerns = alarm_concerned,
     .edit = delete_all},
    {.name = "EnableAlarmActions",
     .input = &names_shape,
     .concerns = alarm_concerned,
     .edit = enable},
    {.name = "DisableAlarmActions",
     .input = &names_shape,
     .concerns = alarm_concerned,
     .edit = disable},
    {.name = "SetAlarmState",
     .input = &set_shape,
     .concerns = alarm_concerned,
     .answer = set},
};

const struct action_table cloudwatch_alarm_state_actions =
    ACTION_TABLE(actions);
