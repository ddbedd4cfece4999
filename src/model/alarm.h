/* SPDX-License-Identifier: Apache-2.0
 *
 * Alarms of CloudWatch and topics of SNS that they notify, as a config has
 * them (AWS::CloudWatch::Alarm, AWS::CloudWatch::CompositeAlarm,
 * AWS::SNS::Topic, AWS::SNS::Subscription).
 */
#ifndef SLUICE_MODEL_ALARM_H
#define SLUICE_MODEL_ALARM_H

#include "model/alarm_rule.h"
#include "model/value.h"
#include "stats/series.h"

enum {
    CONFIG_ALARMS_MAX = 5000, /* AWS's quota of an account's region */
    CONFIG_ALARM_NAME_MAX = 255,
    CONFIG_ALARM_ACTIONS_MAX = 5, /* for one state */
    CONFIG_ALARM_QUERIES_MAX = 20,
    CONFIG_ALARM_METRICS_MAX = 10, /* of them; the others are expressions */
    CONFIG_ALARM_DAY_S = 24 * 3600,
    CONFIG_ALARM_PERIOD_LONG_S = 3600, /* from it on a week may be looked at */
};

/* What is looked at: a metric's statistic, each period. */
struct config_alarm_metric {
    struct series_name name;
    struct str statistic; /* "Sum", "p99" */
    struct str unit;      /* n == 0: any */
    unsigned period_s;
};

/* An entry of Metrics. */
struct config_alarm_query {
    struct str id;
    struct str expression; /* n == 0: it is of `metric` */
    struct str label;
    struct config_alarm_metric metric;
    unsigned period_s; /* of an expression; 0: not said */
    bool returns;      /* the alarm is of this one */
};

struct config_alarm_actions {
    unsigned n;
    const struct str *arns;
};

struct config_alarm {
    struct str id; /* logical id */
    struct place place;
    unsigned index; /* in config->alarms */
    struct str name;
    struct str arn;
    struct str description;
    uint64_t created_ms; /* Metadata.Sluice.Created and Updated; 0: not said */
    uint64_t updated_ms;
    uint8_t digest[32]; /* of its properties */
    bool composite;
    bool actions_enabled;
    bool elsewhere; /* some of what it is of only AWS knows: it stays as it
                       began */
    struct config_alarm_actions actions[ALARM_STATES];

    /* ---- of metrics ---- */
    struct alarm_terms terms;
    unsigned period_s; /* of a math: that of its metrics */
    struct config_alarm_metric metric;
    unsigned nqueries; /* 0: `metric` */
    const struct config_alarm_query *queries;

    /* ---- composite ---- */
    struct str rule_text;
    struct alarm_rule rule;
    const unsigned *children;   /* rule.nchildren indexes in config->alarms */
    int suppressor;             /* the same; -1: none */
    struct str suppressor_text; /* as it was given: a name or an ARN */
    unsigned wait_s;
    unsigned extension_s;
};

struct config_subscription {
    struct str protocol; /* http, https, sqs ... */
    struct str endpoint;
    bool raw; /* RawMessageDelivery */
};

struct config_topic {
    struct str id;
    struct str name;
    struct str arn;
    unsigned nsubscriptions;
    const struct config_subscription *subscriptions;
};

/* What a config has of them. */
struct config_alarms {
    unsigned n;
    struct config_alarm **all;
    struct config_alarm **by_name;
    unsigned *order; /* their indexes: an alarm comes behind those that its rule
                        names, or that suppress it */
    unsigned ntopics;
    struct config_topic **topics;
};

struct config;

/* NULL: there is none. */
const struct config_alarm *config_find_alarm(const struct config *config,
                                             struct str arn);
const struct config_alarm *config_find_alarm_named(const struct config *config,
                                                   struct str name);
const struct config_topic *config_find_topic(const struct config *config,
                                             struct str arn);

/* The metric that an alarm of one is of, among its queries; NULL: it is of an
 * expression. */
const struct config_alarm_metric *
config_alarm_metric(const struct config_alarm *alarm);

#endif
