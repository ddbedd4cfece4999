/* SPDX-License-Identifier: Apache-2.0
 *
 * What was asked for, in AWS's words: load balancer attributes, listeners,
 * target groups and the weights between them.
 *
 * A config is plain data that one owner changes; a compiled snapshot of it is
 * what runs (proxy/snapshot.h).  Times are in milliseconds here, whatever
 * unit the attribute has.
 */
#ifndef SLUICE_MODEL_CONFIG_H
#define SLUICE_MODEL_CONFIG_H

#include "base/address.h"
#include "base/error.h"

enum xff_mode { XFF_APPEND, XFF_PRESERVE, XFF_REMOVE };

enum algorithm { ALGORITHM_ROUND_ROBIN, ALGORITHM_LEAST_OUTSTANDING };

/* What happens to a request on a pooled connection that the target closed
 * before the first byte of an answer. */
enum retry { RETRY_OFF, RETRY_SAFE };

enum {
    CONFIG_NAME_MAX = 32, /* characters of a target group's name */
    CONFIG_WEIGHT_MAX = 999,
    CONFIG_GROUPS_MAX = 5,     /* target groups of one forward action */
    CONFIG_TARGETS_MAX = 1000, /* targets of one target group */
    CONFIG_LISTENERS_MAX = 50,
};

struct config_attributes {
    uint32_t idle_timeout_ms;
    uint32_t client_keep_alive_ms;
    uint32_t connect_timeout_ms; /* ALB: 10 s, not settable there */
    enum xff_mode xff_mode;
    bool xff_client_port;
    bool preserve_host_header;
    bool drop_invalid_header_fields;
};

struct config_group {
    char name[CONFIG_NAME_MAX + 1];
    enum algorithm algorithm;
    enum retry retry;
    unsigned weight; /* in the one forward action that there is */
    unsigned ntargets;
    struct address *targets; /* ntargets of them */
};

struct config_listener {
    struct address bind; /* port 0: the system chooses */
};

struct config {
    struct config_attributes attributes;
    unsigned nlisteners;
    struct config_listener listeners[CONFIG_LISTENERS_MAX];
    unsigned ngroups;
    struct config_group groups[CONFIG_GROUPS_MAX];
};

/* An empty config with ALB's defaults; config_free() frees it. */
struct config *config_new(void);
void config_free(struct config *config);

/* A copy that shares nothing. */
struct config *config_copy(const struct config *config);

/* Adds what `--to` says: [NAME=]HOST:PORT[@WEIGHT][,...].  False with an error
 * that names the entry, and with the config unchanged. */
bool config_add_to(struct config *config, struct str to, struct error *error);

/* Sets an attribute by ALB's name, with ALB's range.  Target group attributes
 * go to every group there is.  False with an error that says the range, or
 * what the name might have been. */
bool config_set_attribute(struct config *config, struct str key,
                          struct str value, struct error *error);

#endif
