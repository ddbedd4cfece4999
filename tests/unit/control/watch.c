/* SPDX-License-Identifier: Apache-2.0 */
#include "watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"

enum { PATIENCE_US = 20 * 1000 * 1000 }; /* then something is broken */

struct watch watch;
const struct config_load_balancer watch_load_balancer;

static struct counters counters;

/* ---- a target ------------------------------------------------------------ */

static void visit_end(struct visit *v)
{
    if (v->fd < 0)
        return;
    event_del(&v->event);
    event_del(&v->later);
    close(v->fd);
    v->fd = -1;
    v->fake->open--;
}

/* The body, and then it waits for the other side to end. */
static void send_body(struct visit *v)
{
    char block[4096] = "";

    for (size_t i = 0; i < v->fake->blocks; i++)
        assert_int_equal(send(v->fd, block, sizeof(block), MSG_NOSIGNAL),
                         sizeof(block));
    shutdown(v->fd, SHUT_WR);
}

void fake_answer(struct visit *v)
{
    struct fake *fake = v->fake;
    struct linger linger = {.l_onoff = 1};

    if (fake->reset)
        setsockopt(v->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    else
        send(v->fd, fake->answer, strlen(fake->answer), MSG_NOSIGNAL);
    if (fake->blocks)
        send_body(v);
    else
        visit_end(v);
}

static void on_later(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    fake_answer(arg);
}

static void answer_after(struct visit *v)
{
    struct timeval wait = {.tv_usec = (suseconds_t)v->fake->delay_ms * 1000};

    if (v->fake->delay_ms)
        event_add(&v->later, &wait);
    else
        fake_answer(v);
}

static void on_request(evutil_socket_t fd, short what, void *arg)
{
    struct visit *v = arg;
    ssize_t n =
        recv((int)fd, v->request + v->n, sizeof(v->request) - 1 - v->n, 0);

    (void)what;
    if (n <= 0) {
        v->fake->resets += n < 0;
        v->fake->clean_ends += n == 0;
        visit_end(v);
        return;
    }
    v->n += (size_t)n;
    if (strstr(v->request, "\r\n\r\n") == NULL)
        return;
    v->fake->requests++;
    memcpy(v->fake->last, v->request, sizeof(v->request));
    if (v->fake->answer || v->fake->reset)
        answer_after(v);
}

static void on_visit(evutil_socket_t listener, short what, void *arg)
{
    struct fake *fake = arg;
    int fd = accept4((int)listener, NULL, NULL, SOCK_NONBLOCK);
    struct visit *v = &fake->visits[fake->nvisits];

    (void)what;
    assert_true(fd >= 0);
    assert_in_range(fake->nvisits, 0, WATCH_VISITS_MAX - 1);
    fake->nvisits++;
    if (++fake->open > fake->most_open)
        fake->most_open = fake->open;
    *v = (struct visit){.fake = fake, .fd = fd};
    event_assign(&v->later, watch.loop.base, -1, 0, on_later, v);
    event_assign(&v->event, watch.loop.base, fd, EV_READ | EV_PERSIST,
                 on_request, v);
    event_add(&v->event, NULL);
}

static int listen_on(struct sockaddr_in *in)
{
    socklen_t n = sizeof(*in);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)in, n), 0);
    assert_int_equal(listen(fd, 1024), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)in, &n), 0);
    return fd;
}

struct fake *fake_new(const char *answer)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct fake *fake = memory_zeroed(1, sizeof(*fake));

    fake->answer = answer;
    fake->fd = listen_on(&in);
    fake->port = ntohs(in.sin_port);
    event_assign(&fake->event, watch.loop.base, fake->fd, EV_READ | EV_PERSIST,
                 on_visit, fake);
    event_add(&fake->event, NULL);
    return fake;
}

void fake_end(struct fake *fake)
{
    for (unsigned i = 0; i < fake->nvisits; i++)
        visit_end(&fake->visits[i]);
    event_del(&fake->event);
    close(fake->fd);
    free(fake);
}

uint16_t fake_closed_port(void)
{
    struct sockaddr_in in = {.sin_family = AF_INET};

    close(listen_on(&in));
    return ntohs(in.sin_port);
}

/* ---- waiting ------------------------------------------------------------- */

static struct {
    struct event event;
    bool (*done)(void);
    uint64_t until_us;
} waiting;

static void on_look(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    watch.loop.stop = waiting.done() || clock_monotonic_us() > waiting.until_us;
}

void watch_until(bool (*done)(void))
{
    struct timeval often = {.tv_usec = 1000};

    waiting.done = done;
    waiting.until_us = clock_monotonic_us() + PATIENCE_US;
    watch.loop.stop = false;
    event_assign(&waiting.event, watch.loop.base, -1, EV_PERSIST, on_look,
                 NULL);
    event_add(&waiting.event, &often);
    loop_run(&watch.loop);
    event_del(&waiting.event);
    assert_true(done());
}

static uint64_t moment_us;

static bool moment_over(void)
{
    return clock_monotonic_us() >= moment_us;
}

void watch_ms(unsigned ms)
{
    moment_us = clock_monotonic_us() + ms * UINT64_C(1000);
    watch_until(moment_over);
}

/* ---- what is monitored --------------------------------------------------- */

struct made *made_new(void)
{
    struct made *made = memory_zeroed(1, sizeof(*made));
    struct config_group *config = &made->config;

    config->name = STR("blue");
    config->arn = STR("arn:blue");
    config->load_balancer = &watch_load_balancer;
    config->attributes.routing_count = 1;
    config->health = (struct config_health){
        .enabled = true,
        .path = STR("/health"),
        .interval_ms = WATCH_INTERVAL_MS,
        .timeout_ms = WATCH_TIMEOUT_MS,
        .healthy_threshold = 3,
        .unhealthy_threshold = 2,
        .codes.bits[200 / 64] = UINT64_C(1) << 200 % 64,
    };
    config->targets = made->of_config;
    group_init(&made->group, config, made->targets, STR(""));
    made->snapshot.ngroups = 1;
    made->groups[0] = &made->group;
    made->snapshot.groups = made->groups;
    return made;
}

struct target *made_add(struct made *made, const char *ip, uint16_t port)
{
    struct address address;

    assert_true(address_parse_ip(str_of(ip), &address));
    address.port = port;
    assert_in_range(made->ntargets, 0, WATCH_TARGETS_MAX - 1);
    return made->targets[made->ntargets++] =
               target_use(&watch.registry, made->config.arn, &address);
}

void made_apply(struct made *made)
{
    made->config.ntargets = made->ntargets;
    group_end(&made->group);
    group_init(&made->group, &made->config, made->targets, STR(""));
    health_monitor_apply(watch.monitor, &made->snapshot);
}

void made_free(struct made *made)
{
    for (unsigned i = 0; i < made->ntargets; i++) {
        if (target_unuse(&watch.registry, made->targets[i]))
            target_release(made->targets[i]);
    }
    group_end(&made->group);
    free(made);
}

int watch_begin(void **state)
{
    (void)state;
    if (!loop_init(&watch.loop, &counters))
        return -1;
    watch.monitor = health_monitor_new(&watch.loop);
    return 0;
}

int watch_end(void **state)
{
    (void)state;
    health_monitor_free(watch.monitor);
    target_registry_end(&watch.registry);
    loop_settle(&watch.loop);
    loop_end(&watch.loop);
    return 0;
}

void watch_no_more(void)
{
    health_monitor_free(watch.monitor);
    watch.monitor = NULL;
}

enum target_state watch_state(const struct target *t)
{
    const struct health *health = health_monitor_find(watch.monitor, t);
    enum target_state state = atomic_load(&t->state);

    assert_true(health == NULL || health->state == state);
    return state;
}

void watch_check(const struct target *t, const char *word, const char *reason,
                 const char *description)
{
    const struct health *health = health_monitor_find(watch.monitor, t);
    char buffer[128];
    struct text text = text_in(buffer, sizeof(buffer) - 1);

    assert_non_null(health);
    health_put_description(&text, health);
    buffer[text.n] = '\0';
    assert_string_equal(target_state_word(watch_state(t)), word);
    assert_string_equal(health_reason_word(health->reason), reason);
    assert_string_equal(buffer, description);
}

unsigned made_eligible(const struct made *made)
{
    return atomic_load(&made->group.zones[0].neligible);
}

static bool has_state(void)
{
    return watch_state(watch.target) == watch.state;
}

static bool has_requests(void)
{
    return watch.fake->requests >= watch.requests;
}

static bool is_alone(void)
{
    return watch.fake->open == 0;
}

void watch_for_state(struct target *t, enum target_state state)
{
    watch.target = t;
    watch.state = state;
    watch_until(has_state);
}

void watch_for_requests(struct fake *fake, unsigned n)
{
    watch.fake = fake;
    watch.requests = n;
    watch_until(has_requests);
}

void watch_for_solitude(struct fake *fake)
{
    watch.fake = fake;
    watch_until(is_alone);
}

/* ---- the log ------------------------------------------------------------- */

static struct {
    int kept;
    FILE *file;
    char text[4096];
} capture;

void capture_begin(void)
{
    capture.file = tmpfile();
    assert_non_null(capture.file);
    capture.kept = dup(STDERR_FILENO);
    dup2(fileno(capture.file), STDERR_FILENO);
}

const char *capture_end(void)
{
    size_t n;

    dup2(capture.kept, STDERR_FILENO);
    close(capture.kept);
    rewind(capture.file);
    n = fread(capture.text, 1, sizeof(capture.text) - 1, capture.file);
    capture.text[n] = '\0';
    fclose(capture.file);
    return capture.text;
}
