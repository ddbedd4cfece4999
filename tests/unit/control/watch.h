/* SPDX-License-Identifier: Apache-2.0
 *
 * A health monitor in tests: on a real loop, against targets that listen on
 * the same loop, with snapshots of one target group made by hand.
 *
 * Everything here fails the running test when it does not work.
 */
#ifndef TESTS_UNIT_CONTROL_WATCH_H
#define TESTS_UNIT_CONTROL_WATCH_H

#include <netinet/in.h>

#include "control/health_monitor.h"

enum {
    WATCH_TARGETS_MAX = 300,
    WATCH_VISITS_MAX = 600,
    WATCH_INTERVAL_MS = 40,
    WATCH_TIMEOUT_MS = 10 * 1000, /* where none is wanted */
};

/* ---- a target ------------------------------------------------------------ */

struct fake;

/* One connection to it. */
struct visit {
    struct fake *fake;
    struct event event;
    struct event later;
    int fd;
    size_t n;
    char request[512];
};

struct fake {
    struct event event;
    int fd;
    uint16_t port;
    /* What it does; a test may change it at any time. */
    const char *answer; /* NULL: none */
    unsigned delay_ms;
    unsigned blocks; /* of 4096 bytes, that follow the answer */
    bool reset;      /* instead of an answer */
    /* What it saw. */
    unsigned open; /* connections */
    unsigned most_open;
    unsigned nvisits;
    unsigned requests;
    unsigned clean_ends; /* of the other side */
    unsigned resets;
    char last[512]; /* request */
    struct visit visits[WATCH_VISITS_MAX];
};

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

/* Listens on all addresses, on a port of the system's choice. */
struct fake *fake_new(const char *answer);
void fake_end(struct fake *fake);

/* Answers a visit now. */
void fake_answer(struct visit *visit);

/* A port where nobody listens. */
uint16_t fake_closed_port(void);

/* ---- a snapshot ---------------------------------------------------------- */

/* As snapshot_compile() would make it. */
struct made {
    struct config_group config;
    struct group group;
    struct group *groups[1];
    struct snapshot snapshot;
    unsigned ntargets;
    struct target *targets[WATCH_TARGETS_MAX];
    struct config_target of_config[WATCH_TARGETS_MAX];
};

/* A group "blue" in use, without targets, checked on /health for a 200;
 * healthy after 3, unhealthy after 2. */
struct made *made_new(void);
struct target *made_add(struct made *made, const char *ip, uint16_t port);
void made_apply(struct made *made);
unsigned made_eligible(const struct made *made);

/* After it was replaced, or after watch_no_more(). */
void made_free(struct made *made);

/* ---- the monitor --------------------------------------------------------- */

extern struct watch {
    struct loop loop;
    struct target_registry registry;
    struct health_monitor *monitor;
    /* What a condition of watch_until() looks at. */
    struct fake *fake;
    struct made *made;
    struct target *target;
    enum target_state state;
    unsigned requests;
} watch;

extern const struct config_load_balancer watch_load_balancer;

/* Before and after each test. */
int watch_begin(void **state);
int watch_end(void **state);

#define WATCHED(test)                                                          \
    cmocka_unit_test_setup_teardown(test, watch_begin, watch_end)

/* The monitor ends. */
void watch_no_more(void);

/* Runs the loop until `done`, not for ever. */
void watch_until(bool (*done)(void));

/* A while in which something must not happen. */
void watch_ms(unsigned ms);

void watch_for_state(struct target *target, enum target_state state);
void watch_for_requests(struct fake *fake, unsigned n);

/* The fake has no connection left. */
void watch_for_solitude(struct fake *fake);

/* What the target says, which is what the monitor says if it knows it. */
enum target_state watch_state(const struct target *target);

/* State, reason and description as the API would tell them. */
void watch_check(const struct target *target, const char *word,
                 const char *reason, const char *description);

/* ---- the log ------------------------------------------------------------- */

/* What goes to standard error in between; good until the next capture. */
void capture_begin(void);
const char *capture_end(void);

#endif
