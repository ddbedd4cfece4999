/* SPDX-License-Identifier: Apache-2.0 */
#include "control/alarm_story.h"

#include <time.h>

static void put_member(struct text *t, const char *name, struct str value)
{
    text_printf(t, "\"%s\":", name);
    text_json(t, value);
}

static void add(struct alarm_history *history, struct str name, bool composite,
                enum alarm_history_kind kind, const struct text *summary,
                const struct text *data, uint64_t now_ms)
{
    struct alarm_history_item item = {
        .name = name,
        .composite = composite,
        .time_ms = now_ms,
        .kind = kind,
        .summary = text_str(summary),
        .data = text_ok(data) ? text_str(data) : STR("{\"version\":\"1.0\"}"),
    };

    alarm_history_add(history, &item);
}

/* ---- configuration ---------------------------------------------------------------- */

static void put_metric(struct text *t, const struct config_alarm *alarm)
{
    text_char(t, ',');
    put_member(t, "namespace", alarm->metric.name.space);
    text_char(t, ',');
    put_member(t, "metricName", alarm->metric.name.metric);
    text_char(t, ',');
    put_member(t, "statistic", alarm->metric.statistic);
}

static void put_terms(struct text *t, const struct config_alarm *alarm)
{
    if (alarm->nqueries == 0)
        put_metric(t, alarm);
    text_printf(t, ",\"period\":%u,\"evaluationPeriods\":%u,\"threshold\":",
                alarm->period_s, alarm->terms.periods);
    alarm_put_number(t, alarm->terms.threshold);
    text_char(t, ',');
    put_member(t, "comparisonOperator",
               str_of(alarm_comparison_words[alarm->terms.comparison]));
    text_char(t, ',');
    put_member(t, "treatMissingData",
               str_of(alarm_missing_words[alarm->terms.missing]));
}

void alarm_story_configured(struct alarm_history *history,
                            const struct config_alarm *alarm,
                            enum alarm_configured what, uint64_t now_ms)
{
    static const struct {
        const char *done;
        const char *type;
    } words[] = {
        [ALARM_MADE] = {"created", "Create"},
        [ALARM_CHANGED] = {"updated", "Update"},
        [ALARM_REMOVED] = {"deleted", "Delete"},
    };
    char s[CONFIG_ALARM_NAME_MAX * 4 + 64];
    char d[ALARM_HISTORY_DATA_MAX];
    struct text summary = text_in(s, sizeof(s));
    struct text data = text_in(d, sizeof(d));

    text_printf(&summary, "Alarm \"" STR_FMT "\" %s", STR_ARG(alarm->name),
                words[what].done);
    text_printf(&data, "{\"version\":\"1.0\",\"type\":\"%s\",\"%sAlarm\":{",
                words[what].type, words[what].done);
    put_member(&data, "alarmName", alarm->name);
    text_char(&data, ',');
    put_member(&data, "alarmArn", alarm->arn);
    text_printf(&data, ",\"actionsEnabled\":%s",
                alarm->actions_enabled ? "true" : "false");
    if (!alarm->composite) {
        put_terms(&data, alarm);
    } else {
        text_char(&data, ',');
        put_member(&data, "alarmRule", alarm->rule_text);
    }
    TEXT_LITERAL(&data, "}}");
    add(history, alarm->name, alarm->composite, ALARM_HISTORY_CONFIGURATION,
        &summary, &data, now_ms);
}

/* ---- states ------------------------------------------------------------------------- */

static void put_state(struct text *t, enum alarm_state state, struct str reason,
                      struct str data)
{
    text_char(t, '{');
    put_member(t, "stateValue", str_of(alarm_state_words[state]));
    text_char(t, ',');
    put_member(t, "stateReason", reason);
    if (data.n) {
        TEXT_LITERAL(t, ",\"stateReasonData\":");
        text_str_put(t, data);
    }
    text_char(t, '}');
}

static void put_states(struct text *t, const struct alarm_change *change,
                       struct str reason, struct str before_data,
                       struct str data)
{
    TEXT_LITERAL(t, "{\"version\":\"1.0\",\"oldState\":");
    put_state(t, change->from, reason, before_data);
    TEXT_LITERAL(t, ",\"newState\":");
    put_state(t, change->to, change->reason, data);
    text_char(t, '}');
}

void alarm_story_changed(struct alarm_history *history,
                         const struct alarm_change *change, struct str reason,
                         struct str reason_data)
{
    char s[64];
    char d[ALARM_HISTORY_DATA_MAX];
    struct text summary = text_in(s, sizeof(s));
    struct text data = text_in(d, sizeof(d));

    text_printf(&summary, "Alarm updated from %s to %s",
                alarm_state_words[change->from], alarm_state_words[change->to]);
    put_states(&data, change, reason, reason_data, change->reason_data);
    if (!text_ok(&data)) { /* what they are made of has no room */
        data = text_in(d, sizeof(d));
        put_states(&data, change, reason, STR(""), STR(""));
    }
    add(history, change->alarm->name, change->alarm->composite,
        ALARM_HISTORY_STATE, &summary, &data, change->time_ms);
}

/* ---- actions --------------------------------------------------------------------------- */

const char *alarm_suppressed_word(enum alarm_suppressed by)
{
    static const char *const words[] = {
        [ALARM_NOT_SUPPRESSED] = "",
        [ALARM_SUPPRESSED_BY_ALARM] = "Alarm",
        [ALARM_SUPPRESSED_BY_WAIT] = "WaitPeriod",
        [ALARM_SUPPRESSED_BY_EXTENSION] = "ExtensionPeriod",
    };

    return words[by];
}

void alarm_story_suppressed(struct alarm_history *history,
                            const struct config_alarm *alarm,
                            enum alarm_suppressed by, uint64_t now_ms)
{
    char s[64];
    char d[128];
    struct text summary = text_in(s, sizeof(s));
    struct text data = text_in(d, sizeof(d));

    text_printf(&summary, "Actions suppressed by %s",
                alarm_suppressed_word(by));
    text_printf(&data,
                "{\"version\":\"1.0\",\"actionState\":\"Suppressed\","
                "\"actionsSuppressedBy\":\"%s\"}",
                alarm_suppressed_word(by));
    add(history, alarm->name, alarm->composite, ALARM_HISTORY_ACTION, &summary,
        &data, now_ms);
}

static void put_acted(struct text *t, const struct alarm_acted *acted,
                      struct str message)
{
    text_printf(t, "{\"actionState\":\"%s\",\"stateUpdateTimestamp\":%llu,",
                acted->error.n == 0 ? "Succeeded"
                : acted->skipped    ? "NotExecuted"
                                    : "Failed",
                (unsigned long long)acted->changed_ms);
    put_member(t, "notificationResource", acted->action);
    TEXT_LITERAL(t, ",\"publishedMessage\":");
    if (message.n)
        text_json(t, message);
    else
        TEXT_LITERAL(t, "null");
    TEXT_LITERAL(t, ",\"error\":");
    if (acted->error.n)
        text_json(t, acted->error);
    else
        TEXT_LITERAL(t, "null");
    text_char(t, '}');
}

void alarm_story_acted(struct alarm_history *history,
                       const struct alarm_acted *acted, uint64_t now_ms)
{
    char s[2048];
    char d[ALARM_HISTORY_DATA_MAX];
    struct text summary = text_in(s, sizeof(s));
    struct text data = text_in(d, sizeof(d));

    if (acted->error.n == 0)
        text_printf(&summary, "Successfully executed action " STR_FMT,
                    STR_ARG(acted->action));
    else if (acted->skipped)
        text_printf(&summary, "Action " STR_FMT " not executed: " STR_FMT,
                    STR_ARG(acted->action), STR_ARG(acted->error));
    else
        text_printf(&summary, "Failed to execute action " STR_FMT,
                    STR_ARG(acted->action));
    put_acted(&data, acted, acted->message);
    if (!text_ok(&data)) {
        data = text_in(d, sizeof(d));
        put_acted(&data, acted, STR(""));
    }
    add(history, acted->name, acted->composite, ALARM_HISTORY_ACTION, &summary,
        &data, now_ms);
}

/* ---- composite alarms --------------------------------------------------------------------- */

void alarm_story_put_evaluated(struct text *t, const struct config_alarm *alarm,
                               bool made, enum alarm_state state)
{
    text_printf(t, STR_FMT " was %s and its alarm rule evaluates to %s",
                STR_ARG(alarm->arn), made ? "created" : "updated",
                alarm_state_words[state]);
}

void alarm_story_put_cause(struct text *t, const struct config_alarm *child,
                           enum alarm_state state, uint64_t time_ms)
{
    static const char *const days[] = {"Sunday",    "Monday",   "Tuesday",
                                       "Wednesday", "Thursday", "Friday",
                                       "Saturday"};
    static const char *const months[] = {
        "January", "February", "March",     "April",   "May",      "June",
        "July",    "August",   "September", "October", "November", "December"};
    time_t s = (time_t)(time_ms / 1000);
    struct tm tm;

    if (gmtime_r(&s, &tm) == NULL)
        tm = (struct tm){.tm_mday = 1};
    text_printf(
        t, STR_FMT " transitioned to %s at %s %02d %s, %d %02d:%02d:%02d UTC",
        STR_ARG(child->arn), alarm_state_words[state], days[tm.tm_wday],
        tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
        tm.tm_sec);
}

void alarm_story_put_trigger(struct text *t, const struct config_alarm *child,
                             enum alarm_state state, uint64_t time_ms)
{
    TEXT_LITERAL(t, "{\"triggeringAlarms\":[{");
    put_member(t, "arn", child->arn);
    text_printf(t, ",\"state\":{\"value\":\"%s\",\"timestamp\":\"",
                alarm_state_words[state]);
    alarm_put_time(t, (int64_t)time_ms);
    TEXT_LITERAL(t, "\"}}]}");
}
