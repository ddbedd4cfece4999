/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "model/local.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

enum { MOST = 8 };

/* A config put together by hand, and what is local about it. */
struct world {
    struct config config;
    struct config_load_balancer balancers[MOST];
    struct config_load_balancer *balancer_list[MOST];
    struct config_listener listeners[MOST];
    struct config_listener *listener_list[MOST];
    struct config_group *group_list[MOST];
    struct config_service services[MOST];
    struct config_service *service_list[MOST];
    struct config_group *own[MOST][MOST];
    struct local_group_hint group_hints[MOST];
    struct local_listener_hint listener_hints[MOST];
    struct local_balancer_hint balancer_hints[MOST];
    struct local_service asked[MOST];
    struct local_port ports[MOST];
    struct local local;
    struct report report;
};

static int make_world(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    w->config.load_balancers = w->balancer_list;
    w->config.listeners = w->listener_list;
    w->config.groups = w->group_list;
    w->config.services = w->service_list;
    w->local.ports = w->ports;
    w->local.services = w->asked;
    *state = w;
    return 0;
}

static int free_world(void **state)
{
    struct world *w = *state;

    region_end(&w->config.region);
    report_end(&w->report);
    free(w);
    return 0;
}

static struct config_load_balancer *add_balancer(struct world *w,
                                                 const char *id)
{
    unsigned i = w->config.nload_balancers++;

    w->balancers[i].id = str_of(id);
    w->balancers[i].index = i;
    w->balancer_list[i] = &w->balancers[i];
    return &w->balancers[i];
}

static struct config_listener *
add_listener(struct world *w, const struct config_load_balancer *balancer,
             const char *id, uint16_t port)
{
    unsigned i = w->config.nlisteners++;
    struct config_listener *listener = &w->listeners[i];

    listener->id = str_of(id);
    listener->index = i;
    listener->place = (struct place){"web.yaml", 10 + i, 3};
    listener->load_balancer = balancer;
    listener->port = port;
    w->listener_list[i] = listener;
    return listener;
}

/* A group that is in use and registers nothing. */
static struct config_group *add_group(struct world *w, const char *id,
                                      const char *name)
{
    unsigned i = w->config.ngroups++;
    struct config_group *group = region_take(&w->config.region, sizeof(*group));

    group->id = str_of(id);
    group->index = i;
    group->place = (struct place){"web.yaml", 50 + i, 3};
    group->name = str_of(name);
    group->type = TARGET_TYPE_IP;
    group->load_balancer = &w->balancers[0];
    w->group_list[i] = group;
    return group;
}

static struct config_service *add_service(struct world *w, const char *id,
                                          const char *path,
                                          struct config_group *group,
                                          struct config_group *green)
{
    unsigned i = w->config.nservices++;
    struct config_service *service = &w->services[i];

    service->id = str_of(id);
    service->path = str_of(path);
    service->groups = w->own[i];
    if (group)
        service->groups[service->ngroups++] = group;
    service->green = green;
    w->service_list[i] = service;
    return service;
}

static void ask(struct world *w, const char *name, const char *value)
{
    w->asked[w->local.nservices++] =
        (struct local_service){str_of(name), str_of(value)};
}

static void ask_port(struct world *w, uint16_t listener, uint16_t local)
{
    w->ports[w->local.nports++] = (struct local_port){listener, local};
}

static const struct value *text_at(struct world *w, const char *text)
{
    static const struct place place = {"web.yaml", 90, 20};

    return value_string(&w->config.region, str_of(text), &place);
}

static void apply(struct world *w)
{
    const struct local_hints hints = {
        .groups = w->group_hints,
        .listeners = w->listener_hints,
        .balancers = w->balancer_hints,
    };

    local_apply(&w->config, &hints, &w->local, &w->report);
}

/* Problems of the report from number n on, and its end. */
static void check_problem(struct world *w, unsigned n, unsigned line,
                          const char *expected)
{
    const struct problem *p = w->report.first;
    struct str both;

    while (p && n--)
        p = p->next;
    if (p == NULL) {
        fail_msg("no problem, but not: %s", expected);
        return;
    }
    both = region_printf(&w->config.region, "%s\n%s", p->what.p, p->remedy.p);
    assert_string_equal(both.p, expected);
    assert_int_equal(p->place.line, line);
    assert_int_equal(p->severity, PROBLEM_ERROR);
}

static void check_one_problem(struct world *w, unsigned line,
                              const char *expected)
{
    apply(w);
    check_problem(w, 0, line, expected);
    assert_int_equal(w->report.errors, 1);
}

static void apply_well(struct world *w)
{
    apply(w);
    if (w->report.first)
        fail_msg("%s", w->report.first->what.p);
}

static void check_bind(const struct config_listener *listener,
                       const char *expected)
{
    char buffer[ADDRESS_TEXT_MAX + 1] = "";
    struct text t = text_in(buffer, ADDRESS_TEXT_MAX);

    address_put(&t, &listener->bind);
    assert_string_equal(buffer, expected);
}

/* The targets of a group, with spaces between. */
static void check_targets(const struct config_group *group,
                          const char *expected)
{
    char buffer[512] = "";
    struct text t = text_in(buffer, sizeof(buffer) - 1);

    for (unsigned i = 0; i < group->ntargets; i++) {
        const struct config_target *target = &group->targets[i];
        struct address ip;

        if (i)
            text_char(&t, ' ');
        address_put(&t, &target->address);
        assert_int_equal(target->port, target->address.port);
        assert_true(address_parse_ip(target->id, &ip));
    }
    assert_string_equal(buffer, expected);
}

/* ---- addresses ------------------------------------------------------------ */

static void test_an_address_is_host_and_port(void **state)
{
    static const struct {
        const char *text;
        const char *fault; /* NULL: none */
    } rows[] = {
        {"127.0.0.1:1", NULL},
        {":65535", NULL},
        {"LocalHost:80", NULL},
        {"[::1]:80", NULL},
        {"10.1.2.3:80", NULL},
        {"", "there is no address, such as 127.0.0.1:3000"},
        {"3000", "a port alone needs a colon before it, such as :3000"},
        {"::1:80", "an IPv6 address needs brackets and a port, such as "
                   "[::1]:3000"},
        {"::1", "an IPv6 address needs brackets and a port, such as "
                "[::1]:3000"},
        {"127.0.0.1", "the port is missing, such as in 127.0.0.1:3000"},
        {"app", "the port is missing, such as in 127.0.0.1:3000"},
        {"127.0.0.1:0", "the port is no number from 1 to 65535"},
        {":65536", "the port is no number from 1 to 65535"},
        {"app:80", "the host is no IPv4 or [IPv6] address and not localhost; "
                   "names are not looked up, so write its address"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct address address = {.port = 7};
        const char *fault = NULL;

        assert_int_equal(local_address(str_of(rows[i].text), &address, &fault),
                         rows[i].fault == NULL);
        if (rows[i].fault) {
            assert_string_equal(fault, rows[i].fault);
            assert_int_equal(address.port, 7);
        }
    }
}

/* ---- listeners ------------------------------------------------------------- */

static void test_listeners_listen_on_loopback_and_their_own_port(void **state)
{
    struct world *w = *state;
    const struct config_load_balancer *edge = add_balancer(w, "Edge");
    const struct config_listener *web = add_listener(w, edge, "Web", 80);
    const struct config_listener *any = add_listener(w, edge, "Any", 0);
    const struct local_hints none = {.groups = NULL};

    local_apply(&w->config, &none, &w->local, &w->report);
    assert_int_equal(w->report.errors, 0);
    check_bind(web, "127.0.0.1:80");
    check_bind(any, "127.0.0.1:0");
}

static void
test_ports_come_from_flags_then_metadata_then_the_offset(void **state)
{
    struct world *w = *state;
    const struct config_load_balancer *edge = add_balancer(w, "Edge");
    const struct config_listener *a = add_listener(w, edge, "A", 80);
    const struct config_listener *b = add_listener(w, edge, "B", 81);
    const struct config_listener *c = add_listener(w, edge, "C", 82);
    const struct config_listener *d = add_listener(w, edge, "D", 83);
    const struct config_listener *e = add_listener(w, edge, "E", 0);

    w->local.port_offset = 8000;
    w->listener_hints[0].local_port = text_at(w, "7000");
    w->listener_hints[1].local_port = text_at(w, "7001");
    ask_port(w, 80, 9000);
    ask_port(w, 83, 0);
    apply_well(w);
    check_bind(a, "127.0.0.1:9000");
    check_bind(b, "127.0.0.1:7001");
    check_bind(c, "127.0.0.1:8082");
    check_bind(d, "127.0.0.1:0");
    check_bind(e, "127.0.0.1:0");
}

static void test_bind_comes_from_flags_then_metadata(void **state)
{
    struct world *w = *state;
    const struct config_listener *a =
        add_listener(w, add_balancer(w, "Edge"), "A", 80);
    const struct config_listener *b =
        add_listener(w, add_balancer(w, "Rim"), "B", 80);
    const struct config_listener *c =
        add_listener(w, add_balancer(w, "Hub"), "C", 81);

    w->balancer_hints[0].bind = text_at(w, "0.0.0.0");
    w->balancer_hints[1].bind = text_at(w, "::1");
    w->balancer_hints[2].bind = text_at(w, "localhost");
    apply_well(w);
    check_bind(a, "0.0.0.0:80");
    check_bind(b, "[::1]:80");
    check_bind(c, "127.0.0.1:81");
    w->config.nlisteners = 1;
    assert_true(address_parse_ip(STR("10.0.0.9"), &w->local.bind));
    apply_well(w);
    check_bind(a, "10.0.0.9:80");
}

static void test_a_wrong_bind_is_told_once(void **state)
{
    struct world *w = *state;
    const struct config_load_balancer *edge = add_balancer(w, "Edge");

    add_listener(w, edge, "A", 80);
    add_listener(w, edge, "B", 81);
    w->balancer_hints[0].bind = text_at(w, "0.0.0.0:80");
    check_one_problem(w, 90,
                      "Bind of load balancer Edge is \"0.0.0.0:80\", which is "
                      "no IP address\n"
                      "write one such as 0.0.0.0 or ::1, without a port");
}

static void test_hints_of_the_wrong_kind_are_told(void **state)
{
    struct world *w = *state;
    static const struct place place = {"web.yaml", 91, 1};
    struct value *unknown;

    add_listener(w, add_balancer(w, "Edge"), "A", 80);
    add_group(w, "Blue", "blue");
    unknown = value_new(&w->config.region, VALUE_UNKNOWN, &place);
    unknown->text = STR("Vpc (AWS::EC2::VPC) exists only in AWS");
    w->balancer_hints[0].bind =
        value_new(&w->config.region, VALUE_LIST, &place);
    w->listener_hints[0].local_port =
        value_new(&w->config.region, VALUE_MAP, &place);
    w->group_hints[0].addresses =
        value_new(&w->config.region, VALUE_MAP, &place);
    apply(w);
    check_problem(w, 0, 91,
                  "Bind of load balancer Edge is a list\n"
                  "write an IP address such as 0.0.0.0 or ::1");
    check_problem(w, 1, 91,
                  "LocalPort of listener A is a map\n"
                  "write a port such as 8080");
    check_problem(w, 2, 91,
                  "an address of target group Blue is a map\n"
                  "write a string, HOST:PORT, or a list of them");
    report_end(&w->report);
    w->balancer_hints[0].bind = unknown;
    w->listener_hints[0].local_port = unknown;
    w->group_hints[0].addresses = unknown;
    apply(w);
    check_problem(w, 0, 91,
                  "Bind of load balancer Edge is not known here: Vpc "
                  "(AWS::EC2::VPC) exists only in AWS\n"
                  "write an IP address such as 0.0.0.0");
    check_problem(w, 1, 91,
                  "LocalPort of listener A is not known here: Vpc "
                  "(AWS::EC2::VPC) exists only in AWS\nwrite a number");
    check_problem(w, 2, 91,
                  "Addresses of target group Blue are not known here: Vpc "
                  "(AWS::EC2::VPC) exists only in AWS\nwrite HOST:PORT");
}

static void test_a_wrong_local_port_is_told(void **state)
{
    struct world *w = *state;

    add_listener(w, add_balancer(w, "Edge"), "Web", 80);
    w->listener_hints[0].local_port = text_at(w, "65536");
    check_one_problem(w, 90,
                      "LocalPort of listener Web is \"65536\": a port is 1 to "
                      "65535\n"
                      "write a port such as 8080, or 0 for any that is free");
}

static void test_an_offset_past_the_last_port_is_told(void **state)
{
    struct world *w = *state;
    const struct config_load_balancer *edge = add_balancer(w, "Edge");
    const struct config_listener *low = add_listener(w, edge, "Low", 5535);

    add_listener(w, edge, "High", 5536);
    w->local.port_offset = 60000;
    check_one_problem(w, 11,
                      "port 5536 of listener High and --port-offset 60000 make "
                      "65536, above 65535\n"
                      "use a smaller --port-offset, or give this one a port of "
                      "its own: --port 5536=8080");
    check_bind(low, "127.0.0.1:65535");
    w->local.port_offset = UINT32_MAX;
    apply(w);
    assert_int_equal(w->report.errors, 3);
}

static void
test_a_port_of_no_listener_is_told_with_those_there_are(void **state)
{
    struct world *w = *state;
    const struct config_load_balancer *edge = add_balancer(w, "Edge");

    add_listener(w, edge, "A", 80);
    add_listener(w, edge, "B", 9001);
    ask_port(w, 8080, 80);
    check_one_problem(w, 0,
                      "--port 8080=80: no listener has port 8080\n"
                      "the listeners have 80, 9001");
}

static void test_a_port_of_listeners_that_come_later_is_a_note(void **state)
{
    struct world *w = *state;

    w->local.listeners_come = true;
    w->report.partly = true;
    ask_port(w, 8080, 80);
    apply_well(w);
    add_listener(w, add_balancer(w, "Edge"), "A", 80);
    apply(w);
    assert_non_null(w->report.first);
    assert_int_equal(w->report.first->severity, PROBLEM_NOTE);
    assert_string_equal(w->report.first->what.p,
                        "--port 8080=80: no listener has port 8080 yet, the "
                        "listeners have 80");
    assert_int_equal(w->report.errors, 0);
    assert_int_equal(w->report.warnings, 0);
}

static void test_a_port_given_twice_is_told(void **state)
{
    struct world *w = *state;

    add_listener(w, add_balancer(w, "Edge"), "A", 80);
    ask_port(w, 80, 8080);
    ask_port(w, 80, 8081);
    check_one_problem(w, 0,
                      "--port 80=8081: port 80 has --port 80=8080 already\n"
                      "leave one of them out");
}

static void test_two_listeners_on_one_port_are_told_with_the_flag(void **state)
{
    struct world *w = *state;
    const struct config_load_balancer *edge = add_balancer(w, "Edge");

    add_listener(w, edge, "Web", 80);
    add_listener(w, edge, "Taken", 8443);
    add_listener(w, edge, "Secure", 443);
    w->listener_hints[2].local_port = text_at(w, "80");
    check_one_problem(w, 12,
                      "listener Secure listens on 127.0.0.1:80, as listener "
                      "Web (web.yaml:10) does\n"
                      "give one of them another port: --port 443=8444");
}

static void test_two_protocols_on_one_port_need_metadata(void **state)
{
    struct world *w = *state;

    w->local.bind = (struct address){.family = 4};
    add_listener(w, add_balancer(w, "Edge"), "Web", 80);
    add_listener(w, add_balancer(w, "Rim"), "Rest", 80)->protocol =
        PROTOCOL_HTTPS;
    apply(w);
    check_problem(w, 0, 11,
                  "listener Rest listens on 0.0.0.0:80, as listener Web "
                  "(web.yaml:10) does\n"
                  "both have port 80: give one of them a port here in its "
                  "Metadata: {Sluice: {LocalPort: 8080}}");
    report_end(&w->report);
    ask_port(w, 80, 7000);
    check_one_problem(w, 11,
                      "listener Rest listens on 0.0.0.0:7000, as listener "
                      "Web (web.yaml:10) does\n"
                      "both have port 80: give one of them a port here in its "
                      "Metadata: {Sluice: {LocalPort: 8080}}, without --port");
}

static void test_any_free_port_can_be_asked_for_twice(void **state)
{
    struct world *w = *state;
    const struct config_load_balancer *edge = add_balancer(w, "Edge");

    add_listener(w, edge, "A", 80);
    add_listener(w, edge, "B", 81);
    ask_port(w, 80, 0);
    ask_port(w, 81, 0);
    apply_well(w);
}

/* ---- targets --------------------------------------------------------------- */

/* The names of alb-ecs-bluegreen.template.json as CDK made them. */
static void add_cdk(struct world *w)
{
    struct config_group *blue;
    struct config_group *green;

    add_balancer(w, "Lb1928D9D6");
    blue = add_group(w, "Blue10BB7880", "Blue10BB7880");
    green = add_group(w, "Green9DCBBC03", "Green9DCBBC03");
    w->group_hints[0].cdk_path = STR("Stack/Blue/Resource");
    w->group_hints[1].cdk_path = STR("Stack/Green/Resource");
    add_service(w, "SvcServiceE0738BDC", "Stack/Svc/Service", blue, green);
}

static void test_names_find_groups_and_services(void **state)
{
    static const struct {
        const char *name;
        unsigned group; /* of the two of add_cdk() */
    } rows[] = {
        {"Blue10BB7880", 0},
        {"Blue", 0},
        {"Blue1", 0},
        {"B", 0},
        {"Green9DCBBC03", 1},
        {"Stack/Green/Resource", 1},
        {"Stack/Green", 1},
        {"Green/Resource", 1},
        {"SvcServiceE0738BDC", 0},
        {"SvcService", 0},
        {"Svc", 0},
        {"S", 0},
        {"Svc.blue", 0},
        {"Svc.green", 1},
        {"SvcServiceE0738BDC.green", 1},
        {"Stack/Svc/Service.green", 1},
        {"Stack/Svc.green", 1},
        {"Svc/Service", 0},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world *w;

        free_world(state);
        make_world(state);
        w = *state;
        add_cdk(w);
        ask(w, rows[i].name, "127.0.0.1:1");
        apply(w);
        if (w->report.first)
            fail_msg("%s", w->report.first->what.p);
        check_targets(w->group_list[rows[i].group], "127.0.0.1:1");
        check_targets(w->group_list[1 - rows[i].group], "");
    }
}

static void test_a_group_is_found_by_its_name(void **state)
{
    struct world *w = *state;
    const struct config_group *a;

    add_balancer(w, "Edge");
    a = add_group(w, "TargetGroup1", "shop-blue");
    add_group(w, "TargetGroup2", "shop-green");
    ask(w, "shop-blue", ":1,[::1]:2, localhost:3");
    apply_well(w);
    check_targets(a, "127.0.0.1:1 [::1]:2 127.0.0.1:3");
    assert_string_equal(a->targets[1].id.p, "::1");
    assert_int_equal(a->flag.n, 0);
}

static void test_an_exact_name_wins_over_a_begin(void **state)
{
    struct world *w = *state;
    const struct config_group *a;
    const struct config_group *b;

    add_balancer(w, "Edge");
    a = add_group(w, "BlueA", "x");
    b = add_group(w, "Blue10BB7880", "y");
    add_group(w, "BlueGreen10BB7881", "z");
    ask(w, "Blue", ":1");
    apply_well(w);
    check_targets(b, "127.0.0.1:1");
    check_targets(a, "");
}

static void test_what_cdk_adds_to_a_name_is_not_the_name(void **state)
{
    struct world *w = *state;
    struct config_group *blue;

    add_cdk(w);
    blue = add_group(w, "Other11111111", "x");
    add_service(w, "Svc2Service11111111", "Stack/Svc2/Service", blue, NULL);
    ask(w, "Svc", ":1");
    apply_well(w);
    check_targets(w->group_list[0], "127.0.0.1:1");
    check_targets(blue, "");
    assert_string_equal(blue->flag.p, "--service Svc2=HOST:PORT");
}

static void test_a_path_ends_at_a_slash(void **state)
{
    struct world *w = *state;

    add_cdk(w);
    ask(w, "lue/Resource", ":1");
    apply(w);
    assert_int_equal(w->report.errors, 1);
}

static void test_a_service_gives_all_of_its_groups(void **state)
{
    struct world *w = *state;
    struct config_group *a;
    struct config_group *b;
    struct config_service *service;

    add_balancer(w, "Edge");
    a = add_group(w, "A", "a");
    b = add_group(w, "B", "b");
    service = add_service(w, "Svc", "", a, NULL);
    service->groups[service->ngroups++] = b;
    ask(w, "Svc", ":1");
    apply_well(w);
    check_targets(a, "127.0.0.1:1");
    check_targets(b, "127.0.0.1:1");
}

static void test_an_unknown_name_is_told_with_those_there_are(void **state)
{
    struct world *w = *state;

    add_cdk(w);
    ask(w, "Bleu", ":1");
    check_one_problem(w, 0,
                      "--service Bleu: there is no ECS service or target group "
                      "\"Bleu\"; did you mean \"Blue\"?\n"
                      "there are: SvcServiceE0738BDC, Blue10BB7880, "
                      "Green9DCBBC03");
    report_end(&w->report);
    w->local.nservices = 0;
    ask(w, "Payments", ":1");
    check_one_problem(w, 0,
                      "--service Payments: there is no ECS service or target "
                      "group \"Payments\"\n"
                      "there are: SvcServiceE0738BDC, Blue10BB7880, "
                      "Green9DCBBC03");
    report_end(&w->report);
    w->local.nservices = 0;
    ask(w, "Blue.green", ":1");
    check_one_problem(w, 0,
                      "--service Blue.green: there is no ECS service \"Blue\"\n"
                      "there are: SvcServiceE0738BDC");
    report_end(&w->report);
    w->local.nservices = 0;
    w->config.nservices = 0;
    w->config.ngroups = 0;
    ask(w, "", ":1");
    check_one_problem(w, 0,
                      "--service : there is no ECS service or target group "
                      "\"\"\nthere is none at all");
}

static void test_an_ambiguous_name_is_told_with_its_meanings(void **state)
{
    struct world *w = *state;

    add_balancer(w, "Edge");
    add_group(w, "ShopBlue", "x");
    add_group(w, "ShopGreen", "y");
    add_group(w, "Other", "z");
    ask(w, "Shop", ":1");
    check_one_problem(w, 0,
                      "--service Shop: more than one is called \"Shop\": "
                      "ShopBlue, ShopGreen\n"
                      "write more of the name of the one you mean");
}

static void test_long_lists_of_names_are_cut(void **state)
{
    enum { MANY = 30 };
    struct world *w = *state;
    const struct local_hints none = {.groups = NULL};
    struct config_group *list[MANY];
    const char *remedy;

    for (unsigned i = 0; i < MANY; i++) {
        list[i] = region_take(&w->config.region, sizeof(*list[i]));
        list[i]->id = region_printf(&w->config.region, "G%u", i);
        list[i]->index = i;
    }
    w->config.groups = list;
    w->config.ngroups = MANY;
    ask(w, "Payments", ":1");
    local_apply(&w->config, &none, &w->local, &w->report);
    assert_int_equal(w->report.errors, 1);
    remedy = w->report.first->remedy.p;
    assert_non_null(strstr(remedy, "G18, G19 and 10 more"));
}

static void test_wrong_addresses_are_told(void **state)
{
    struct world *w = *state;

    add_cdk(w);
    ask(w, "Blue", ":1,3000");
    check_one_problem(w, 0,
                      "--service Blue=3000: a port alone needs a colon before "
                      "it, such as :3000\n"
                      "the form is NAME=HOST:PORT[,HOST:PORT...]");
    report_end(&w->report);
    w->local.nservices = 0;
    ask(w, "Blue", "app:80");
    check_one_problem(w, 0,
                      "--service Blue=app:80: the host is no IPv4 or [IPv6] "
                      "address and not localhost; names are not looked up, so "
                      "write its address\n"
                      "the form is NAME=HOST:PORT[,HOST:PORT...]");
    report_end(&w->report);
    w->local.nservices = 0;
    ask(w, "Blue", ":1,127.0.0.1:1");
    check_one_problem(w, 0,
                      "--service Blue=127.0.0.1:1: this address is in the list "
                      "already; leave one out\n"
                      "the form is NAME=HOST:PORT[,HOST:PORT...]");
    report_end(&w->report);
    w->local.nservices = 0;
    ask(w, "Blue", "");
    check_one_problem(w, 0,
                      "--service Blue=: there is no address, such as "
                      "127.0.0.1:3000\n"
                      "the form is NAME=HOST:PORT[,HOST:PORT...]");
}

static void test_one_group_is_given_addresses_once(void **state)
{
    struct world *w = *state;

    add_cdk(w);
    ask(w, "Svc", ":1");
    ask(w, "Blue", ":2");
    check_one_problem(w, 0,
                      "--service Blue: target group Blue10BB7880 has its "
                      "addresses from --service Svc\n"
                      "write all of them in one, with commas between");
}

static void test_a_service_without_green_is_told(void **state)
{
    struct world *w = *state;
    struct config_group *a;

    add_balancer(w, "Edge");
    a = add_group(w, "A", "a");
    add_service(w, "Svc", "", a, NULL);
    add_service(w, "Job", "", NULL, NULL);
    ask(w, "Svc.green", ":1");
    check_one_problem(w, 0,
                      "--service Svc.green: ECS service Svc has no green "
                      "target group (AlternateTargetGroupArn)\n"
                      "write the name of a target group, or Svc without "
                      "\".green\"");
    report_end(&w->report);
    w->local.nservices = 0;
    ask(w, "Job", ":1");
    check_one_problem(w, 0,
                      "--service Job: ECS service Job registers with no target "
                      "group\nleave it out");
}

static void test_functions_have_no_address(void **state)
{
    struct world *w = *state;
    struct config_target function = {.id = STR("arn:aws:lambda:x")};
    struct config_group *a;

    add_balancer(w, "Edge");
    a = add_group(w, "Fn", "fn");
    a->type = TARGET_TYPE_LAMBDA;
    a->targets = &function;
    a->ntargets = 1;
    apply_well(w);
    assert_int_equal(a->flag.n, 0);
    assert_int_equal(a->nelsewhere, 1);
    assert_int_equal(a->ntargets, 0);
    w->group_hints[0].addresses = text_at(w, ":1");
    ask(w, "Fn", ":1");
    apply(w);
    check_problem(w, 0, 0,
                  "--service Fn: the targets of Fn are Lambda functions, which "
                  "have no address\nleave it out");
    check_problem(w, 1, 90,
                  "target group Fn has Addresses, but its targets are Lambda "
                  "functions\ntake Addresses out");
}

static void register_targets(struct config_group *group,
                             struct config_target targets[3])
{
    targets[0] = (struct config_target){.id = STR("10.0.0.1"), .port = 80};
    targets[1] = (struct config_target){.id = STR("i-0123"), .port = 80};
    targets[2] = (struct config_target){.id = STR("10.0.0.2"), .port = 80};
    targets[0].registered = true;
    assert_true(address_parse(STR("10.0.0.1:80"), &targets[0].address));
    assert_true(address_parse(STR("10.0.0.2:80"), &targets[2].address));
    group->targets = targets;
    group->ntargets = 3;
}

static void
test_registered_addresses_stay_and_others_are_elsewhere(void **state)
{
    struct world *w = *state;
    struct config_target targets[3];
    struct config_group *a;

    add_balancer(w, "Edge");
    a = add_group(w, "A", "a");
    register_targets(a, targets);
    apply_well(w);
    check_targets(a, "10.0.0.1:80 10.0.0.2:80");
    assert_int_equal(a->nelsewhere, 1);
    assert_int_equal(a->flag.n, 0);
    assert_true(a->targets[0].registered);
}

static void test_metadata_stands_for_what_is_registered(void **state)
{
    struct world *w = *state;
    static const struct place place = {"web.yaml", 90, 20};
    struct value *list = value_new(&w->config.region, VALUE_LIST, &place);
    struct config_target targets[3];
    struct config_group *a;
    struct config_group *b;

    add_balancer(w, "Edge");
    a = add_group(w, "A", "a");
    b = add_group(w, "B", "b");
    register_targets(a, targets);
    value_append(list, value_string(&w->config.region, STR(":1"), &place));
    value_append(list, value_string(&w->config.region, STR(":2,:3"), &place));
    w->group_hints[0].addresses = text_at(w, "127.0.0.1:9");
    w->group_hints[1].addresses = list;
    apply_well(w);
    check_targets(a, "127.0.0.1:9");
    assert_int_equal(a->nelsewhere, 0);
    assert_int_equal(a->targets[0].place.line, 90);
    assert_false(a->targets[0].registered);
    check_targets(b, "127.0.0.1:1 127.0.0.1:2 127.0.0.1:3");
}

static void test_flags_win_over_metadata(void **state)
{
    struct world *w = *state;
    struct config_target targets[3];
    struct config_group *a;

    add_balancer(w, "Edge");
    a = add_group(w, "A", "a");
    register_targets(a, targets);
    w->group_hints[0].addresses = text_at(w, ":9");
    ask(w, "A", ":1");
    apply_well(w);
    check_targets(a, "127.0.0.1:1");
    assert_int_equal(a->nelsewhere, 0);
}

static void test_wrong_addresses_in_metadata_are_told(void **state)
{
    struct world *w = *state;
    struct config_group *a;

    add_balancer(w, "Edge");
    a = add_group(w, "A", "a");
    w->group_hints[0].addresses = text_at(w, ":1, 3000");
    check_one_problem(w, 90,
                      "address \"3000\" of target group A: a port alone needs "
                      "a colon before it, such as :3000\n"
                      "write HOST:PORT, such as 127.0.0.1:3000");
    check_targets(a, "");
}

static void test_a_group_has_at_most_1000_addresses(void **state)
{
    struct world *w = *state;
    struct text many = {.cap = 20000};

    add_balancer(w, "Edge");
    add_group(w, "A", "a");
    many.p = memory_zeroed(many.cap, 1);
    for (unsigned i = 1; i <= 1000; i++)
        text_printf(&many, "%s:%u", i > 1 ? "," : "", i);
    ask(w, "A", many.p);
    apply(w);
    assert_int_equal(w->report.errors, 0);
    assert_int_equal(w->group_list[0]->ntargets, 1000);
    TEXT_LITERAL(&many, ",:1001");
    w->local.nservices = 0;
    ask(w, "A", many.p);
    check_one_problem(w, 0,
                      "1001 addresses: a target group has at most 1000 "
                      "targets\nleave some out");
    free(many.p);
}

/* ---- flags ------------------------------------------------------------------ */

static void
test_a_group_without_address_names_the_flag_of_its_service(void **state)
{
    struct world *w = *state;

    add_cdk(w);
    apply_well(w);
    assert_string_equal(w->group_list[0]->flag.p, "--service Svc=HOST:PORT");
    assert_string_equal(w->group_list[1]->flag.p,
                        "--service Svc.green=HOST:PORT");
}

static void test_a_flag_is_as_long_as_it_must_be(void **state)
{
    struct world *w = *state;
    struct config_group *a;
    struct config_group *b;
    struct config_group *c;
    struct config_group *d;
    struct config_group *e;
    struct config_group *f;
    struct config_service *pair;

    add_balancer(w, "Edge");
    a = add_group(w, "Blue10BB7880", "x");
    b = add_group(w, "Blue10BB7881", "y");
    c = add_group(w, "Plain", "z");
    d = add_group(w, "Pair1", "u");
    e = add_group(w, "Pair2", "v");
    f = add_group(w, "Plain22222222", "w"); /* "Plain" is another one */
    pair = add_service(w, "Twin", "", d, NULL);
    pair->groups[pair->ngroups++] = e;
    apply_well(w);
    assert_string_equal(a->flag.p, "--service Blue10BB7880=HOST:PORT");
    assert_string_equal(b->flag.p, "--service Blue10BB7881=HOST:PORT");
    assert_string_equal(c->flag.p, "--service Plain=HOST:PORT");
    assert_string_equal(f->flag.p, "--service Plain22222222=HOST:PORT");
    /* Twin= would give both of its groups the same. */
    assert_string_equal(d->flag.p, "--service Pair1=HOST:PORT");
}

static void test_every_flag_works_as_it_is_printed(void **state)
{
    struct world *w = *state;
    char names[2][64];

    add_cdk(w);
    add_service(w, "SvcService11111111", "", NULL, NULL);
    apply_well(w);
    for (unsigned i = 0; i < 2; i++) {
        struct str flag = w->group_list[i]->flag;
        struct str name;

        str_cut(&flag, ' ');
        name = str_cut(&flag, '=');
        memcpy(names[i], name.p, name.n);
        names[i][name.n] = '\0';
        ask(w, names[i], ":1");
    }
    assert_string_equal(names[1], "SvcServiceE0738BDC.green");
    apply_well(w);
    check_targets(w->group_list[0], "127.0.0.1:1");
    check_targets(w->group_list[1], "127.0.0.1:1");
}

static void test_groups_that_nobody_uses_need_no_flag(void **state)
{
    struct world *w = *state;
    struct config_group *a;

    add_balancer(w, "Edge");
    a = add_group(w, "A", "a");
    a->load_balancer = NULL;
    apply_well(w);
    assert_int_equal(a->flag.n, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, free_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_address_is_host_and_port),
        TEST(test_listeners_listen_on_loopback_and_their_own_port),
        TEST(test_ports_come_from_flags_then_metadata_then_the_offset),
        TEST(test_bind_comes_from_flags_then_metadata),
        TEST(test_a_wrong_bind_is_told_once),
        TEST(test_hints_of_the_wrong_kind_are_told),
        TEST(test_a_wrong_local_port_is_told),
        TEST(test_an_offset_past_the_last_port_is_told),
        TEST(test_a_port_of_no_listener_is_told_with_those_there_are),
        TEST(test_a_port_of_listeners_that_come_later_is_a_note),
        TEST(test_a_port_given_twice_is_told),
        TEST(test_two_listeners_on_one_port_are_told_with_the_flag),
        TEST(test_two_protocols_on_one_port_need_metadata),
        TEST(test_any_free_port_can_be_asked_for_twice),
        TEST(test_names_find_groups_and_services),
        TEST(test_a_group_is_found_by_its_name),
        TEST(test_an_exact_name_wins_over_a_begin),
        TEST(test_what_cdk_adds_to_a_name_is_not_the_name),
        TEST(test_a_path_ends_at_a_slash),
        TEST(test_a_service_gives_all_of_its_groups),
        TEST(test_an_unknown_name_is_told_with_those_there_are),
        TEST(test_an_ambiguous_name_is_told_with_its_meanings),
        TEST(test_long_lists_of_names_are_cut),
        TEST(test_wrong_addresses_are_told),
        TEST(test_one_group_is_given_addresses_once),
        TEST(test_a_service_without_green_is_told),
        TEST(test_functions_have_no_address),
        TEST(test_registered_addresses_stay_and_others_are_elsewhere),
        TEST(test_metadata_stands_for_what_is_registered),
        TEST(test_flags_win_over_metadata),
        TEST(test_wrong_addresses_in_metadata_are_told),
        TEST(test_a_group_has_at_most_1000_addresses),
        TEST(test_a_group_without_address_names_the_flag_of_its_service),
        TEST(test_a_flag_is_as_long_as_it_must_be),
        TEST(test_every_flag_works_as_it_is_printed),
        TEST(test_groups_that_nobody_uses_need_no_flag),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
