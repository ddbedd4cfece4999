/* SPDX-License-Identifier: Apache-2.0
 *
 * What is local about a config: on which address and port each listener
 * listens here, and which addresses stand here for target groups and ECS
 * services.
 *
 * A listener's port here is, the first that is there: --port, LocalPort of its
 * Metadata.Sluice, its own port plus --port-offset.  Its address is, the first
 * that is there: --bind, Bind of its load balancer's Metadata.Sluice,
 * 127.0.0.1; and besides it has one of its own (model/local_address.h).
 *
 * A target group's targets here are, the first that is there: --service,
 * Addresses of its Metadata.Sluice, those that it registers by IP address or
 * that --target gives one, with those that are found (discovery.h; nothing is
 * looked for where the first two say which).  So --service can point a staging template's
 * 10.0.0.0/8 targets at this machine.  Those that calls of the API registered
 * are there in any case (local_targets.h).
 */
#ifndef SLUICE_MODEL_LOCAL_H
#define SLUICE_MODEL_LOCAL_H

#include "model/config.h"

struct local_group_hint {
    const struct value *addresses;  /* Addresses: a list or a string of
                                      HOST:PORT[,...]; NULL: none */
    struct str cdk_path;            /* aws:cdk:path; n == 0: none */
    const struct value *registered; /* Registered and Deregistered: lists of */
    const struct value
        *deregistered;         /* ID:PORT (local_targets.h); NULL: none */
    const struct value *found; /* Found (discovery.h); NULL: none */
};

struct local_listener_hint {
    const struct value *local_port; /* LocalPort, a number 0 to 65535 (0: the
                                       system chooses); NULL: none */
    struct str cdk_path;
};

struct local_balancer_hint {
    const struct value *bind; /* Bind, an IP address; NULL: none */
};

/* What Metadata says of the resources, by their index in the config.  An
 * array that is NULL has no hints. */
struct local_hints {
    const struct local_group_hint *groups;
    const struct local_listener_hint *listeners;
    const struct local_balancer_hint *balancers;
};

/* Reads the address of a target as --to, --service and Addresses spell it:
 * HOST:PORT or :PORT, of which HOST is an IP address or localhost.  False with
 * `*fault` why not, as a clause that says how to mend it. */
bool local_address(struct str text, struct address *address,
                   const char **fault);

/* Fills in, of a config whose graph is complete: bind of every listener;
 * ntargets, targets, nelsewhere and flag of every group.  Before it, a group's
 * targets are those that it registers: of an IP address with `address`, others
 * with family 0; afterwards only those with an address are left and
 * nelsewhere counts the others.  Arrays stand in the config's region.
 *
 * Errors go to the report: what is no address or port, a name of --service
 * that nothing or more than one thing has, a --port of no listener, two
 * listeners on one address and port that cannot share it
 * (model/local_address.h). */
void local_apply(struct config *config, const struct local_hints *hints,
                 const struct local *local, struct report *report);

/* The files of --trust-store; every listener that verifies clients has a trust
 * store with a file then, or an error says how to give it one. */
void local_apply_trust_stores(struct config *config, const struct local *local,
                              struct report *report);

/* What --port says of the listeners of a port, the first if there are several;
 * NULL: nothing. */
const struct local_port *local_find_port(const struct local *local,
                                         uint16_t port);

/* Its two halves: where listeners listen, and the targets of groups. */
void local_apply_listeners(struct config *config,
                           const struct local_hints *hints,
                           const struct local *local, struct report *report);
void local_apply_groups(struct config *config, const struct local_hints *hints,
                        const struct local *local, struct report *report);

/* After the listeners' addresses are known: the files of --certificate, and
 * names for what the local authority issues.  The default certificate of a
 * listener is for the names of its resource, or else for those of its
 * host-header conditions; and for those of this machine.  Others that nothing
 * is known of are left out. */
void local_apply_certificates(struct config *config, const struct local *local,
                              struct report *report);

#endif
