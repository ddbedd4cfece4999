/* SPDX-License-Identifier: Apache-2.0
 *
 * Against a real redis-server of its own; skips by name where there is none. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../model/values.h"
#include "store/kept.h"
#include "store/redis.h"
#include "store/redis_link.h"
#include "store/redis_rates.h"
#include "store/redis_script.h"

enum { PATIENCE_MS = 20000 };

static struct region region;
static struct redis_place place;
static char url[64];
static char folder[] = "/tmp/sluice-redis-XXXXXX";
static char port_text[8];
static pid_t server;

/* ---- the server --------------------------------------------------------------- */

static unsigned free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t n = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, n), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &n), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static bool answers(void)
{
    struct error error;
    redisContext *redis = redis_connect_now(&place, &error);

    if (redis)
        redisFree(redis);
    return redis != NULL;
}

static void start_server(void)
{
    server = fork();
    if (server == 0) {
        execlp("redis-server", "redis-server", "--port", port_text, "--save",
               "", "--dir", folder, "--loglevel", "warning", "--logfile",
               "/dev/null", NULL);
        _exit(127);
    }
    for (unsigned i = 0; i < 2000 && !answers(); i++)
        usleep(10000);
    assert_true(answers());
}

static void stop_server(void)
{
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
}

static int set_up(void **state)
{
    struct error error;

    (void)state;
    if (system("command -v redis-server >/dev/null") != 0) {
        printf("SKIP: redis-server is missing\n");
        exit(77);
    }
    assert_non_null(mkdtemp(folder));
    snprintf(port_text, sizeof(port_text), "%u", free_port());
    snprintf(url, sizeof(url), "redis://localhost:%s/2?key=test", port_text);
    assert_true(redis_place_read(str_of(url), &place, &region, &error));
    start_server();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    stop_server();
    rmdir(folder);
    region_end(&region);
    return 0;
}

/* ---- documents ------------------------------------------------------------------ */

static struct document made(const char *text, uint64_t revision)
{
    struct region own = {NULL};
    struct place mark = {NULL, 0, 0};
    struct document document = {
        .account = account_new(values_parse(&own, text, &mark), revision),
        .digest = STR(""),
        .scope = STR("us-east-1 000000000000 test"),
    };

    region_end(&own);
    return document;
}

static void drop(struct document *document)
{
    account_release(document->account);
}

/* ---- nodes ------------------------------------------------------------------------ */

struct node {
    struct store *store;
    struct store_host host;
    struct document *run; /* what it was told last */
    unsigned changes;
    struct store_save save;
    bool done;
    enum store_result result;
    char error[512];
};

static struct loop loop;
static struct counters counters;

static void changed(void *owner, const struct document *theirs)
{
    struct node *node = owner;

    kept_free(node->run);
    node->run = kept_copy(theirs);
    node->changes++;
}

static const struct store_open_options options = {.where = url, .memory = -1};

/* It begins with what Redis has, or with `now`. */
static void start_node(struct node *node, const struct document *now)
{
    struct document *found;
    struct document *theirs = NULL;
    struct error error = {""};

    *node = (struct node){.host = {.loop = &loop, .changed = changed}};
    node->host.owner = node;
    node->store = redis_store_open(&options, &found, &error);
    if (node->store == NULL) {
        fail_msg("%s", error.text);
        return;
    }
    if (found == NULL)
        assert_int_equal(
            node->store->ops->put(node->store, NULL, now, &theirs, &error),
            STORE_SAVED);
    node->run = found ? found : kept_copy(now);
    node->store->ops->begin(node->store, &node->host);
}

static void end_node(struct node *node)
{
    node->store->ops->end(node->store);
    kept_free(node->run);
}

static void saved(struct store_save *save, enum store_result result,
                  struct document *theirs, const struct error *error)
{
    struct node *node = LIST_ENTRY_OF(save, struct node, save);

    node->done = true;
    node->result = result;
    if (error)
        snprintf(node->error, sizeof(node->error), "%s", error->text);
    if (theirs)
        changed(node, theirs);
}

static struct timer turn;

static void on_turn(struct timer *timer)
{
    (void)timer;
    loop.stop = true;
}

/* Runs the loop until it holds. */
static void until(bool (*holds)(void *what), void *what)
{
    for (unsigned i = 0; i < PATIENCE_MS / 10; i++) {
        if (holds(what))
            return;
        loop.stop = false;
        loop_tick(&loop);
        loop_timer_set(&loop, &turn, 10);
        loop_run(&loop);
    }
    fail_msg("it never came");
}

static bool is_done(void *what)
{
    return ((struct node *)what)->done;
}

static bool is_up(void *what)
{
    struct node *node = what;
    struct str name;
    bool connected;

    node->store->ops->tell(node->store, &name, &connected);
    return connected;
}

static bool is_down(void *what)
{
    return !is_up(what);
}

static bool runs_revision_2(void *what)
{
    return ((struct node *)what)->run->account->revision == 2;
}

static void begin(struct node *node, const struct document *before,
                  const struct document *after)
{
    node->done = false;
    node->save =
        (struct store_save){.before = before, .after = after, .done = saved};
    loop_tick(&loop);
    node->store->ops->save(node->store, &node->save);
}

static void save(struct node *node, const struct document *before,
                 const struct document *after)
{
    begin(node, before, after);
    until(is_done, node);
}

/* ---- tests --------------------------------------------------------------------------- */

static int fresh(void **state)
{
    struct error error;
    redisContext *redis = redis_connect_now(&place, &error);

    (void)state;
    assert_non_null(redis);
    freeReplyObject(redisCommand(redis, "FLUSHALL"));
    redisFree(redis);
    assert_true(loop_init(&loop, &counters));
    timer_init(&turn, on_turn);
    return 0;
}

static int over(void **state)
{
    (void)state;
    timer_end(&turn);
    loop_settle(&loop);
    loop_end(&loop);
    return 0;
}

static void test_a_document_is_loaded_as_it_was_saved(void **state)
{
    struct document one = made("A: {Type: T}", 1);
    struct document *read = NULL;
    struct error error = {""};
    struct node a;

    (void)state;
    assert_true(redis_store_read(url, &read, &error));
    assert_null(read);
    start_node(&a, &one);
    end_node(&a);
    assert_true(redis_store_read(url, &read, &error));
    assert_int_equal(read->account->revision, 1);
    assert_int_equal(read->account->n, 1);
    kept_free(read);
    drop(&one);
}

static void test_a_first_document_does_not_replace_another(void **state)
{
    struct document one = made("A: {Type: T}", 1);
    struct document two = made("B: {Type: T}", 1);
    struct document *theirs = NULL;
    struct document *found;
    struct error error = {""};
    struct store *store;
    struct node a;

    (void)state;
    store = redis_store_open(&options, &found, &error);
    assert_null(found);
    start_node(&a, &one);
    assert_int_equal(store->ops->put(store, NULL, &two, &theirs, &error),
                     STORE_CONFLICT);
    assert_true(str_eq(theirs->account->resources[0]->id, STR("A")));
    kept_free(theirs);
    store->ops->end(store);
    end_node(&a);
    drop(&one);
    drop(&two);
}

static void test_of_two_changes_to_one_revision_one_is_a_conflict(void **state)
{
    struct document one = made("A: {Type: T}", 1);
    struct document two = made("A: {Type: T}, B: {Type: T}", 2);
    struct document other = made("A: {Type: T}, C: {Type: T}", 2);
    struct node a;
    struct node b;

    (void)state;
    start_node(&a, &one);
    start_node(&b, &one);
    until(is_up, &a);
    until(is_up, &b);
    begin(&a, &one, &two);
    begin(&b, &one, &other);
    until(is_done, &a);
    until(is_done, &b);
    assert_int_equal(a.result + b.result, STORE_SAVED + STORE_CONFLICT);
    until(runs_revision_2, a.result == STORE_CONFLICT ? &a : &b);
    end_node(&a);
    end_node(&b);
    drop(&one);
    drop(&two);
    drop(&other);
}

static void test_a_change_of_one_node_reaches_the_other(void **state)
{
    struct document one = made("A: {Type: T}", 1);
    struct document two = made("A: {Type: T}, B: {Type: T}", 2);
    struct node a;
    struct node b;

    (void)state;
    start_node(&a, &one);
    start_node(&b, &one);
    until(is_up, &a);
    save(&a, &one, &two);
    assert_int_equal(a.result, STORE_SAVED);
    until(runs_revision_2, &b);
    assert_int_equal(a.changes, 0);
    end_node(&a);
    end_node(&b);
    drop(&one);
    drop(&two);
}

static void test_changes_are_refused_while_redis_is_away(void **state)
{
    struct document one = made("A: {Type: T}", 1);
    struct document two = made("A: {Type: T}, B: {Type: T}", 2);
    struct node a;

    (void)state;
    start_node(&a, &one);
    until(is_up, &a);
    stop_server();
    until(is_down, &a);
    save(&a, &one, &two);
    assert_int_equal(a.result, STORE_FAILED);
    assert_non_null(strstr(a.error, "redis://localhost:"));
    start_server();
    until(is_up, &a);
    end_node(&a);
    drop(&one);
    drop(&two);
}

static bool holds_revision_1(void *what)
{
    struct document *read = NULL;
    struct error error;
    bool holds;

    (void)what;
    holds = redis_store_read(url, &read, &error) && read &&
            read->account->revision == 1;
    kept_free(read);
    return holds;
}

static void test_a_redis_that_lost_all_gets_it_back(void **state)
{
    struct document one = made("A: {Type: T}", 1);
    struct node a;

    (void)state;
    start_node(&a, &one); /* there is nothing at first */
    until(holds_revision_1, NULL);
    stop_server();
    start_server();
    until(holds_revision_1, NULL);
    assert_int_equal(a.changes, 0);
    end_node(&a);
    drop(&one);
}

static void test_a_paused_redis_does_not_hold_a_change_for_ever(void **state)
{
    struct document one = made("A: {Type: T}", 1);
    struct document two = made("A: {Type: T}, B: {Type: T}", 2);
    struct node a;

    (void)state;
    start_node(&a, &one);
    until(is_up, &a);
    kill(server, SIGSTOP);
    save(&a, &one, &two);
    assert_int_equal(a.result, STORE_FAILED);
    assert_non_null(strstr(a.error, "not known whether it took effect"));
    kill(server, SIGCONT);
    /* It was in the socket: it took effect, and this node learns of it. */
    until(runs_revision_2, &a);
    end_node(&a);
    drop(&one);
    drop(&two);
}

static void test_what_is_no_account_is_not_overwritten(void **state)
{
    struct document *found = NULL;
    struct error error = {""};
    redisContext *redis = redis_connect_now(&place, &error);

    (void)state;
    freeReplyObject(redisCommand(redis, "HSET test revision seven"));
    redisFree(redis);
    assert_null(redis_store_open(&options, &found, &error));
    assert_non_null(strstr(error.text, "?key=NAME"));
}

/* How many heads and documents nodes have asked for so far. */
static unsigned long asked(redisContext *redis)
{
    redisReply *reply = redisCommand(redis, "INFO commandstats");
    const char *calls = strstr(reply->str, "cmdstat_hmget:calls=");
    unsigned long n = calls ? strtoul(calls + 20, NULL, 10) : 0;

    freeReplyObject(reply);
    return n;
}

struct asking {
    redisContext *redis;
    unsigned long wanted;
};

static bool has_asked(void *what)
{
    const struct asking *asking = what;

    return asked(asking->redis) >= asking->wanted;
}

static void put_raw(redisContext *redis, const char *revision, const char *sha,
                    struct str document)
{
    freeReplyObject(redisCommand(redis,
                                 "HSET test revision %s sha %s document %b",
                                 revision, sha, document.p, document.n));
}

/* Of a newer Sluice, say.  That one goes back to an older one. */
static void
test_a_document_that_nobody_can_read_here_is_not_what_runs(void **state)
{
    static const char any[] = "00000000000000000000000000000000"
                              "00000000000000000000000000000000";
    struct document one = made("A: {Type: T}", 1);
    struct document two = made("A: {Type: T}, B: {Type: T}", 2);
    struct error error = {""};
    struct asking asking = {.redis = redis_connect_now(&place, &error)};
    struct redis_text text;
    struct node a;

    (void)state;
    assert_true(redis_text_make(&text, &two));
    start_node(&a, &one);
    until(is_up, &a);
    put_raw(asking.redis, "9", any, STR("{}"));
    asking.wanted = asked(asking.redis) + 4; /* the document, and once more */
    until(has_asked, &asking);
    assert_int_equal(a.changes, 0);
    put_raw(asking.redis, "2", text.sha, text.text);
    until(runs_revision_2, &a); /* and it is not replaced by the first one */
    redis_text_end(&text);
    redisFree(asking.redis);
    end_node(&a);
    drop(&one);
    drop(&two);
}

static void
test_a_node_starts_without_redis_and_gives_it_its_account(void **state)
{
    struct document one = made("A: {Type: T}", 1);
    struct node a;

    (void)state;
    stop_server();
    start_node(&a, &one);
    start_server();
    until(holds_revision_1, NULL);
    end_node(&a);
    drop(&one);
}

/* ---- servers that lie -------------------------------------------------------------- */

static void answer_one(int fd, const char *says)
{
    int client = accept(fd, NULL, NULL);
    char heard[512];

    if (client < 0 || read(client, heard, sizeof(heard)) < 0 ||
        write(client, says, strlen(says)) < 0)
        _exit(1);
    usleep(20000);
    close(client);
}

/* Answers every connection with this, and goes on listening. */
static pid_t start_liar(const char *says, unsigned *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t n = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    pid_t pid;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, n), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &n), 0);
    assert_int_equal(listen(fd, 16), 0);
    *port = ntohs(address.sin_port);
    pid = fork();
    if (pid == 0) {
        for (;;)
            answer_one(fd, says);
    }
    close(fd);
    return pid;
}

static bool was_down_twice(void *what)
{
    return *(unsigned *)what >= 2;
}

static void on_liar_up(void *owner)
{
    (void)owner;
}

static void on_liar_down(void *owner, const char *why)
{
    assert_true(why[0] != '\0');
    ++*(unsigned *)owner;
}

static void on_liar_told(void *owner)
{
    (void)owner;
}

static const struct redis_link_ops liar_ops = {
    .up = on_liar_up, .down = on_liar_down, .told = on_liar_told};

static const char *const lies[] = {
    "+OK\r\n+OK\r\n$3\r\nabc\r\n", /* more than was asked */
    "*0\r\n",
    "*1\r\n:7\r\n",
    "*1\r\n$9\r\nsubscribe\r\n*1\r\n$7\r\nmessage\r\n*-1\r\n",
    "*2\r\n*0\r\n*0\r\n",
    ":1\r\n:1\r\n:1\r\n",
    "HTTP/1.1 400 Bad Request\r\n\r\n",
    "$-1\r\n$-1\r\n",
    "-NOAUTH\r\n-NOAUTH\r\n-NOAUTH\r\n",
};

static void check_lie(const char *says, struct str channel)
{
    struct region own = {NULL};
    struct redis_place liar;
    struct redis_link *link;
    struct error error;
    unsigned downs = 0;
    unsigned port;
    pid_t pid = start_liar(says, &port);

    assert_true(
        redis_place_read(region_printf(&own, "redis://127.0.0.1:%u", port),
                         &liar, &own, &error));
    link = redis_link_new(&loop, &liar, channel, &liar_ops, &downs);
    until(was_down_twice, &downs);
    redis_link_end(link);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    region_end(&own);
}

static void test_a_server_that_lies_is_left_and_tried_again(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        check_lie(lies[i], STR(""));
        check_lie(lies[i], STR("test"));
    }
}

/* ---- rates ------------------------------------------------------------------------ */

enum { INSTANCES = 300 };

struct counting_node {
    struct redis_rates *rates;
    unsigned asked;    /* of one instance after the other */
    unsigned answered; /* all other nodes' texts: one of each */
};

static void count_answer(void *owner, uint64_t number, unsigned n,
                         const struct str *others)
{
    struct counting_node *node = owner;
    char text[8];

    snprintf(text, sizeof(text), "n%u", (unsigned)number);
    node->answered += n == 1 && str_eq(others[0], str_of(text));
}

/* Each is left and asked for once, all in one go. */
static bool all_are_asked(void *what)
{
    struct counting_node *node = what;
    char text[8];

    for (; node->asked < INSTANCES; node->asked++) {
        snprintf(text, sizeof(text), "n%u", node->asked);
        if (!redis_rates_exchange(node->rates, node->asked, str_of(text))) {
            assert_int_equal(node->asked, 0); /* Redis is not there yet */
            return false;
        }
        assert_false(
            redis_rates_exchange(node->rates, node->asked, str_of(text)));
    }
    return true;
}

static bool all_have_answered(void *what)
{
    return ((struct counting_node *)what)->answered == INSTANCES;
}

static void test_nodes_share_the_rates_of_any_number_of_rules(void **state)
{
    struct counting_node nodes[2] = {{.asked = 0}, {.asked = 0}};
    struct error error = {""};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        nodes[i].rates =
            redis_rates_new(&loop, url, count_answer, &nodes[i], &error);
        assert_non_null(nodes[i].rates);
    }
    until(all_are_asked, &nodes[0]);
    until(all_are_asked, &nodes[1]);
    until(all_have_answered, &nodes[1]);
    /* Nobody waits for those that were not answered. */
    nodes[0].asked = 0;
    until(all_are_asked, &nodes[0]);
    for (unsigned i = 0; i < 2; i++)
        redis_rates_free(nodes[i].rates);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, over)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_document_is_loaded_as_it_was_saved),
        TEST(test_a_first_document_does_not_replace_another),
        TEST(test_of_two_changes_to_one_revision_one_is_a_conflict),
        TEST(test_a_change_of_one_node_reaches_the_other),
        TEST(test_changes_are_refused_while_redis_is_away),
        TEST(test_a_redis_that_lost_all_gets_it_back),
        TEST(test_a_paused_redis_does_not_hold_a_change_for_ever),
        TEST(test_what_is_no_account_is_not_overwritten),
        TEST(test_a_server_that_lies_is_left_and_tried_again),
        TEST(test_a_document_that_nobody_can_read_here_is_not_what_runs),
        TEST(test_a_node_starts_without_redis_and_gives_it_its_account),
        TEST(test_nodes_share_the_rates_of_any_number_of_rules),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
