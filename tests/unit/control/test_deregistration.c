/* SPDX-License-Identifier: Apache-2.0
 *
 * Time stands still here but for after().
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "control/deregistration.h"

enum { TARGETS = 3 };

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static struct counters counters;
static struct loop loop;
static struct target_registry registry;
static struct deregistrations all;

/* What was done, a word for each: "drains:80 cut:80 orphan:80". */
static struct text said;
static char said_buffer[512];

static void say(const char *what, const struct target *target)
{
    text_printf(&said, "%s%s:%u", said.n ? " " : "", what,
                target->address.port);
}

static void tell(void *owner, struct target *target, enum worker_message kind)
{
    assert_ptr_equal(owner, &registry);
    say(kind == WORKER_TARGET_DRAINS    ? "drains"
        : kind == WORKER_TARGET_CUT     ? "cut"
        : kind == WORKER_TARGET_RETURNS ? "returns"
                                        : "?",
        target);
}

static void orphan(void *owner, struct target *target)
{
    assert_ptr_equal(owner, &registry);
    say("orphan", target);
    target_release(target);
}

static const struct deregistration_ops ops = {.tell = tell, .orphan = orphan};

static void check_said(const char *expected)
{
    said_buffer[said.n] = '\0';
    assert_string_equal(said_buffer, expected);
    said.n = 0;
}

/* ---- a snapshot ---------------------------------------------------------- */

/* One group of targets at 127.0.0.1 with the ports 81, 82 ... */
struct made {
    struct config config;
    struct config_group group;
    struct config_group *groups[1];
    struct config_target targets[TARGETS];
    struct target *list[TARGETS];
    struct group running;
    struct group *runnings[1];
    struct snapshot snapshot;
};

static void made_begin(struct made *m, const char *arn, const char *name,
                       unsigned delay_s)
{
    static const struct config_load_balancer balancer;

    *m = (struct made){0};
    m->group.load_balancer = &balancer;
    m->group.id = STR("Group");
    m->group.arn = str_of(arn);
    m->group.name = str_of(name);
    m->group.type = TARGET_TYPE_IP;
    m->group.attributes.deregistration_delay_ms = delay_s * 1000;
    m->group.targets = m->targets;
    m->groups[0] = &m->group;
    m->config.groups = m->groups;
    m->config.ngroups = 1;
    m->running.config = &m->group;
    m->running.targets = m->list;
    m->snapshot.config = &m->config;
    m->runnings[0] = &m->running;
    m->snapshot.groups = m->runnings;
    m->snapshot.ngroups = 1;
}

static struct target *made_add(struct made *m, uint16_t port)
{
    struct config_target *t = &m->targets[m->group.ntargets];

    assert_in_range(m->group.ntargets, 0, TARGETS - 1);
    *t = (struct config_target){.port = port, .registered = true};
    t->place = (struct place){.file = "stack.yaml", .line = 7};
    assert_true(address_parse_ip(STR("127.0.0.1"), &t->address));
    t->address.port = port;
    m->group.ntargets++;
    return m->list[m->running.ntargets++] =
               target_use(&registry, m->group.arn, &t->address);
}

/* The snapshot is freed. */
static void made_end(struct made *m)
{
    for (unsigned i = 0; i < m->running.ntargets; i++) {
        if (target_unuse(&registry, m->list[i]))
            orphan(&registry, m->list[i]);
    }
}

static void after(unsigned ms)
{
    loop.now_us += ms * UINT64_C(1000);
    timer_wheel_run(&loop.timers, loop.now_us);
}

/* A target that is gone from a group with this delay, and told. */
static struct target *drained(const char *arn, const char *name, uint16_t port,
                              unsigned delay_s)
{
    struct made m;
    struct target *target;

    made_begin(&m, arn, name, delay_s);
    target = made_add(&m, port);
    deregistration_begin(&all, target, &m.group);
    deregistrations_tell(&all);
    made_end(&m);
    return target;
}

static void see(void *owner, struct str group, const struct target *target,
                const struct health *health)
{
    struct text *seen = owner;

    assert_int_equal(health->state, TARGET_DRAINING);
    assert_string_equal(health_reason_word(health->reason),
                        "Target.DeregistrationInProgress");
    text_printf(seen, STR_FMT ":%u ", STR_ARG(group), target->address.port);
}

static void check_shown(const char *arn, const char *expected)
{
    char buffer[256] = "";
    struct text seen = text_in(buffer, sizeof(buffer) - 1);

    deregistrations_of(&all, str_of(arn), see, &seen);
    assert_string_equal(buffer, expected);
}

static void check_shown_of_gone(const struct snapshot *s, const char *expected)
{
    char buffer[256] = "";
    struct text seen = text_in(buffer, sizeof(buffer) - 1);

    deregistrations_of_gone(&all, s, see, &seen);
    assert_string_equal(buffer, expected);
}

static int begin(void **state)
{
    (void)state;
    if (!loop_init(&loop, &counters))
        return -1;
    said = text_in(said_buffer, sizeof(said_buffer) - 1);
    loop_tick(&loop);
    deregistrations_init(&all, &loop, &registry, &ops, &registry);
    return 0;
}

static int end(void **state)
{
    (void)state;
    deregistrations_end(&all);
    assert_int_equal(registry.nused, 0);
    target_registry_end(&registry);
    loop_end(&loop);
    return 0;
}

/* ---- how long ------------------------------------------------------------ */

static void test_a_target_drains_for_the_delay_of_its_group(void **state)
{
    struct target *t = drained("arn:a", "blue", 81, 30);

    (void)state;
    check_said("drains:81");
    assert_true(target_drains(t));
    check_shown("arn:a", "blue:81 ");
    after(29999);
    deregistrations_tell(&all);
    check_said("");
    check_shown("arn:a", "blue:81 ");
    after(5); /* a tick more */
    check_said("cut:81 orphan:81");
    check_shown("arn:a", "");
}

static void test_without_a_delay_it_is_cut_when_workers_know(void **state)
{
    struct made m;

    (void)state;
    made_begin(&m, "arn:a", "blue", 0);
    deregistration_begin(&all, made_add(&m, 81), &m.group);
    after(100);
    check_said("");
    deregistrations_tell(&all);
    check_said("drains:81 cut:81");
    check_shown("arn:a", "");
    made_end(&m);
    check_said("orphan:81");
}

static void test_the_delay_is_the_one_that_the_group_has_now(void **state)
{
    static const struct {
        unsigned before_s, after_s; /* the delay; changed after 10 s */
        unsigned left_s;            /* from then on */
    } cases[] = {
        {30, 15, 5}, {30, 10, 0}, {30, 0, 0}, {30, 60, 50}, {11, 3600, 3590}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct made m;

        drained("arn:a", "blue", 81, cases[i].before_s);
        check_said("drains:81");
        after(10 * 1000);
        made_begin(&m, "arn:a", "blue", cases[i].after_s);
        deregistrations_apply(&all, &m.snapshot);
        if (cases[i].left_s) {
            after(cases[i].left_s * 1000 - 1);
            check_said("");
            after(5);
        }
        check_said("cut:81 orphan:81");
    }
}

static void test_a_group_that_is_gone_keeps_its_delay(void **state)
{
    struct made other;

    (void)state;
    drained("arn:a", "blue", 81, 30);
    made_begin(&other, "arn:b", "green", 0);
    deregistrations_apply(&all, &other.snapshot);
    check_said("drains:81");
    after(29999);
    check_said("");
    after(5);
    check_said("cut:81 orphan:81");
}

static void test_requests_of_old_snapshots_keep_what_is_gone(void **state)
{
    struct made old;
    struct target *t;

    (void)state;
    made_begin(&old, "arn:a", "blue", 30);
    t = made_add(&old, 81);
    deregistration_begin(&all, t, &old.group);
    deregistrations_tell(&all);
    after(31 * 1000);
    check_said("drains:81 cut:81");
    assert_true(target_drains(t));
    made_end(&old);
    check_said("orphan:81");
}

/* ---- what is shown ------------------------------------------------------- */

static void test_targets_of_one_group_stand_together(void **state)
{
    struct made only_b;

    (void)state;
    drained("arn:a", "blue", 81, 30);
    drained("arn:b", "green", 82, 30);
    drained("arn:c", "red", 83, 30);
    drained("arn:a", "blue", 84, 30);
    drained("arn:c", "red", 85, 30);
    check_shown("arn:a", "blue:81 blue:84 ");
    check_shown("arn:b", "green:82 ");
    check_shown("arn:d", "");
    made_begin(&only_b, "arn:b", "green", 30);
    check_shown_of_gone(&only_b.snapshot, "blue:81 blue:84 red:83 red:85 ");
}

/* ---- those that come back ------------------------------------------------ */

/* alb.md 10: 73 */
static void test_an_address_of_an_ip_group_may_not_come_back(void **state)
{
    struct made m;
    struct error error = {""};

    (void)state;
    drained("arn:a", "blue", 82, 30);
    after(9500);
    made_begin(&m, "arn:a", "blue", 30);
    made_add(&m, 81);
    assert_true(deregistrations_allow(&all, &m.config, &error));
    made_add(&m, 82);
    assert_false(deregistrations_allow(&all, &m.config, &error));
    assert_string_equal(
        error.text,
        "target group Group registers target 127.0.0.1:82 (stack.yaml:7), "
        "which is draining for 21 s more; as with ALB an IP address cannot "
        "come back before: try again then, or give the group a "
        "deregistration_delay.timeout_seconds (now 30) of at most 9");
    m.group.attributes.deregistration_delay_ms = 9000; /* as it says */
    assert_true(deregistrations_allow(&all, &m.config, &error));
    m.group.attributes.deregistration_delay_ms = 10000;
    assert_false(deregistrations_allow(&all, &m.config, &error));
    after(500);
    assert_true(deregistrations_allow(&all, &m.config, &error));
    made_end(&m);
}

static void test_others_may_come_back_at_any_time(void **state)
{
    struct made m;
    struct error error = {""};

    (void)state;
    drained("arn:a", "blue", 81, 30);
    made_begin(&m, "arn:a", "blue", 30);
    made_add(&m, 81);
    assert_false(deregistrations_allow(&all, &m.config, &error));
    m.targets[0].registered = false; /* --service, Metadata */
    assert_true(deregistrations_allow(&all, &m.config, &error));
    m.targets[0].registered = true;
    m.group.type = TARGET_TYPE_INSTANCE;
    assert_true(deregistrations_allow(&all, &m.config, &error));
    m.group.type = TARGET_TYPE_IP;
    m.group.arn = STR("arn:b"); /* another registration */
    assert_true(deregistrations_allow(&all, &m.config, &error));
    m.group.arn = STR("arn:a");
    made_end(&m);
}

static void test_what_comes_back_drains_no_more_and_is_not_cut(void **state)
{
    struct target *t = drained("arn:a", "blue", 81, 30);
    struct made m;

    (void)state;
    check_said("drains:81");
    made_begin(&m, "arn:a", "blue", 30);
    assert_ptr_equal(made_add(&m, 81), t);
    deregistrations_apply(&all, &m.snapshot);
    check_said("returns:81");
    check_shown("arn:a", "");
    atomic_store(&t->state, TARGET_INITIAL); /* as the health monitor does */
    deregistrations_tell(&all);
    deregistrations_apply(&all, &m.snapshot);
    after(60 * 1000);
    check_said("");
    made_end(&m);
    check_said("orphan:81");
}

static void
test_with_a_delay_that_is_over_it_is_cut_before_it_returns(void **state)
{
    struct made m;

    (void)state;
    drained("arn:a", "blue", 81, 30);
    check_said("drains:81");
    made_begin(&m, "arn:a", "blue", 0);
    made_add(&m, 81);
    deregistrations_apply(&all, &m.snapshot);
    check_said("cut:81 returns:81");
    made_end(&m);
}

static void test_what_was_cut_and_is_still_there_returns(void **state)
{
    struct made old, m;

    (void)state;
    made_begin(&old, "arn:a", "blue", 0);
    deregistration_begin(&all, made_add(&old, 81), &old.group);
    deregistrations_tell(&all);
    check_said("drains:81 cut:81");
    made_begin(&m, "arn:a", "blue", 30);
    made_add(&m, 81);
    deregistrations_apply(&all, &m.snapshot);
    check_said("returns:81");
    made_end(&old);
    made_end(&m);
    check_said("orphan:81");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)
        TEST(test_a_target_drains_for_the_delay_of_its_group),
        TEST(test_without_a_delay_it_is_cut_when_workers_know),
        TEST(test_the_delay_is_the_one_that_the_group_has_now),
        TEST(test_a_group_that_is_gone_keeps_its_delay),
        TEST(test_requests_of_old_snapshots_keep_what_is_gone),
        TEST(test_targets_of_one_group_stand_together),
        TEST(test_an_address_of_an_ip_group_may_not_come_back),
        TEST(test_others_may_come_back_at_any_time),
        TEST(test_what_comes_back_drains_no_more_and_is_not_cut),
        TEST(test_with_a_delay_that_is_over_it_is_cut_before_it_returns),
        TEST(test_what_was_cut_and_is_still_there_returns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
