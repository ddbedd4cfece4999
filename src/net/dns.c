/* SPDX-License-Identifier: Apache-2.0 */
#include "net/dns.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <stdlib.h>

#include <ares.h>

#include "base/memory.h"

enum {
    TRY_MS = 2000, /* c-ares waits longer with each try */
    TRIES = 3,
};

/* A socket of c-ares. */
struct dns_socket {
    struct dns_question *question; /* NULL: not used */
    int fd;
    struct event event;
};

/* A name of SRV records. */
struct dns_service {
    struct dns_question *question;
    struct dns_record record;
    bool failed;
};

/* An address and the priority of the record that led to it. */
struct dns_found {
    struct address address;
    uint16_t priority;
};

struct dns_question {
    struct dns_asked asked;
    char name[DNS_NAME_MAX];
    ares_channel channel;
    struct dns_socket sockets[ARES_GETSOCK_MAXNUM];
    struct timer retry; /* c-ares' own */
    struct timer deadline;
    struct loop_task task; /* the end, outside of c-ares */
    bool over;             /* what c-ares still says does not matter */
    unsigned pending;      /* questions that c-ares has */
    unsigned nservices;
    struct dns_service *services;
    unsigned nfound;
    struct dns_found *found; /* DNS_ADDRESSES_MAX */
    struct dns_result result;
};

/* ---- sockets and time ---------------------------------------------------- */

static void set_retry(struct dns_question *q)
{
    struct timeval room;
    struct timeval *next = ares_timeout(q->channel, NULL, &room);

    if (next == NULL)
        timer_cancel(&q->retry);
    else
        loop_timer_set(q->asked.loop, &q->retry,
                       (uint64_t)next->tv_sec * 1000 +
                           (uint64_t)next->tv_usec / 1000 + 1);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
    struct dns_socket *s = arg;
    struct dns_question *q = s->question;

    loop_tick(q->asked.loop);
    ares_process_fd(q->channel, what & EV_READ ? fd : ARES_SOCKET_BAD,
                    what & EV_WRITE ? fd : ARES_SOCKET_BAD);
    set_retry(q);
}

static void on_retry(struct timer *timer)
{
    struct dns_question *q = LIST_ENTRY_OF(timer, struct dns_question, retry);

    ares_process_fd(q->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    set_retry(q);
}

static struct dns_socket *socket_of(struct dns_question *q, int fd)
{
    struct dns_socket *unused = NULL;

    for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
        struct dns_socket *s = &q->sockets[i];

        if (s->question && s->fd == fd)
            return s;
        if (s->question == NULL)
            unused = s;
    }
    return unused;
}

static void watch(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct dns_question *q = arg;
    struct dns_socket *s = socket_of(q, fd);

    if (s == NULL)
        return; /* its question runs into its deadline */
    if (s->question)
        event_del(&s->event);
    s->question = NULL;
    if (!readable && !writable)
        return;
    s->question = q;
    s->fd = fd;
    event_assign(&s->event, q->asked.loop->base, fd,
                 (short)((readable ? EV_READ : 0) | (writable ? EV_WRITE : 0) |
                         EV_PERSIST),
                 on_socket, s);
    event_add(&s->event, NULL);
}

/* ---- what was found ------------------------------------------------------ */

static bool has(const struct dns_question *q, const struct dns_found *found)
{
    for (unsigned i = 0; i < q->nfound; i++) {
        if (q->found[i].priority == found->priority &&
            address_equal(&q->found[i].address, &found->address))
            return true;
    }
    return false;
}

/* Not 0.0.0.0, which would be this machine, nor many hosts at once. */
static bool is_host(const struct address *address)
{
    if (address->family == 4)
        return address->ip[0] > 0 && address->ip[0] < 224;
    return address->ip[0] != 0xff && !address_is_any(address);
}

/* False: it is none of a host. */
static bool add(struct dns_question *q, const struct address *address,
                uint16_t port, uint16_t priority)
{
    struct dns_found found = {.address = *address, .priority = priority};

    found.address.port = port;
    if (!is_host(address))
        return false;
    if (has(q, &found))
        return true;
    if (q->nfound == DNS_ADDRESSES_MAX)
        q->result.partial = true;
    else
        q->found[q->nfound++] = found;
    return true;
}

/* How many of them are addresses of hosts. */
static unsigned add_all(struct dns_question *q, const struct dns_answer *answer,
                        uint16_t port, uint16_t priority)
{
    unsigned n = 0;

    for (unsigned i = 0; i < answer->n; i++)
        n += add(q, &answer->records[i].address, port, priority);
    return n;
}

static void take_ttl(struct dns_question *q, uint32_t ttl_s)
{
    if (ttl_s < q->result.ttl_s)
        q->result.ttl_s = ttl_s;
}

static uint16_t lowest_priority(const struct dns_question *q)
{
    uint16_t lowest = UINT16_MAX;

    for (unsigned i = 0; i < q->nfound; i++) {
        if (q->found[i].priority < lowest)
            lowest = q->found[i].priority;
    }
    return lowest;
}

/* Records of a lower priority whose name nobody could tell may be there. */
static void check_failed(struct dns_question *q, uint16_t lowest)
{
    for (unsigned i = 0; i < q->nservices; i++) {
        const struct dns_service *s = &q->services[i];

        if (s->failed && (q->nfound == 0 || s->record.priority <= lowest))
            q->result.partial = true;
    }
}

/* Counts the addresses, which come to the begin of `found`'s memory. */
static void settle(struct dns_question *q, struct address *addresses)
{
    uint16_t lowest = lowest_priority(q);
    unsigned n = 0;

    check_failed(q, lowest);
    for (unsigned i = 0; i < q->nfound; i++) {
        if (q->found[i].priority == lowest)
            addresses[n++] = q->found[i].address;
    }
    q->result.n = n;
    q->result.addresses = addresses;
    if (n) {
        q->result.outcome = DNS_FOUND;
    } else if (q->result.partial) {
        q->result.outcome = DNS_FAILED;
        q->result.why = "the names of its SRV records have no address";
    }
}

/* ---- the end --------------------------------------------------------------- */

static void forget(struct dns_question *q)
{
    q->over = true;
    timer_end(&q->retry);
    timer_end(&q->deadline);
    list_remove(&q->task.node);
    if (q->channel)
        ares_destroy(q->channel);
    for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
        if (q->sockets[i].question)
            event_del(&q->sockets[i].event);
    }
    free(q->services);
    free(q->found);
    free(q);
}

void dns_cancel(struct dns_question *question)
{
    if (question)
        forget(question);
}

static void finish(struct loop_task *task)
{
    struct dns_question *q = LIST_ENTRY_OF(task, struct dns_question, task);
    struct address *addresses =
        memory_zeroed(q->nfound + 1, sizeof(*addresses));
    struct dns_result result;
    struct dns_asked asked = q->asked;

    settle(q, addresses);
    result = q->result;
    forget(q);
    asked.done(asked.owner, &result);
    free(addresses);
}

static void end(struct dns_question *q, enum dns_outcome outcome,
                const char *why)
{
    q->over = true;
    q->result.outcome = outcome;
    q->result.why = why;
    loop_ready(q->asked.loop, &q->task);
}

static void on_deadline(struct timer *timer)
{
    struct dns_question *q =
        LIST_ENTRY_OF(timer, struct dns_question, deadline);

    if (q->over)
        return;
    for (unsigned i = 0; i < q->nservices; i++)
        q->services[i].failed = true; /* those that are known count */
    end(q, DNS_FAILED, "no server answered in time");
}

static bool is_nothing(int status)
{
    return status == ARES_ENOTFOUND || status == ARES_ENODATA;
}

/* ---- answers ----------------------------------------------------------------- */

static void on_service(void *arg, int status, int timeouts,
                       unsigned char *bytes, int n)
{
    struct dns_service *s = arg;
    struct dns_question *q = s->question;
    struct dns_answer answer = {.n = 0};

    (void)timeouts;
    if (q->over)
        return;
    q->pending--;
    answer.records = memory_zeroed(DNS_RECORDS_MAX, sizeof(*answer.records));
    s->failed = !is_nothing(status);
    if (status == ARES_SUCCESS &&
        dns_answer_read(bytes, (size_t)n, q->asked.six ? DNS_AAAA : DNS_A,
                        &answer))
        s->failed = answer.cut || (add_all(q, &answer, s->record.port,
                                           s->record.priority) == 0 &&
                                   answer.n > 0);
    if (answer.n)
        take_ttl(q, answer.ttl_s);
    free(answer.records);
    if (q->pending == 0)
        end(q, DNS_NOTHING, "the names of its SRV records have no address");
}

static void ask_services(struct dns_question *q,
                         const struct dns_answer *answer)
{
    unsigned n = answer->n < DNS_SERVICES_MAX ? answer->n : DNS_SERVICES_MAX;

    q->result.partial = answer->cut || n < answer->n;
    q->services = memory_zeroed(n + 1, sizeof(*q->services));
    q->pending = 1;
    for (unsigned i = 0; i < n; i++) {
        struct dns_service *s = &q->services[i];

        s->question = q;
        s->record = answer->records[i];
        q->nservices = i + 1;
        if (s->record.target[0] == '\0')
            continue;
        q->pending++;
        ares_query(q->channel, s->record.target, ns_c_in,
                   q->asked.six ? ns_t_aaaa : ns_t_a, on_service, s);
    }
    if (--q->pending == 0 && !q->over)
        end(q, DNS_NOTHING, "its SRV records say that it is nowhere");
}

static void take(struct dns_question *q, const struct dns_answer *answer)
{
    q->result.ttl_s = answer->ttl_s;
    q->result.partial = answer->cut;
    if (answer->n == 0) {
        end(q, DNS_NOTHING, "it has no such records");
    } else if (q->asked.type == DNS_SRV) {
        ask_services(q, answer);
    } else {
        bool some = add_all(q, answer, 0, 0) > 0;

        end(q, some ? DNS_FOUND : DNS_FAILED,
            some ? NULL : "its addresses are no addresses of hosts");
    }
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *bytes,
                      int n)
{
    struct dns_question *q = arg;
    struct dns_answer answer = {.n = 0};

    (void)timeouts;
    if (q->over)
        return;
    if (status != ARES_SUCCESS) {
        end(q, is_nothing(status) ? DNS_NOTHING : DNS_FAILED,
            ares_strerror(status));
        return;
    }
    answer.records = memory_zeroed(DNS_RECORDS_MAX, sizeof(*answer.records));
    if (dns_answer_read(bytes, (size_t)n, q->asked.type, &answer))
        take(q, &answer);
    else
        end(q, DNS_FAILED, "a server's answer cannot be read");
    free(answer.records);
}

/* ---- /etc/hosts ------------------------------------------------------------- */

static void on_hosts(void *arg, int status, int timeouts,
                     struct ares_addrinfo *all)
{
    struct dns_question *q = arg;

    (void)timeouts;
    if (status != ARES_SUCCESS)
        return;
    for (const struct ares_addrinfo_node *node = all->nodes; node;
         node = node->ai_next) {
        struct address address;

        address_from_sockaddr(node->ai_addr, &address);
        add(q, &address, 0, 0);
    }
    ares_freeaddrinfo(all);
}

/* The file is read at once: c-ares asks nobody else then. */
static bool look_into_hosts(struct dns_question *q)
{
    char files[] = "f";
    struct ares_options options = {.lookups = files};
    const struct ares_addrinfo_hints hints = {
        .ai_flags = ARES_AI_NOSORT,
        .ai_family = q->asked.type == DNS_A ? AF_INET : AF_INET6,
    };
    ares_channel channel;

    if (q->asked.type == DNS_SRV || q->asked.server.n ||
        ares_init_options(&channel, &options, ARES_OPT_LOOKUPS) != ARES_SUCCESS)
        return false;
    ares_getaddrinfo(channel, q->name, NULL, &hints, on_hosts, q);
    ares_destroy(channel);
    if (q->nfound == 0)
        return false;
    q->result.ttl_s = DNS_HOSTS_TTL_S;
    return true;
}

/* ---- asking ------------------------------------------------------------------ */

static bool open_channel(struct dns_question *q)
{
    struct ares_options options = {
        .timeout = TRY_MS,
        .tries = TRIES,
        .sock_state_cb = watch,
        .sock_state_cb_data = q,
    };
    char server[ADDRESS_TEXT_MAX + 1];
    struct text t = text_in(server, sizeof(server) - 1);

    if (ares_init_options(&q->channel, &options,
                          ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                              ARES_OPT_SOCK_STATE_CB) != ARES_SUCCESS) {
        q->channel = NULL;
        return false;
    }
    if (q->asked.server.n == 0)
        return true;
    text_str_put(&t, q->asked.server);
    server[text_str(&t).n] = '\0';
    return ares_set_servers_ports_csv(q->channel, server) == ARES_SUCCESS;
}

static int record_type(enum dns_type type)
{
    static const int types[] = {
        [DNS_A] = ns_t_a, [DNS_AAAA] = ns_t_aaaa, [DNS_SRV] = ns_t_srv};

    return types[type];
}

struct dns_question *dns_ask(const struct dns_asked *asked)
{
    struct dns_question *q = memory_zeroed(1, sizeof(*q));

    q->asked = *asked;
    q->result.ttl_s = UINT32_MAX;
    q->found = memory_zeroed(DNS_ADDRESSES_MAX, sizeof(*q->found));
    timer_init(&q->retry, on_retry);
    timer_init(&q->deadline, on_deadline);
    loop_task_init(&q->task, finish);
    if (asked->name.n >= sizeof(q->name) || !open_channel(q)) {
        forget(q);
        return NULL;
    }
    memcpy(q->name, asked->name.p, asked->name.n);
    loop_timer_set(asked->loop, &q->deadline, DNS_DEADLINE_MS);
    if (look_into_hosts(q)) {
        end(q, DNS_FOUND, NULL);
        return q;
    }
    ares_search(q->channel, q->name, ns_c_in, record_type(asked->type),
                on_answer, q);
    set_retry(q);
    return q;
}
