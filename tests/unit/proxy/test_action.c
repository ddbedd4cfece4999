/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proxy/action.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* A load balancer with two listeners: HTTP 80, which is port 8080 here, and
 * HTTPS 443, which is 8443; and a rule of the first one. */
struct bed {
    struct config_load_balancer balancer;
    struct config_listener http;
    struct config_listener https;
    struct config_listener *listeners[2];
    struct config_rule rule;
    struct config_action config;
    struct rule_action action;
    struct report report;
    struct linear_scratch *scratch;
};

static void bed_make(struct bed *bed)
{
    *bed = (struct bed){
        .balancer = {.dns_name = STR("web-1.us-east-1.elb.amazonaws.com"),
                     .nlisteners = 2},
        .http = {.protocol = PROTOCOL_HTTP, .port = 80, .bind = {.port = 8080}},
        .https = {.protocol = PROTOCOL_HTTPS,
                  .port = 443,
                  .bind = {.port = 8443}},
        .rule = {.nactions = 1},
    };
    bed->balancer.listeners = bed->listeners;
    bed->listeners[0] = &bed->http;
    bed->listeners[1] = &bed->https;
    bed->http.load_balancer = bed->https.load_balancer = &bed->balancer;
    bed->rule.actions = &bed->config;
    bed->scratch = linear_scratch_new();
}

static bool bed_init(struct bed *bed, const struct config_listener *listener)
{
    bool ok = action_init(&bed->action, listener, &bed->rule, NULL, NULL,
                          &bed->report);
    struct linear_need need = {0};

    action_need_add(&bed->action, &need);
    linear_scratch_reserve(bed->scratch, &need);
    return ok;
}

static void bed_end(struct bed *bed)
{
    action_end(&bed->action);
    linear_scratch_free(bed->scratch);
    report_end(&bed->report);
}

/* ---- forward ------------------------------------------------------------- */

static void test_a_forward_chooses_its_groups_by_weight(void **state)
{
    struct bed bed;
    struct group groups[3];
    struct group *all[3] = {&groups[0], &groups[1], &groups[2]};
    struct config_group first = {.index = 0};
    struct config_group second = {.index = 1};
    struct config_group third = {.index = 2};
    /* not in the order of the config */
    const struct config_group *configs[3] = {&third, &second, &first};
    unsigned got[3] = {0};

    (void)state;
    bed_make(&bed);
    memset(groups, 0, sizeof(groups));
    bed.config.type = ACTION_FORWARD;
    bed.config.u.forward.n = 3;
    for (unsigned i = 0; i < 3; i++) {
        bed.config.u.forward.groups[i].group = configs[i];
        bed.config.u.forward.groups[i].weight = i == 0 ? 0 : i == 1 ? 90 : 10;
    }
    assert_true(
        action_init(&bed.action, &bed.http, &bed.rule, all, NULL, &bed.report));
    for (unsigned i = 0; i < 1000; i++) {
        const struct group *group = action_group(&bed.action);

        assert_non_null(group);
        got[group - groups]++;
    }
    assert_int_equal(got[2], 0);
    assert_in_range(got[1], 890, 910);
    assert_int_equal(got[0] + got[1], 1000);
    bed_end(&bed);
}

static void test_a_forward_whose_weights_are_all_0_has_no_group(void **state)
{
    struct bed bed;
    struct group groups[1];
    struct group *all[1] = {groups};
    struct config_group config = {.index = 0};

    (void)state;
    bed_make(&bed);
    memset(groups, 0, sizeof(groups));
    bed.config.type = ACTION_FORWARD;
    bed.config.u.forward.n = 1;
    bed.config.u.forward.groups[0].group = &config;
    assert_true(
        action_init(&bed.action, &bed.http, &bed.rule, all, NULL, &bed.report));
    assert_null(action_group(&bed.action));
    bed_end(&bed);
}

static void test_a_fixed_response_needs_nothing_but_its_config(void **state)
{
    struct bed bed;

    (void)state;
    bed_make(&bed);
    bed.config.type = ACTION_FIXED_RESPONSE;
    assert_true(bed_init(&bed, &bed.http));
    assert_int_equal(bed.action.type, ACTION_FIXED_RESPONSE);
    assert_ptr_equal(bed.action.config, &bed.config);
    bed_end(&bed);
}

/* ---- redirect ------------------------------------------------------------ */

struct redirect {
    const char *protocol, *host, *port, *path, *query; /* NULL: the default */
    const char *request_host, *request_path, *request_query;
    const char *location;
};

static struct str part(const char *text, const char *otherwise)
{
    return str_of(text ? text : otherwise);
}

static void redirect_make(struct bed *bed, const struct redirect *r)
{
    bed->config.type = ACTION_REDIRECT;
    bed->config.u.redirect = (struct config_redirect){
        .status = 301,
        .protocol = part(r->protocol, "#{protocol}"),
        .host = part(r->host, "#{host}"),
        .port = part(r->port, "#{port}"),
        .path = part(r->path, "/#{path}"),
        .query = part(r->query, "#{query}"),
    };
}

static void check_redirect(const struct redirect *r, bool https, uint16_t port)
{
    struct route_request request = {
        .host = part(r->request_host, "example.com"),
        .path = part(r->request_path, "/a/b"),
        .query = part(r->request_query, ""),
    };
    char buffer[1024];
    struct text t = text_in(buffer, sizeof(buffer));
    struct bed bed;

    bed_make(&bed);
    redirect_make(&bed, r);
    assert_true(bed_init(&bed, https ? &bed.https : &bed.http));
    TEXT_LITERAL(&t, "before ");
    assert_true(action_location(&t, &bed.action, &request, port));
    text_char(&t, '\0');
    assert_string_equal(buffer + strlen("before "), r->location);
    bed_end(&bed);
}

/* alb.md, number 52 */
static void test_a_redirect_has_every_keyword_in_its_places(void **state)
{
    static const struct redirect all[] = {
        /* left out: as in the request; the port is always written */
        {.location = "http://example.com:8080/a/b"},
        {.request_query = "x=1&y",
         .location = "http://example.com:8080/a/b?x=1&y"},
        {.protocol = "HTTP", .location = "http://example.com:8080/a/b"},
        {.protocol = "HTTPS",
         .port = "443",
         .request_query = "q",
         .location = "https://example.com:8443/a/b?q"},
        {.host = "www.#{host}", .location = "http://www.example.com:8080/a/b"},
        {.host = "new.example.org",
         .port = "81",
         .path = "/",
         .query = "",
         .request_query = "gone=1",
         .location = "http://new.example.org:81/"},
        {.path = "/#{host}/#{port}/#{path}",
         .location = "http://example.com:8080/example.com/8080/a/b"},
        {.path = "/#{path}#{path}",
         .location = "http://example.com:8080/a/ba/b"},
        {.query = "from=#{protocol}://#{host}:#{port}/#{path}&#{query}",
         .request_query = "k=v",
         .location = "http://example.com:8080/a/b?from=http://example.com:8080/"
                     "a/b&k=v"},
        {.query = "#{query}&x=1",
         .location = "http://example.com:8080/a/b?&x=1"},
        {.request_path = "/", .location = "http://example.com:8080/"},
        {.request_path = "//x", .location = "http://example.com:8080//x"},
        {.request_path = "*", .location = "http://example.com:8080/*"},
        {.request_path = "/%41%2f?",
         .location = "http://example.com:8080/%41%2f?"},
        {.path = "/#route", .location = "http://example.com:8080/#route"},
        {.path = "/a#{b}#", .location = "http://example.com:8080/a#{b}#"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++)
        check_redirect(&all[i], false, 8080);
}

static void test_the_protocol_of_a_redirect_is_the_listeners(void **state)
{
    static const struct redirect r = {.query = "#{protocol}",
                                      .location =
                                          "https://example.com:8443/a/b?https"};

    (void)state;
    check_redirect(&r, true, 8443);
}

static void test_the_host_of_a_redirect_has_no_port(void **state)
{
    static const struct redirect all[] = {
        {.request_host = "h:1234", .location = "http://h:80/a/b"},
        {.request_host = "[::1]:1234", .location = "http://[::1]:80/a/b"},
        {.request_host = "[::1]", .location = "http://[::1]:80/a/b"},
        {.request_host = "H.Example:", .location = "http://H.Example:80/a/b"},
        /* HTTP/1.0 may have none */
        {.request_host = "",
         .location = "http://web-1.us-east-1.elb.amazonaws.com:80/a/b"},
        {.request_host = "",
         .host = "x.#{host}",
         .location = "http://x.web-1.us-east-1.elb.amazonaws.com:80/a/b"},
    };
    struct route_request request = {.path = STR("/")};
    struct redirect nothing = {.location = NULL};
    char buffer[64];
    struct text t = text_in(buffer, sizeof(buffer));
    struct bed bed;

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++)
        check_redirect(&all[i], false, 80);
    bed_make(&bed);
    redirect_make(&bed, &nothing);
    bed.balancer.dns_name = STR("");
    assert_true(bed_init(&bed, &bed.http));
    assert_true(action_location(&t, &bed.action, &request, 80));
    text_char(&t, '\0');
    assert_string_equal(buffer, "http://localhost:80/");
    bed_end(&bed);
}

static void
test_a_listeners_port_in_a_redirect_is_the_one_it_has_here(void **state)
{
    static const struct redirect all[] = {
        {.port = "443", .location = "http://example.com:8443/a/b"},
        {.port = "80", .location = "http://example.com:18080/a/b"}, /* own */
        {.port = "8443", .location = "http://example.com:8443/a/b"},
        {.port = "9000", .location = "http://example.com:9000/a/b"},
        {.port = "#{port}", .location = "http://example.com:18080/a/b"},
        {.port = "9000",
         .query = "#{port}",
         .location = "http://example.com:9000/a/b?18080"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++)
        check_redirect(&all[i], false, 18080);
}

static void test_a_listener_on_a_port_not_known_yet_keeps_its_own(void **state)
{
    struct route_request request = {.host = STR("h"), .path = STR("/")};
    struct redirect to_443 = {.port = "443"};
    char buffer[64];
    struct text t = text_in(buffer, sizeof(buffer));
    struct bed bed;

    (void)state;
    bed_make(&bed);
    redirect_make(&bed, &to_443);
    bed.https.bind.port = 0; /* the system chooses */
    assert_true(bed_init(&bed, &bed.http));
    assert_true(action_location(&t, &bed.action, &request, 8080));
    text_char(&t, '\0');
    assert_string_equal(buffer, "http://h:443/");
    bed_end(&bed);
}

static void test_a_location_is_one_line_whatever_the_request_has(void **state)
{
    static const struct redirect all[] = {
        {.request_path = "/a\r\nSet-Cookie: x",
         .location = "http://example.com:80/a%0D%0ASet-Cookie:%20x"},
        {.request_query = "\x01\t\"<>\x7f\xc3\xa9",
         .location = "http://example.com:80/a/b?%01%09%22%3C%3E%7F%C3%A9"},
        {.request_path = "/a#b", /* no fragment begins here */
         .request_query = "c#d",
         .location = "http://example.com:80/a%23b?c%23d"},
        {.request_host = "a b\n", .location = "http://a%20b%0A:80/a/b"},
        {.path = "/a b\n", .location = "http://example.com:80/a%20b%0A"},
        {.request_path = "/#{host}",
         .location = "http://example.com:80/%23{host}"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++)
        check_redirect(&all[i], false, 80);
}

static void test_no_byte_of_a_request_can_break_a_location(void **state)
{
    static const struct redirect plain = {.location = NULL};
    struct bed bed;

    (void)state;
    bed_make(&bed);
    redirect_make(&bed, &plain);
    assert_true(bed_init(&bed, &bed.http));
    for (unsigned b = 0; b < 256; b++) {
        char byte = (char)b;
        struct str one = {&byte, 1};
        struct route_request request = {one, one, one, one, NULL, NULL};
        char buffer[128];
        struct text t = text_in(buffer, sizeof(buffer));

        assert_true(action_location(&t, &bed.action, &request, 80));
        for (size_t i = 0; i < t.n; i++)
            assert_in_range(t.p[i], 0x21, 0x7e);
    }
    bed_end(&bed);
}

/* alb.md, number 52: the answer is a 507 */
static void test_a_location_of_more_than_8_K_is_refused(void **state)
{
    static const struct redirect plain = {.location = NULL};
    static char path[LOCATION_MAX];
    static char buffer[2 * LOCATION_MAX];
    size_t rest = strlen("http://h:80/");
    struct bed bed;

    (void)state;
    memset(path, 'a', sizeof(path));
    path[0] = '/';
    bed_make(&bed);
    redirect_make(&bed, &plain);
    assert_true(bed_init(&bed, &bed.http));
    for (size_t n = LOCATION_MAX - 3; n <= LOCATION_MAX + 3; n++) {
        struct route_request request = {.host = STR("h"),
                                        .path = str_make(path, n - rest + 1)};
        struct text t = text_in(buffer, sizeof(buffer));
        bool fits = n <= LOCATION_MAX;

        assert_int_equal(action_location(&t, &bed.action, &request, 80), fits);
        assert_int_equal(t.n, fits ? n : 0);
        assert_true(text_ok(&t)); /* there is room for a page yet */
        /* the same with a query */
        request.path.n -= strlen("?q");
        request.query = STR("q");
        t.n = 0;
        assert_int_equal(action_location(&t, &bed.action, &request, 80), fits);
        assert_int_equal(t.n, fits ? n : 0);
    }
    bed_end(&bed);
}

static void test_a_location_without_room_is_refused(void **state)
{
    static const struct redirect plain = {.location = NULL};
    struct route_request request = {.host = STR("h"), .path = STR("/")};
    char buffer[32];
    struct bed bed;

    (void)state;
    bed_make(&bed);
    redirect_make(&bed, &plain);
    assert_true(bed_init(&bed, &bed.http));
    for (size_t room = 0; room < strlen("http://h:80/"); room++) {
        struct text t = text_in(buffer, room);

        assert_false(action_location(&t, &bed.action, &request, 80));
        assert_int_equal(t.n, 0);
    }
    bed_end(&bed);
}

/* ---- transforms ---------------------------------------------------------- */

static void transform_make(struct bed *bed, enum transform_type type,
                           const char *regex, const char *replace)
{
    static const char file[] = "web.yaml";

    bed->config.type = ACTION_FIXED_RESPONSE;
    bed->rule.transforms[bed->rule.ntransforms++] = (struct config_transform){
        .type = type,
        .place = {file, 7, 3},
        .regex = str_of(regex),
        .replace = str_of(replace),
    };
}

struct rewrite {
    const char *regex;
    const char *replace;
    const char *text;
    const char *becomes; /* NULL: it fails; the text itself: unchanged */
};

static void check_rewrite(enum transform_type type, const struct rewrite *r)
{
    char buffer[256];
    struct text t = text_in(buffer, sizeof(buffer));
    enum transform_result result;
    struct bed bed;

    bed_make(&bed);
    transform_make(&bed, type, r->regex, r->replace);
    assert_true(bed_init(&bed, &bed.http));
    TEXT_LITERAL(&t, "before ");
    result = action_transform(
        &t, type == TRANSFORM_HOST ? &bed.action.host : &bed.action.url,
        str_of(r->text), bed.scratch);
    text_char(&t, '\0');
    if (r->becomes == r->text) {
        assert_int_equal(result, TRANSFORM_UNCHANGED);
        assert_string_equal(buffer, "before ");
    } else if (r->becomes == NULL) {
        assert_int_equal(result, TRANSFORM_FAILED);
        assert_string_equal(buffer, "before ");
    } else {
        assert_int_equal(result, TRANSFORM_DONE);
        assert_string_equal(buffer + strlen("before "), r->becomes);
    }
    bed_end(&bed);
}

/* alb.md, number 54 */
static void test_a_url_rewrite_makes_a_path_and_query_of_the_match(void **state)
{
    static const char same[] = "/other?x=1";
    static const struct rewrite all[] = {
        {"^/dp/([A-Za-z0-9]+)/?$", "/product.php?id=$1", "/dp/B09",
         "/product.php?id=B09"},
        {"^/dp/([A-Za-z0-9]+)/?$", "/product.php?id=$1", same, same},
        {"^\\/api\\/(.+)$", "/$1", "/api/v1/x?y=z", "/v1/x?y=z"},
        /* it sees the query, and keeps what is around the match */
        {"old", "new", "/old/old?old", "/new/old?old"},
        {"\\?.*", "", "/a?secret=1", "/a"},
        {"$", "?x=1", "/a", "/a?x=1"},
        {"^", "/v2", "/a", "/v2/a"},
        {"a*", "b", "/aaa", NULL}, /* the first match is empty, before "/" */
        {"a+", "b", "/aaa", "/b"},
        /* groups */
        {"^/(a)(b)(c)(d)(e)(f)(g)(h)(i)$", "/$9$8$7$6$5$4$3$2$1", "/abcdefghi",
         "/ihgfedcba"},
        {"/(a)", "/$10", "/a", "/a0"},
        {"/(a)|(b)", "/[$1][$2]", "/a", "/[a][]"},
        {"/(a)", "/$", "/a", "/$"},
        {"/(a)", "/$$1", "/a", "/$a"},
        {"/(a)", "/\\$1", "/a", "/\\a"},
        {"/(a)", "/${1}$a", "/a", "/${1}$a"},
        /* the case matters */
        {"/OTHER", "/b", same, same},
        {"(?i)/A", "/b", "/a", "/b"},
        /* what makes no path fails */
        {"^/a", "", "/a", NULL},
        {"^/a", "http://h/", "/a", NULL},
        {"^/a", "", "/a/b", "/b"},
        {"^/(.*)$", "$1", "/a", NULL},
        {"^/a", "/a b", "/a", NULL},
        {"^/a", "/a\r\nX: y", "/a", NULL},
        {"^/a", "/a#b", "/a", NULL},
        /* what the request brings is encoded, as without a transform */
        {"^/a", "/b", "/a b#c\x7f", "/b%20b%23c%7F"},
        {"^/(.*)$", "/x/$1", "/a b", "/x/a%20b"},
        {"^/(.*)$", "/x/$1", "/\xc3\xa9", "/x/\xc3\xa9"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++)
        check_rewrite(TRANSFORM_URL, &all[i]);
}

static void test_a_host_rewrite_makes_a_host_of_the_match(void **state)
{
    static const char same[] = "www.example.com";
    static const struct rewrite all[] = {
        {"^mywebsite-(.+).com$", "internal.dev.$1.myweb.com",
         "mywebsite-shop.com", "internal.dev.shop.myweb.com"},
        {"^mywebsite-(.+).com$", "internal.dev.$1.myweb.com", same, same},
        {"^(.+)\\.example\\.com$", "$1.example.org", same, "www.example.org"},
        /* a host has no case */
        {"^WWW\\.", "", same, "example.com"},
        {"^www\\.", "", "WWW.Example.Com", "Example.Com"},
        {"(?-i)^WWW", "", same, same},
        {"^.*$", "[::1]:8080", same, "[::1]:8080"},
        {"^.*$", "my_app:80", same, "my_app:80"},
        /* what makes no host fails */
        {"^.*$", "", same, NULL},
        {"^.*$", "a b", same, NULL},
        {"^.*$", "a/b", same, NULL},
        {"^.*$", "a@b", same, NULL},
        {"^.*$", ":80", same, NULL},
        {"^.*$", "a\r\nX: y", same, NULL},
        {"^.*$", "h\xc3\xa9", same, NULL},
        {"^(.*)$", "$1.x", "a b", NULL},
        /* no host at all */
        {"^$", "default.example", "", "default.example"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++)
        check_rewrite(TRANSFORM_HOST, &all[i]);
}

static void test_a_result_without_room_fails_and_writes_nothing(void **state)
{
    struct bed bed;
    char buffer[16];

    (void)state;
    bed_make(&bed);
    transform_make(&bed, TRANSFORM_URL, "^/(.*)$", "/$1$1");
    assert_true(bed_init(&bed, &bed.http));
    for (size_t room = 0; room <= strlen("/abab"); room++) {
        struct text t = text_in(buffer, room);
        bool fits = room == strlen("/abab");

        assert_int_equal(
            action_transform(&t, &bed.action.url, STR("/ab"), bed.scratch),
            fits ? TRANSFORM_DONE : TRANSFORM_FAILED);
        assert_int_equal(t.n, fits ? room : 0);
        assert_true(text_ok(&t));
    }
    bed_end(&bed);
}

static void test_a_rule_has_one_transform_of_each_type(void **state)
{
    struct bed bed;
    char buffer[64];
    struct text t = text_in(buffer, sizeof(buffer));

    (void)state;
    bed_make(&bed);
    transform_make(&bed, TRANSFORM_URL, "^/a", "/b");
    transform_make(&bed, TRANSFORM_HOST, "a", "b");
    assert_true(bed_init(&bed, &bed.http));
    action_transform(&t, &bed.action.host, STR("a"), bed.scratch);
    action_transform(&t, &bed.action.url, STR("/a"), bed.scratch);
    text_char(&t, '\0');
    assert_string_equal(buffer, "b/b");
    bed_end(&bed);

    bed_make(&bed);
    bed.config.type = ACTION_FIXED_RESPONSE;
    assert_true(bed_init(&bed, &bed.http));
    assert_null(bed.action.host.regex);
    assert_null(bed.action.url.regex);
    bed_end(&bed);
}

/* ---- what is wrong with transforms --------------------------------------- */

static void check_problem(enum transform_type type, const char *regex,
                          const char *replace, bool ok, const char *printed)
{
    char buffer[1024];
    struct text t = text_in(buffer, sizeof(buffer));
    struct bed bed;

    bed_make(&bed);
    transform_make(&bed, type, regex, replace);
    assert_int_equal(bed_init(&bed, &bed.http), ok);
    assert_int_equal(bed.report.errors, ok ? 0 : 1);
    assert_int_equal(bed.report.warnings, ok ? 1 : 0);
    report_put(&t, &bed.report, bed.report.first);
    text_char(&t, '\0');
    assert_string_equal(buffer, printed);
    bed_end(&bed);
}

static void test_a_wrong_regex_is_reported_at_its_place(void **state)
{
    (void)state;
    check_problem(
        TRANSFORM_URL, "^/(?=a)", "/b", false,
        "web.yaml:7:3: error: regex \"^/(?=a)\" of a url-rewrite transform: "
        "character 3: \"(?=\" is a look-ahead, which ALB's regular expressions "
        "do not have\n"
        "    write it in RE2's syntax, as ALB wants it; there is no "
        "look-around, no backreference and no \\p{..}\n");
    check_problem(
        TRANSFORM_HOST, "*.com", "b", false,
        "web.yaml:7:3: error: regex \"*.com\" of a host-header-rewrite "
        "transform: character 1: \"*\" has nothing to repeat; write \".*\" for "
        "any text, \"\\*\" for the character itself\n"
        "    write it in RE2's syntax, as ALB wants it; there is no "
        "look-around, no backreference and no \\p{..}\n");
}

static void test_a_group_that_the_regex_lacks_is_reported(void **state)
{
    (void)state;
    check_problem(
        TRANSFORM_URL, "^/(a)", "/$1/$2", false,
        "web.yaml:7:3: error: replacement \"/$1/$2\" of a url-rewrite "
        "transform has $2, but its regex has 1 group\n"
        "    put \"(\" and \")\" around the part of the regex that it stands "
        "for\n");
    check_problem(
        TRANSFORM_HOST, "a", "$1", false,
        "web.yaml:7:3: error: replacement \"$1\" of a host-header-rewrite "
        "transform has $1, but its regex has 0 groups\n"
        "    put \"(\" and \")\" around the part of the regex that it stands "
        "for\n");
}

static void test_a_replacement_that_cannot_work_is_a_warning(void **state)
{
    (void)state;
    check_problem(
        TRANSFORM_URL, "^/a", "/b c", true,
        "web.yaml:7:3: warning: replacement \"/b c\" of a url-rewrite "
        "transform has a character that no URL has: requests that its regex "
        "matches are answered 500\n"
        "    write it percent-encoded, as in %20 for a space\n");
    check_problem(
        TRANSFORM_HOST, "a", "x$0", true,
        "web.yaml:7:3: warning: replacement \"x$0\" of a host-header-rewrite "
        "transform has $0, which stays as it is: groups are $1 to $9\n"
        "    put \"(\" and \")\" around the regex and write $1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_forward_chooses_its_groups_by_weight),
        cmocka_unit_test(test_a_forward_whose_weights_are_all_0_has_no_group),
        cmocka_unit_test(test_a_fixed_response_needs_nothing_but_its_config),
        cmocka_unit_test(test_a_redirect_has_every_keyword_in_its_places),
        cmocka_unit_test(test_the_protocol_of_a_redirect_is_the_listeners),
        cmocka_unit_test(test_the_host_of_a_redirect_has_no_port),
        cmocka_unit_test(
            test_a_listeners_port_in_a_redirect_is_the_one_it_has_here),
        cmocka_unit_test(test_a_listener_on_a_port_not_known_yet_keeps_its_own),
        cmocka_unit_test(test_a_location_is_one_line_whatever_the_request_has),
        cmocka_unit_test(test_no_byte_of_a_request_can_break_a_location),
        cmocka_unit_test(test_a_location_of_more_than_8_K_is_refused),
        cmocka_unit_test(test_a_location_without_room_is_refused),
        cmocka_unit_test(
            test_a_url_rewrite_makes_a_path_and_query_of_the_match),
        cmocka_unit_test(test_a_host_rewrite_makes_a_host_of_the_match),
        cmocka_unit_test(test_a_result_without_room_fails_and_writes_nothing),
        cmocka_unit_test(test_a_rule_has_one_transform_of_each_type),
        cmocka_unit_test(test_a_wrong_regex_is_reported_at_its_place),
        cmocka_unit_test(test_a_group_that_the_regex_lacks_is_reported),
        cmocka_unit_test(test_a_replacement_that_cannot_work_is_a_warning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
