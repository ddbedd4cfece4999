/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec/h1.h"
#include "lb/sticky.h"

enum { TARGETS = 3, FIELDS = 32, NOW = 1000 * 1000 };

/* Two groups with targets at 10.0.0.GROUP:80NUMBER. */
struct fixture {
    struct seal *seal;
    struct config_load_balancer lb;
    struct config_group configs[2];
    struct config_target of_config[TARGETS];
    struct target targets[2][TARGETS];
    struct target *pointers[2][TARGETS];
    struct group groups[2];
    struct group *both[2];
};

static struct address address_of(unsigned group, unsigned i)
{
    struct address a = {.family = 4, .port = (uint16_t)(8000 + i)};

    a.ip[0] = 10;
    a.ip[3] = (uint8_t)group;
    return a;
}

static struct fixture *fixture_new(void)
{
    struct seal_keys keys = {.n = 1};
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    f->seal = seal_new(&keys);
    assert_non_null(f->seal);
    for (unsigned g = 0; g < 2; g++) {
        f->configs[g].health.enabled = true;
        f->configs[g].load_balancer = &f->lb;
        f->configs[g].ntargets = TARGETS;
        f->configs[g].targets = f->of_config;
        f->both[g] = &f->groups[g];
        for (unsigned i = 0; i < TARGETS; i++) {
            f->targets[g][i].address = address_of(g, i);
            f->targets[g][i].state = TARGET_HEALTHY;
            f->pointers[g][i] = &f->targets[g][i];
        }
        group_init(&f->groups[g], &f->configs[g], f->pointers[g], STR(""));
        f->groups[g].identity = sticky_identity(g ? STR("green") : STR("blue"));
    }
    return f;
}

static void fixture_free(struct fixture *f)
{
    for (unsigned g = 0; g < 2; g++)
        group_end(&f->groups[g]);
    seal_free(f->seal);
    free(f);
}

static struct sticky_entry entry_for(struct fixture *f, unsigned g, unsigned i)
{
    return sticky_entry_of(&f->groups[g], f->pointers[g][i], i, NOW + 1000);
}

static enum sticky_verdict judge(struct fixture *f, unsigned g,
                                 const struct sticky_entry *entry, int64_t now,
                                 struct target **target)
{
    *target = NULL;
    return sticky_judge(entry, &f->groups[g], now, target);
}

/* ---- values -------------------------------------------------------------- */

static void put(struct fixture *f, enum sticky_kind kind,
                const struct sticky_entry *entry, char *value)
{
    struct text t = text_in(value, STICKY_VALUE_LEN);

    assert_true(sticky_put(&t, f->seal, kind, entry));
    assert_int_equal(t.n, STICKY_VALUE_LEN);
}

static void check_same(const struct sticky_entry *a,
                       const struct sticky_entry *b)
{
    assert_memory_equal(&a->group, &b->group, sizeof(a->group));
    assert_true(address_equal(&a->target, &b->target));
    assert_int_equal(a->hint, b->hint);
    assert_int_equal(a->expires_ms, b->expires_ms);
}

static void test_a_value_of_128_characters_says_what_it_was_told(void **state)
{
    struct fixture *f = fixture_new();
    struct sticky_entry in = entry_for(f, 1, 2), out;
    char value[STICKY_VALUE_LEN];
    struct str s = str_make(value, sizeof(value));

    (void)state;
    put(f, STICKY_OF_TARGET, &in, value);
    assert_true(sticky_open(f->seal, STICKY_OF_TARGET, s, &out));
    check_same(&in, &out);
    in.target = (struct address){.family = 6, .port = 65535, .scope = 7};
    memset(in.target.ip, 0xfe, sizeof(in.target.ip));
    in.hint = UINT16_MAX;
    in.expires_ms = INT64_MAX;
    put(f, STICKY_OF_TARGET, &in, value);
    assert_true(sticky_open(f->seal, STICKY_OF_TARGET, s, &out));
    check_same(&in, &out);
    fixture_free(f);
}

static void test_no_changed_character_is_taken(void **state)
{
    static const char others[] = "AZaz09+/=%-_ \"";
    struct fixture *f = fixture_new();
    struct sticky_entry entry = entry_for(f, 0, 0), out;
    char value[STICKY_VALUE_LEN];
    struct str s = str_make(value, sizeof(value));

    (void)state;
    put(f, STICKY_OF_TARGET, &entry, value);
    for (size_t i = 0; i < sizeof(value); i++) {
        char was = value[i];

        for (const char *c = others; *c; c++) {
            value[i] = *c;
            assert_int_equal(sticky_open(f->seal, STICKY_OF_TARGET, s, &out),
                             *c == was);
        }
        value[i] = was;
    }
    for (size_t n = 0; n < sizeof(value); n++)
        assert_false(
            sticky_open(f->seal, STICKY_OF_TARGET, str_make(value, n), &out));
    fixture_free(f);
}

static void test_a_cookie_serves_for_no_other_kind(void **state)
{
    struct fixture *f = fixture_new();
    struct sticky_entry entry = entry_for(f, 0, 0), out;
    char value[STICKY_VALUE_LEN];
    struct str s = str_make(value, sizeof(value));
    struct str shards[STICKY_SHARDS] = {s};
    struct sticky_list list;

    (void)state;
    for (int kind = STICKY_OF_TARGET; kind <= STICKY_OF_APP; kind++) {
        put(f, (enum sticky_kind)kind, &entry, value);
        for (int other = STICKY_OF_TARGET; other <= STICKY_OF_APP; other++)
            assert_int_equal(
                sticky_open(f->seal, (enum sticky_kind)other, s, &out),
                kind == other);
        assert_false(sticky_open_list(f->seal, shards, &list));
    }
    fixture_free(f);
}

/* ---- verdicts ------------------------------------------------------------ */

static void test_the_named_target_is_followed(void **state)
{
    struct fixture *f = fixture_new();
    struct target *target;

    (void)state;
    for (unsigned i = 0; i < TARGETS; i++) {
        struct sticky_entry entry = entry_for(f, 0, i);

        assert_int_equal(judge(f, 0, &entry, NOW, &target), STICKY_ACCEPTED);
        assert_ptr_equal(target, f->pointers[0][i]);
    }
    fixture_free(f);
}

static void test_a_target_that_moved_in_its_group_is_found(void **state)
{
    struct fixture *f = fixture_new();
    struct sticky_entry entry = entry_for(f, 0, 2);
    struct target *target;
    struct target *last = f->pointers[0][2];

    (void)state;
    f->groups[0].targets[2] = f->groups[0].targets[0];
    f->groups[0].targets[0] = last;
    assert_int_equal(judge(f, 0, &entry, NOW, &target), STICKY_ACCEPTED);
    assert_ptr_equal(target, last);
    f->groups[0].ntargets = 1; /* the hint is past the end */
    assert_int_equal(judge(f, 0, &entry, NOW, &target), STICKY_ACCEPTED);
    assert_ptr_equal(target, last);
    fixture_free(f);
}

static void test_an_entry_holds_until_the_moment_it_expires(void **state)
{
    struct fixture *f = fixture_new();
    struct sticky_entry entry = entry_for(f, 0, 0);
    struct target *target;

    (void)state;
    assert_int_equal(judge(f, 0, &entry, NOW + 999, &target), STICKY_ACCEPTED);
    assert_int_equal(judge(f, 0, &entry, NOW + 1000, &target), STICKY_EXPIRED);
    assert_null(target);
    entry.expires_ms = INT64_MIN;
    assert_int_equal(judge(f, 0, &entry, NOW, &target), STICKY_EXPIRED);
    fixture_free(f);
}

static void test_a_cookie_of_another_group_is_not_followed(void **state)
{
    struct fixture *f = fixture_new();
    struct sticky_entry entry = entry_for(f, 0, 0);
    struct target *target;

    (void)state;
    f->targets[1][0].address = f->targets[0][0].address;
    assert_int_equal(judge(f, 1, &entry, NOW, &target), STICKY_OTHER_GROUP);
    assert_null(target);
    fixture_free(f);
}

static void test_a_target_that_is_not_there_any_more_is_gone(void **state)
{
    struct fixture *f = fixture_new();
    struct sticky_entry entry = entry_for(f, 0, 2);
    struct target *target;

    (void)state;
    f->groups[0].ntargets = 2;
    assert_int_equal(judge(f, 0, &entry, NOW, &target), STICKY_TARGET_GONE);
    f->groups[0].ntargets = TARGETS;
    f->targets[0][2].address.port++;
    assert_int_equal(judge(f, 0, &entry, NOW, &target), STICKY_TARGET_GONE);
    f->groups[0].ntargets = 0;
    assert_int_equal(judge(f, 0, &entry, NOW, &target), STICKY_TARGET_GONE);
    fixture_free(f);
}

static void test_the_state_of_the_target_decides(void **state)
{
    static const struct {
        enum target_state state;
        bool checked;
        bool fail_open;
        enum sticky_verdict verdict;
    } cases[] = {
        {TARGET_HEALTHY, true, false, STICKY_ACCEPTED},
        {TARGET_INITIAL, true, false, STICKY_TARGET_UNHEALTHY},
        {TARGET_UNHEALTHY, true, false, STICKY_TARGET_UNHEALTHY},
        {TARGET_UNUSED, true, false, STICKY_TARGET_UNHEALTHY},
        {TARGET_DRAINING, true, false, STICKY_TARGET_DRAINING},
        {TARGET_HEALTHY, true, true, STICKY_ACCEPTED},
        {TARGET_INITIAL, true, true, STICKY_ACCEPTED},
        {TARGET_UNHEALTHY, true, true, STICKY_ACCEPTED},
        {TARGET_UNUSED, true, true, STICKY_TARGET_UNHEALTHY},
        {TARGET_DRAINING, true, true, STICKY_TARGET_DRAINING},
        {TARGET_UNAVAILABLE, false, false, STICKY_ACCEPTED},
        {TARGET_INITIAL, false, false, STICKY_ACCEPTED},
        {TARGET_DRAINING, false, false, STICKY_TARGET_DRAINING},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct fixture *f = fixture_new();
        struct sticky_entry entry = entry_for(f, 0, 1);
        struct target *target;

        f->targets[0][1].state = cases[i].state;
        f->configs[0].health.enabled = cases[i].checked;
        f->groups[0].zones[0].fail_open = cases[i].fail_open;
        assert_int_equal(judge(f, 0, &entry, NOW, &target), cases[i].verdict);
        assert_int_equal(target != NULL, cases[i].verdict == STICKY_ACCEPTED);
        fixture_free(f);
    }
}

static void test_a_group_is_followed_when_the_action_has_it(void **state)
{
    struct fixture *f = fixture_new();
    struct sticky_entry entry = entry_for(f, 1, 0);
    unsigned choice = 9;

    (void)state;
    assert_int_equal(sticky_judge_group(&entry, f->both, 2, NOW, &choice),
                     STICKY_ACCEPTED);
    assert_int_equal(choice, 1);
    assert_int_equal(sticky_judge_group(&entry, f->both, 2, NOW + 999, &choice),
                     STICKY_ACCEPTED);
    assert_int_equal(
        sticky_judge_group(&entry, f->both, 2, NOW + 1000, &choice),
        STICKY_EXPIRED);
    assert_int_equal(sticky_judge_group(&entry, f->both, 1, NOW, &choice),
                     STICKY_OTHER_GROUP);
    fixture_free(f);
}

static void test_every_verdict_has_its_own_word(void **state)
{
    (void)state;
    for (int a = STICKY_ACCEPTED; a <= STICKY_TARGET_UNREACHABLE; a++) {
        assert_true(strlen(sticky_sentence((enum sticky_verdict)a)) > 0);
        for (int b = STICKY_ACCEPTED; b < a; b++)
            assert_string_not_equal(sticky_word((enum sticky_verdict)a),
                                    sticky_word((enum sticky_verdict)b));
    }
}

/* ---- lists --------------------------------------------------------------- */

/* Entry i of a list of many: of a group of its own. */
static struct sticky_entry nth(unsigned i)
{
    struct sticky_entry entry = {.target = address_of(9, i),
                                 .hint = (uint16_t)i,
                                 .expires_ms = NOW + 1 + i};
    char name[16];

    snprintf(name, sizeof(name), "group-%u", i);
    entry.group = sticky_identity(str_of(name));
    return entry;
}

static void fill(struct sticky_list *list, unsigned n)
{
    list->n = 0;
    for (unsigned i = 0; i < n; i++) {
        struct sticky_entry entry = nth(i);

        sticky_add(list, &entry);
    }
    assert_int_equal(list->n, n);
}

static unsigned put_list(struct fixture *f, const struct sticky_list *list,
                         struct str shards[STICKY_SHARDS])
{
    static char room[STICKY_SHARDS * STICKY_SHARD_MAX];
    struct text t = text_in(room, sizeof(room));

    memset(shards, 0, STICKY_SHARDS * sizeof(*shards));
    return sticky_put_list(&t, f->seal, list, shards);
}

static void test_a_list_of_any_length_comes_back_from_its_shards(void **state)
{
    struct fixture *f = fixture_new();
    static struct sticky_list in, out;
    unsigned most = 0;

    (void)state;
    for (unsigned n = 1; n <= STICKY_ENTRIES_MAX; n++) {
        struct str shards[STICKY_SHARDS];
        unsigned count;

        fill(&in, n);
        count = put_list(f, &in, shards);
        assert_in_range(count, 1, STICKY_SHARDS);
        for (unsigned i = 0; i < count; i++)
            assert_true(shards[i].n <= 4096 - strlen("AWSALBAPP-0="));
        assert_true(sticky_open_list(f->seal, shards, &out));
        assert_int_equal(out.n, n);
        for (unsigned i = 0; i < n; i++)
            check_same(&in.v[i], &out.v[i]);
        most = count > most ? count : most;
    }
    assert_true(most > 1);
    fixture_free(f);
}

static void test_a_missing_or_swapped_shard_spoils_the_list(void **state)
{
    struct fixture *f = fixture_new();
    static struct sticky_list list;
    struct str shards[STICKY_SHARDS];
    struct str first, second;

    (void)state;
    fill(&list, STICKY_ENTRIES_MAX);
    assert_true(put_list(f, &list, shards) > 1);
    first = shards[0];
    second = shards[1];
    shards[1] = STR("_remove_");
    assert_false(sticky_open_list(f->seal, shards, &list));
    assert_int_equal(list.n, 0);
    shards[1] = first;
    shards[0] = second;
    assert_false(sticky_open_list(f->seal, shards, &list));
    shards[1] = shards[0] = first;
    assert_false(sticky_open_list(f->seal, shards, &list));
    shards[1] = second;
    assert_true(sticky_open_list(f->seal, shards, &list));
    fixture_free(f);
}

static void test_what_comes_behind_the_list_does_not_matter(void **state)
{
    struct fixture *f = fixture_new();
    static struct sticky_list list;
    struct str shards[STICKY_SHARDS];

    (void)state;
    fill(&list, 2);
    assert_int_equal(put_list(f, &list, shards), 1);
    shards[1] = STR("_remove_");
    shards[2] = STR("AAAA");
    assert_true(sticky_open_list(f->seal, shards, &list));
    assert_int_equal(list.n, 2);
    fixture_free(f);
}

static void test_shards_that_hold_nothing_are_no_list(void **state)
{
    struct fixture *f = fixture_new();
    static struct sticky_list list;
    static char many[STICKY_SHARD_MAX + 1];
    struct str huge = str_make(many, sizeof(many));
    struct str cases[][STICKY_SHARDS] = {
        {{NULL, 0}},   {STR("_remove_")},    {STR("")},
        {STR("AAAA")}, {STR("not base64!")}, {huge, huge, huge, huge},
    };

    (void)state;
    memset(many, 'A', sizeof(many));
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_false(sticky_open_list(f->seal, cases[i], &list));
    fixture_free(f);
}

static void test_a_group_is_found_dropped_and_added_alone(void **state)
{
    struct fixture *f = fixture_new();
    static struct sticky_list list;
    struct sticky_entry entry = nth(3);

    (void)state;
    fill(&list, 5);
    assert_ptr_equal(sticky_find(&list, &entry.group), &list.v[3]);
    sticky_drop(&list, &entry.group, NOW);
    assert_int_equal(list.n, 4);
    assert_null(sticky_find(&list, &entry.group));
    sticky_drop(&list, &entry.group, NOW + 2); /* entries 0 and 1 expire */
    assert_int_equal(list.n, 2);
    sticky_add(&list, &entry);
    assert_ptr_equal(sticky_find(&list, &entry.group), &list.v[2]);
    fixture_free(f);
}

static void test_a_full_list_loses_what_expires_first(void **state)
{
    static struct sticky_list list;
    struct sticky_entry entry = nth(STICKY_ENTRIES_MAX);
    struct sticky_entry first = nth(0), second = nth(1);

    (void)state;
    fill(&list, STICKY_ENTRIES_MAX);
    sticky_add(&list, &entry);
    assert_int_equal(list.n, STICKY_ENTRIES_MAX);
    assert_null(sticky_find(&list, &first.group));
    assert_non_null(sticky_find(&list, &second.group));
    assert_non_null(sticky_find(&list, &entry.group));
}

/* ---- requests ------------------------------------------------------------ */

/* The fields of a request with these lines. */
static struct fields parse(const char *lines)
{
    static char text[1024];
    static struct field v[FIELDS];
    struct request req = {.fields = {.v = v, .cap = FIELDS}};
    struct h1_fault fault;
    size_t n;

    snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n",
             lines);
    assert_int_equal(h1_parse_request(&req, text, strlen(text),
                                      &h1_request_limits, DESYNC_MODE_DEFENSIVE,
                                      &n, &fault),
                     H1_OK);
    return req.fields;
}

static void collect(const char *cookies, struct sticky_cookies *out)
{
    char line[512];
    struct fields fields;

    snprintf(line, sizeof(line), "Cookie: %s", cookies);
    fields = parse(line);
    sticky_collect(out, &fields, STR("SID"));
}

static void check_target(const char *cookies, const char *target, bool cors)
{
    struct sticky_cookies c;

    collect(cookies, &c);
    if (target == NULL) {
        assert_null(c.target.p);
    } else {
        assert_non_null(c.target.p);
        assert_true(str_eq(c.target, str_of(target)));
    }
    assert_int_equal(c.target_cors, cors);
}

static void test_AWSALBCORS_goes_before_AWSALB(void **state)
{
    struct sticky_cookies c;

    (void)state;
    check_target("AWSALB=1; AWSALBCORS=2", "2", true);
    check_target("AWSALBCORS=2; AWSALB=1", "2", true);
    check_target("AWSALB=1", "1", false);
    check_target("AWSALB=1; AWSALB=2", "1", false);
    check_target("awsalb=1; AWSALBX=2; AWSALBCORSX=1; XAWSALB=1", NULL, false);
    collect("AWSALBTG=1; AWSALBTGCORS=2", &c);
    assert_true(str_eq(c.group, STR("2")));
    assert_true(c.group_cors);
    collect("AWSALBTG=1", &c);
    assert_true(str_eq(c.group, STR("1")));
    assert_false(c.group_cors);
}

static void test_shards_are_found_by_their_number(void **state)
{
    struct sticky_cookies c;

    (void)state;
    collect("AWSALBAPP-3=d; AWSALBAPP-0=a; AWSALBAPP-4=e; AWSALBAPP-=x; "
            "AWSALBAPP-00=x; AWSALBAPP=x; AWSALBAPP-1=_remove_",
            &c);
    assert_true(str_eq(c.app[0], STR("a")));
    assert_false(sticky_is_shard(c.app[1]));
    assert_null(c.app[2].p);
    assert_true(str_eq(c.app[3], STR("d")));
}

static void test_the_applications_cookie_counts_whatever_its_value(void **state)
{
    static const struct {
        const char *cookies;
        bool there;
    } cases[] = {
        {"SID=1", true},   {"a=b; SID=", true}, {"sid=1", false},
        {"SIDE=1", false}, {"SID", false},      {"a=SID=1", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct sticky_cookies c;

        collect(cases[i].cookies, &c);
        assert_int_equal(c.application, cases[i].there);
    }
}

static void test_chromium_80_wants_SameSite_across_origins(void **state)
{
    static const struct {
        const char *lines;
        bool wants;
    } cases[] = {
        {"User-Agent: x Chrome/80.0 y\r\nOrigin: null", true},
        {"User-Agent: Chromium/80\r\norigin: https://a", true},
        {"User-Agent: Chromium/79 Chrome/81\r\nOrigin: a", true},
        {"User-Agent: Chrome/99999999999999999999\r\nOrigin: a", true},
        {"User-Agent: Chrome/79.99\r\nOrigin: a", false},
        {"User-Agent: Chrome/\r\nOrigin: a", false},
        {"User-Agent: Chrome\r\nOrigin: a", false},
        {"User-Agent: Firefox/120\r\nOrigin: a", false},
        {"User-Agent: \r\nOrigin: a", false},
        {"User-Agent: Chrome/80", false},
        {"Origin: a", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct fields fields = parse(cases[i].lines);

        assert_int_equal(sticky_wants_same_site(&fields), cases[i].wants);
    }
}

static void test_a_cookie_is_written_as_its_scope_wants(void **state)
{
    static const char *const want[] = {
        [STICKY_SITE] = "AWSALB=V; Expires=D; Path=/",
        [STICKY_ALL] = "AWSALB=V; Expires=D; Path=/; SameSite=None",
        [STICKY_ALL_SECURE] =
            "AWSALB=V; Expires=D; Path=/; SameSite=None; Secure",
    };

    (void)state;
    for (int scope = STICKY_SITE; scope <= STICKY_ALL_SECURE; scope++) {
        char room[64];
        struct text t = text_in(room, sizeof(room));

        sticky_put_cookie(&t, STR("AWSALB"), STR("V"), STR("D"),
                          (enum sticky_scope)scope);
        assert_true(str_eq(text_str(&t), str_of(want[scope])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_value_of_128_characters_says_what_it_was_told),
        cmocka_unit_test(test_no_changed_character_is_taken),
        cmocka_unit_test(test_a_cookie_serves_for_no_other_kind),
        cmocka_unit_test(test_the_named_target_is_followed),
        cmocka_unit_test(test_a_target_that_moved_in_its_group_is_found),
        cmocka_unit_test(test_an_entry_holds_until_the_moment_it_expires),
        cmocka_unit_test(test_a_cookie_of_another_group_is_not_followed),
        cmocka_unit_test(test_a_target_that_is_not_there_any_more_is_gone),
        cmocka_unit_test(test_the_state_of_the_target_decides),
        cmocka_unit_test(test_a_group_is_followed_when_the_action_has_it),
        cmocka_unit_test(test_every_verdict_has_its_own_word),
        cmocka_unit_test(test_a_list_of_any_length_comes_back_from_its_shards),
        cmocka_unit_test(test_a_missing_or_swapped_shard_spoils_the_list),
        cmocka_unit_test(test_what_comes_behind_the_list_does_not_matter),
        cmocka_unit_test(test_shards_that_hold_nothing_are_no_list),
        cmocka_unit_test(test_a_group_is_found_dropped_and_added_alone),
        cmocka_unit_test(test_a_full_list_loses_what_expires_first),
        cmocka_unit_test(test_AWSALBCORS_goes_before_AWSALB),
        cmocka_unit_test(test_shards_are_found_by_their_number),
        cmocka_unit_test(
            test_the_applications_cookie_counts_whatever_its_value),
        cmocka_unit_test(test_chromium_80_wants_SameSite_across_origins),
        cmocka_unit_test(test_a_cookie_is_written_as_its_scope_wants),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
