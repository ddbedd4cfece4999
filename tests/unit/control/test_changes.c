/* SPDX-License-Identifier: Apache-2.0
 *
 * The queue of changes in a server with two workers, whose control thread is
 * the test's: change() gives it a change and runs its loop until that is done.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "control/calls.h"
#include "control/changes.h"
#include "control/server_state.h"
#include "net/listener.h"
#include "template/template.h"

enum { TRIES_MAX = 64 };

static const char stack[] =
    "Resources:\n"
    "  Lb: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer}\n"
    "  Web:\n"
    "    Type: AWS::ElasticLoadBalancingV2::Listener\n"
    "    Properties: {LoadBalancerArn: !Ref Lb, Port: 80, Protocol: HTTP,\n"
    "      DefaultActions: [{Type: forward, TargetGroupArn: !Ref Blue}]}\n"
    "  Rule:\n"
    "    Type: AWS::ElasticLoadBalancingV2::ListenerRule\n"
    "    Properties: {ListenerArn: !Ref Web, Priority: 5,\n"
    "      Conditions: [{Field: path-pattern, Values: [/x]}],\n"
    "      Actions: [{Type: forward, ForwardConfig: {TargetGroups: [\n"
    "        {TargetGroupArn: !Ref Blue, Weight: 1},\n"
    "        {TargetGroupArn: !Ref Green, Weight: 0}]}}]}\n"
    "  Blue: &group\n"
    "    Type: AWS::ElasticLoadBalancingV2::TargetGroup\n"
    "    Properties: {Port: 80, Protocol: HTTP, TargetType: ip, VpcId: vpc-1,\n"
    "      HealthCheckIntervalSeconds: 300, Targets: [{Id: 127.0.0.9,\n"
    "        Port: 9}]}\n"
    "  Green: *group\n";

/* ---- the server -------------------------------------------------------------- */

static struct {
    struct server *server;
    struct store store;
    /* What the store says next, and what it was given last. */
    enum store_result says[2 * TRIES_MAX];
    unsigned nsays;
    unsigned saves;
    struct store_save *save;
    struct loop_task task;
    unsigned made; /* calls of make() */
} bed;

static const struct local local = {
    .nports = 1,
    .ports = &(const struct local_port){.listener = 80, .local = 0},
    .again = true,
};

static struct config *build(void *owner, const struct value *resources,
                            struct str name, struct report *report)
{
    (void)owner;
    return config_build(resources, name, &local, report);
}

static struct config *load(struct account **account)
{
    struct template_source source = {"stack.yaml", str_of(stack)};
    struct template_options how = {.stack = STR("test")};
    struct report report = {.strict = false};
    struct template *template = template_parse(&source, 1, &how, &report);
    struct config *config;

    assert_non_null(template);
    *account = account_new(template->resources, 1);
    config = build(NULL, template->resources, template->stack, &report);
    assert_non_null(config);
    template_free(template);
    report_end(&report);
    return config;
}

/* The account of another node: ours with Blue on another port. */
static struct account *theirs_of(const struct account *ours)
{
    struct region region = {NULL};
    struct edit edit = {NULL, NULL};
    struct value *blue =
        value_copy(&region, account_find(ours, STR("Blue"))->value);
    struct account *account;
    const struct value *properties = value_get(blue, STR("Properties"));
    struct value *port =
        (struct value *)(uintptr_t)value_get(properties, STR("Port"));

    port->text = region_printf(&region, "%u", 100 + bed.saves);
    edit_put(&region, &edit, STR("Blue"), blue);
    account = account_edit(ours, &edit);
    region_end(&region);
    return account;
}

static void on_task(struct loop_task *task)
{
    enum store_result says =
        bed.saves < bed.nsays ? bed.says[bed.saves] : STORE_SAVED;
    struct document theirs = *bed.save->before;
    struct error error = {"the disk is full"};

    (void)task;
    bed.saves++;
    theirs.account = theirs_of(theirs.account);
    bed.save->done(bed.save, says, &theirs, &error);
    account_release(theirs.account);
}

static void save(struct store *store, struct store_save *save)
{
    (void)store;
    assert_int_equal(save->after->account->revision,
                     save->before->account->revision + 1);
    bed.save = save;
    loop_ready(&bed.server->loop, &bed.task);
}

static void nothing(struct store *store)
{
    (void)store;
}

static void begin_store(struct store *store, const struct store_host *host)
{
    (void)store;
    (void)host;
}

static const struct store_ops store_ops = {
    .save = save,
    .begin = begin_store,
    .let_go = nothing,
    .end = nothing,
};

static int begin(void **state)
{
    struct account *account;
    struct config *config = load(&account);
    struct server_options options = {
        .workers = 2,
        .document = {.account = account},
        .build = build,
        .store = &bed.store,
    };
    struct error error = {""};

    (void)state;
    memset(&bed, 0, sizeof(bed));
    bed.store.ops = &store_ops;
    loop_task_init(&bed.task, on_task);
    bed.server = server_start(config, &options, &error);
    config_release(config);
    account_release(account);
    if (bed.server == NULL)
        print_message("%s\n", error.text);
    return bed.server ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    server_free(bed.server);
    return 0;
}

/* ---- changes ------------------------------------------------------------------- */

struct wish {
    struct change_job job;
    struct region region;
    const char *id;                                       /* of a resource */
    void (*edit)(struct region *region, struct value *v); /* of a copy of it */
    const char *as;                                       /* another id; NULL */
    bool done;
};

static struct account *make(struct change_job *job, const struct document *now)
{
    struct wish *w = LIST_ENTRY_OF(job, struct wish, job);
    struct edit edit = {NULL, NULL};
    struct value *value = value_copy(
        &w->region, account_find(now->account, str_of(w->id))->value);

    bed.made++;
    w->edit(&w->region, value);
    edit_put(&w->region, &edit, str_of(w->as ? w->as : w->id), value);
    return account_edit(now->account, &edit);
}

static void done(struct change_job *job)
{
    struct wish *w = LIST_ENTRY_OF(job, struct wish, job);

    w->done = true;
    bed.server->loop.stop = true;
}

static void add(struct wish *w, const char *id,
                void (*edit)(struct region *region, struct value *v))
{
    *w = (struct wish){.id = id, .edit = edit};
    w->job.make = make;
    w->job.done = done;
    changes_add(bed.server, &w->job);
}

static void wait_for(const struct wish *w)
{
    while (!w->done) {
        bed.server->loop.stop = false;
        loop_run(&bed.server->loop);
    }
    bed.server->loop.stop = false;
}

static void wish_end(struct wish *w)
{
    region_end(&w->job.region);
    region_end(&w->region);
}

/* Gives it a change and waits; wish_end() is due. */
static void change(struct wish *w, const char *id,
                   void (*edit)(struct region *region, struct value *v))
{
    add(w, id, edit);
    wait_for(w);
}

static struct value *at(const struct value *map, const char *key)
{
    return (struct value *)(uintptr_t)value_get(map, str_of(key));
}

static struct value *first_weight(const struct value *rule)
{
    struct value *action = at(at(rule, "Properties"), "Actions")->first;

    return at(at(at(action, "ForwardConfig"), "TargetGroups")->first, "Weight");
}

static void heavier(struct region *region, struct value *rule)
{
    struct value *weight = first_weight(rule);
    uint64_t n;

    assert_true(str_to_u64(weight->text, 998, &n));
    weight->text = region_printf(region, "%u", (unsigned)n + 1);
}

static void too_heavy(struct region *region, struct value *rule)
{
    (void)region;
    first_weight(rule)->text = STR("1000");
}

static void slower_checks(struct region *region, struct value *group)
{
    struct value *interval =
        at(at(group, "Properties"), "HealthCheckIntervalSeconds");

    (void)region;
    interval->text = STR("200");
}

static void other_path(struct region *region, struct value *rule)
{
    struct value *condition = at(at(rule, "Properties"), "Conditions")->first;

    (void)region;
    at(condition, "Values")->first->text = STR("/y");
}

static uint16_t port_wanted;

static void other_port(struct region *region, struct value *listener)
{
    at(at(listener, "Properties"), "Port")->text =
        region_printf(region, "%u", (unsigned)port_wanted);
}

/* ---- what runs ------------------------------------------------------------------- */

static const struct config_forward *forward(void)
{
    const struct config_listener *web =
        bed.server->newest->config->listeners[0];

    return &config_rule_action(&web->rules[0])->u.forward;
}

/* What there was before a change that must not have happened. */
struct before {
    struct snapshot *newest;
    struct account *account;
    uint64_t id;
    unsigned used;
};

static unsigned used_slots(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < bed.server->nslots; i++)
        n += bed.server->slots[i].used;
    return n;
}

static struct before remember(void)
{
    return (struct before){
        .newest = bed.server->newest,
        .account = bed.server->document.account,
        .id = bed.server->snapshot_id,
        .used = used_slots(),
    };
}

static void check_as_it_was(const struct before *before)
{
    assert_ptr_equal(bed.server->newest, before->newest);
    assert_ptr_equal(bed.server->document.account, before->account);
    assert_int_equal(bed.server->snapshot_id, before->id);
    assert_int_equal(used_slots(), before->used);
    assert_int_equal(server_snapshots_alive(bed.server), 1);
}

static void check_fault(const struct wish *w, const char *code,
                        const char *part)
{
    assert_false(w->job.changed);
    assert_non_null(w->job.fault.code);
    assert_string_equal(w->job.fault.code, code);
    if (strstr(w->job.fault.message.p, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, w->job.fault.message.p);
}

/* ---- tests ------------------------------------------------------------------------ */

static void test_a_change_that_is_done_runs_and_is_stored(void **state)
{
    struct wish w;

    (void)state;
    change(&w, "Rule", heavier);
    assert_null(w.job.fault.code);
    assert_true(w.job.changed);
    assert_int_equal(forward()->groups[0].weight, 2);
    assert_int_equal(bed.server->document.account->revision, 2);
    assert_int_equal(bed.saves, 1);
    wish_end(&w);
}

static void test_weights_take_no_build_but_now_and_then(void **state)
{
    struct group_set *set = bed.server->newest->set;
    struct router *router = bed.server->newest->listeners[0]->router;

    (void)state;
    for (unsigned i = 1; i <= 2 * CONFIG_PATCHES_MAX; i++) {
        struct wish w;

        change(&w, "Rule", heavier);
        assert_null(w.job.fault.code);
        assert_int_equal(forward()->groups[0].weight, i + 1);
        assert_int_equal(bed.server->newest->config->patches,
                         i % (CONFIG_PATCHES_MAX + 1));
        if (i <= CONFIG_PATCHES_MAX)
            assert_ptr_equal(bed.server->newest->set, set);
        assert_ptr_equal(bed.server->newest->listeners[0]->router, router);
        wish_end(&w);
    }
}

static void test_what_did_not_change_is_the_same_object(void **state)
{
    const struct snapshot *s = bed.server->newest;
    struct group *blue = s->groups[0];
    struct group *green = s->groups[1];
    struct target *target = green->targets[0];
    struct router *router = s->listeners[0]->router;
    struct wish w;

    (void)state;
    change(&w, "Green", slower_checks);
    assert_null(w.job.fault.code);
    s = bed.server->newest;
    assert_ptr_equal(s->groups[0], blue);
    assert_ptr_equal(s->listeners[0]->router, router);
    assert_int_equal(s->groups[1]->config->health.interval_ms, 200000);
    assert_ptr_equal(s->groups[1]->targets[0], target);
    wish_end(&w);
    green = s->groups[1];
    change(&w, "Rule", other_path);
    s = bed.server->newest;
    assert_ptr_equal(s->groups[1], green);
    assert_ptr_not_equal(s->listeners[0]->router, router);
    assert_ptr_equal(s->listeners[0]->actions[0]->groups[1], green);
    wish_end(&w);
}

static void test_what_cannot_be_built_changes_nothing(void **state)
{
    struct before before = remember();
    struct wish w;

    (void)state;
    change(&w, "Rule", too_heavy);
    check_fault(&w, "ValidationError", "Weight");
    check_as_it_was(&before);
    assert_int_equal(bed.saves, 0);
    wish_end(&w);
}

static void test_a_port_that_is_taken_changes_nothing(void **state)
{
    struct before before = remember();
    struct address address;
    struct sockaddr_in at_socket = {.sin_port = 0};
    socklen_t n = sizeof(at_socket);
    struct error error = {""};
    struct wish w;
    int fd;

    (void)state;
    assert_true(address_parse_ip(STR("127.0.0.1"), &address));
    fd = listener_open(&address, false, &error);
    assert_true(fd >= 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at_socket, &n), 0);
    port_wanted = ntohs(at_socket.sin_port);
    change(&w, "Web", other_port);
    check_fault(&w, "InvalidConfigurationRequest", "--port-offset");
    check_as_it_was(&before);
    wish_end(&w);
    close(fd);
    change(&w, "Web", other_port);
    assert_null(w.job.fault.code);
    assert_int_equal(used_slots(), before.used);
    wish_end(&w);
}

static void test_what_cannot_be_stored_does_not_run(void **state)
{
    struct before before = remember();
    struct wish w;

    (void)state;
    bed.says[0] = STORE_FAILED;
    bed.nsays = 1;
    change(&w, "Rule", heavier);
    check_fault(&w, "ServiceUnavailable", "the disk is full");
    assert_int_equal(w.job.fault.status, 503);
    check_as_it_was(&before);
    wish_end(&w);
    change(&w, "Rule", heavier); /* weights or not */
    assert_null(w.job.fault.code);
    assert_int_equal(forward()->groups[0].weight, 2);
    wish_end(&w);
}

static void
test_a_faster_node_is_adopted_and_the_change_made_again(void **state)
{
    const struct config *config;
    struct wish w;

    (void)state;
    bed.says[0] = bed.says[1] = STORE_CONFLICT;
    bed.nsays = 2;
    change(&w, "Rule", heavier);
    assert_null(w.job.fault.code);
    assert_int_equal(bed.made, 3);
    assert_int_equal(bed.saves, 3);
    assert_int_equal(forward()->groups[0].weight, 2);
    config = bed.server->newest->config;
    assert_int_equal(config->groups[0]->port, 102); /* theirs, the second */
    assert_int_equal(bed.server->document.account->revision, 4);
    wish_end(&w);
}

static void test_nodes_that_are_always_faster_end_a_change(void **state)
{
    struct wish w;

    (void)state;
    for (bed.nsays = 0; bed.nsays < 2 * TRIES_MAX; bed.nsays++)
        bed.says[bed.nsays] = STORE_CONFLICT;
    change(&w, "Rule", heavier);
    check_fault(&w, "ServiceUnavailable", "other nodes");
    assert_int_equal(bed.saves, TRIES_MAX + 1);
    wish_end(&w);
    bed.nsays = 0; /* theirs runs all the same */
    change(&w, "Rule", heavier);
    assert_int_equal(forward()->groups[0].weight, 2);
    assert_int_equal(bed.server->newest->config->groups[0]->port,
                     100 + TRIES_MAX + 1);
    wish_end(&w);
}

static void test_changes_take_turns_and_none_is_lost(void **state)
{
    enum { N = 40 };
    struct wish all[N];

    (void)state;
    for (unsigned i = 0; i < N; i++)
        add(&all[i], "Rule", heavier);
    for (unsigned i = 0; i < N; i++) {
        wait_for(&all[i]);
        assert_null(all[i].job.fault.code);
    }
    assert_int_equal(forward()->groups[0].weight, N + 1);
    assert_int_equal(bed.server->document.account->revision, N + 1);
    for (unsigned i = 0; i < N; i++)
        wish_end(&all[i]);
}

/* ---- a worker that is busy ----------------------------------------------------------- */

static int free_to[2];
static void (*worker_message)(struct mailbox *mailbox, struct message *message);

/* In front of what a worker does with its mail: it does not send the echo
 * before it is told to. */
static void hold_echo(struct mailbox *mailbox, struct message *message)
{
    char c;

    if (message->kind == WORKER_ECHO && read(free_to[0], &c, 1) != 1)
        abort();
    worker_message(mailbox, message);
}

static void on_look(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    if (bed.server->changes.echoes <= 1)
        bed.server->loop.stop = true;
}

/* Runs the loop until all workers but one have told that they run it. */
static void wait_for_the_other(void)
{
    struct timeval often = {.tv_usec = 1000};
    struct event event;

    event_assign(&event, bed.server->loop.base, -1, EV_PERSIST, on_look, NULL);
    event_add(&event, &often);
    loop_run(&bed.server->loop);
    event_del(&event);
    bed.server->loop.stop = false;
}

static void test_a_change_is_not_done_while_a_worker_has_it_not(void **state)
{
    struct mailbox *mailbox = &bed.server->workers[1]->mailbox;
    struct wish w;

    (void)state;
    assert_int_equal(pipe(free_to), 0);
    change(&w, "Rule", heavier);
    wish_end(&w); /* its worker waits for mail now */
    worker_message = mailbox->on_message;
    mailbox->on_message = hold_echo;
    add(&w, "Rule", heavier);
    while (bed.server->changes.echoes == 0 && !w.done)
        wait_for_the_other(); /* it is being stored */
    wait_for_the_other();
    assert_false(w.done);
    assert_int_equal(bed.server->changes.echoes, 1);
    assert_int_equal(forward()->groups[0].weight, 3);
    assert_int_equal(write(free_to[1], "", 1), 1);
    wait_for(&w);
    assert_null(w.job.fault.code);
    wish_end(&w);
    mailbox->on_message = worker_message;
    close(free_to[0]);
    close(free_to[1]);
}

/* ---- calls ------------------------------------------------------------------------ */

struct called {
    struct call_job job;
    struct region region;
    bool done;
};

static unsigned calls_done;

static bool edit_rule(struct call *call, const struct account_view *before)
{
    struct value *rule = value_copy(
        call->region, account_find(before->account, STR("Rule"))->value);

    assert_int_equal(call->nmade, 0);
    heavier(call->region, rule);
    edit_put(call->region, &call->edit, STR("Rule"), rule);
    call->made[call->nmade++] = STR("the rule");
    return true;
}

static bool edit_nothing(struct call *call, const struct account_view *before)
{
    (void)call;
    (void)before;
    return true;
}

static bool refuse(struct call *call, const struct account_view *before)
{
    (void)before;
    return call_refuse(call, "RuleNotFound", "there is none");
}

static bool answer(struct call *call, const struct account_view *after)
{
    struct value *result = make_map(call->region);
    const struct config_listener *web = after->config->listeners[0];

    put_number(call->region, result, "Weight",
               config_rule_action(&web->rules[0])->u.forward.groups[0].weight);
    call->result = result;
    return true;
}

static const struct action write_action = {.edit = edit_rule, .answer = answer};
static const struct action idle_action = {.edit = edit_nothing,
                                          .answer = answer};
static const struct action refused_action = {.edit = refuse, .answer = answer};
static const struct action read_action = {.answer = answer};

static void on_called(struct call_job *job)
{
    struct called *called = LIST_ENTRY_OF(job, struct called, job);

    called->done = true;
    calls_done++;
    bed.server->loop.stop = true;
}

static void call(struct called *c, const struct action *action)
{
    memset(c, 0, sizeof(*c));
    c->job.call.action = action;
    c->job.call.region = &c->region;
    c->job.done = on_called;
    calls_run(bed.server, &c->job);
}

static void wait_for_call(const struct called *c)
{
    while (!c->done) {
        bed.server->loop.stop = false;
        loop_run(&bed.server->loop);
    }
}

static void check_weight(const struct called *c, const char *weight)
{
    const struct value *v = value_get(c->job.call.result, STR("Weight"));

    assert_non_null(v);
    assert_string_equal(v->text.p, weight);
}

static void test_calls_that_read_are_answered_at_once(void **state)
{
    struct called write;
    struct called read;

    (void)state;
    call(&write, &write_action);
    call(&read, &read_action);
    assert_true(read.done);
    assert_false(write.done);
    wait_for_call(&write);
    check_weight(&write, "2"); /* of the account as it is then */
    region_end(&read.region);
    call(&read, &read_action);
    check_weight(&read, "2");
    region_end(&read.region);
    region_end(&write.region);
}

static void test_a_call_that_changes_nothing_is_not_stored(void **state)
{
    struct before before = remember();
    struct called c;

    (void)state;
    call(&c, &idle_action);
    assert_true(c.done);
    assert_null(c.job.call.fault.code);
    check_weight(&c, "1");
    check_as_it_was(&before);
    assert_int_equal(bed.saves, 0);
    region_end(&c.region);
    call(&c, &refused_action);
    assert_true(c.done);
    assert_string_equal(c.job.call.fault.code, "RuleNotFound");
    assert_string_equal(c.job.call.fault.message.p, "there is none");
    assert_null(c.job.call.result);
    region_end(&c.region);
}

static void test_a_call_that_meets_another_node_begins_again(void **state)
{
    struct called c;

    (void)state;
    bed.says[0] = STORE_CONFLICT;
    bed.nsays = 1;
    call(&c, &write_action); /* edit_rule() looks whether nothing is left */
    wait_for_call(&c);
    assert_null(c.job.call.fault.code);
    assert_int_equal(c.job.call.nmade, 1);
    check_weight(&c, "2");
    region_end(&c.region);
}

static void test_more_calls_than_may_wait_are_refused(void **state)
{
    enum { MORE = CHANGES_MAX + 11 };
    struct called *all = memory_zeroed(MORE, sizeof(*all));
    unsigned refused = 0;

    (void)state;
    calls_done = 0;
    for (unsigned i = 0; i < MORE; i++)
        call(&all[i], &write_action);
    for (unsigned i = 0; i < MORE; i++) {
        wait_for_call(&all[i]);
        if (all[i].job.call.fault.code == NULL)
            continue;
        assert_string_equal(all[i].job.call.fault.code, "Throttling");
        refused++;
    }
    assert_int_equal(refused, MORE - CHANGES_MAX - 1);
    assert_int_equal(calls_done, MORE);
    assert_int_equal(forward()->groups[0].weight, MORE - refused + 1);
    for (unsigned i = 0; i < MORE; i++)
        region_end(&all[i].region);
    free(all);
}

static void test_changes_that_wait_at_the_end_are_refused(void **state)
{
    struct wish all[3];

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        add(&all[i], "Rule", i ? heavier : other_path);
    server_free(bed.server);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(all[i].done);
        check_fault(&all[i], "ServiceUnavailable", "about to end");
        wish_end(&all[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_BED(test) cmocka_unit_test_setup_teardown(test, begin, end)
        IN_BED(test_a_change_that_is_done_runs_and_is_stored),
        IN_BED(test_weights_take_no_build_but_now_and_then),
        IN_BED(test_what_did_not_change_is_the_same_object),
        IN_BED(test_what_cannot_be_built_changes_nothing),
        IN_BED(test_a_port_that_is_taken_changes_nothing),
        IN_BED(test_what_cannot_be_stored_does_not_run),
        IN_BED(test_a_faster_node_is_adopted_and_the_change_made_again),
        IN_BED(test_nodes_that_are_always_faster_end_a_change),
        IN_BED(test_changes_take_turns_and_none_is_lost),
        IN_BED(test_a_change_is_not_done_while_a_worker_has_it_not),
        IN_BED(test_calls_that_read_are_answered_at_once),
        IN_BED(test_a_call_that_changes_nothing_is_not_stored),
        IN_BED(test_a_call_that_meets_another_node_begins_again),
        IN_BED(test_more_calls_than_may_wait_are_refused),
        cmocka_unit_test_setup(test_changes_that_wait_at_the_end_are_refused,
                               begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
