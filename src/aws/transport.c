/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/transport.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <curl/curl.h>
#include <openssl/crypto.h>

#include "base/cidr.h"
#include "base/memory.h"
#include "net/loop.h"

struct transport {
    struct loop *loop;
    CURLM *multi;
    struct timer timer;    /* libcurl's */
    struct loop_task kick; /* its timer is due */
    struct loop_task reap; /* looks for what has ended */
    struct list transfers; /* that go on */
    struct list sockets;   /* that are watched */
    struct list dead;      /* sockets to free when no callback runs */
    const char *bundle;    /* where ca_bundle is said, for people */
    char *ca_bundle;       /* NULL: the system's */
};

struct watched {
    struct list node;
    struct event event;
    struct transport *transport;
};

/* ---- sockets and time ---------------------------------------------------- */

static void act(struct transport *t, curl_socket_t socket, int what)
{
    int running;

    curl_multi_socket_action(t->multi, socket, what, &running);
    loop_ready(t->loop, &t->reap);
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    const struct watched *w = arg;
    struct transport *t = w->transport;

    loop_tick(t->loop);
    act(t, fd,
        (what & EV_READ ? CURL_CSELECT_IN : 0) |
            (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void unwatch(struct watched *w)
{
    event_del(&w->event);
    list_remove(&w->node);
    list_push_back(&w->transport->dead, &w->node);
    loop_ready(w->transport->loop, &w->transport->reap);
}

static void free_dead(struct transport *t)
{
    struct list dead;

    list_take_all(&dead, &t->dead);
    while (!list_empty(&dead)) {
        struct list *node = dead.next;

        list_remove(node);
        free(LIST_ENTRY_OF(node, struct watched, node));
    }
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *user,
                     void *data)
{
    struct transport *t = user;
    struct watched *w = data;
    short events = EV_PERSIST;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (w)
            unwatch(w);
        return 0;
    }
    if (w == NULL) {
        w = memory_zeroed(1, sizeof(*w));
        w->transport = t;
        list_init(&w->node);
        list_push_back(&t->sockets, &w->node);
        curl_multi_assign(t->multi, socket, w);
    } else {
        event_del(&w->event);
    }
    events |= what & CURL_POLL_IN ? EV_READ : 0;
    events |= what & CURL_POLL_OUT ? EV_WRITE : 0;
    event_assign(&w->event, t->loop->base, socket, events, on_event, w);
    event_add(&w->event, NULL);
    return 0;
}

static void on_kick(struct loop_task *task)
{
    struct transport *t = LIST_ENTRY_OF(task, struct transport, kick);

    act(t, CURL_SOCKET_TIMEOUT, 0);
}

static void on_timer(struct timer *timer)
{
    struct transport *t = LIST_ENTRY_OF(timer, struct transport, timer);

    loop_ready(t->loop, &t->kick);
}

/* libcurl must not be entered from here. */
static int on_timer_wanted(CURLM *multi, long ms, void *user)
{
    struct transport *t = user;

    (void)multi;
    timer_cancel(&t->timer);
    if (ms == 0)
        loop_ready(t->loop, &t->kick);
    else if (ms > 0)
        loop_timer_set(t->loop, &t->timer, (uint64_t)ms);
    return 0;
}

/* ---- bytes --------------------------------------------------------------- */

static void forget(struct transfer *transfer)
{
    if (transfer->secret && transfer->in)
        OPENSSL_cleanse(transfer->in, transfer->in_cap);
    free(transfer->in);
    transfer->in = NULL;
    transfer->in_cap = 0;
}

static bool make_room(struct transfer *transfer, size_t cap)
{
    size_t n = transfer->answer.body.n;
    char *in = malloc(cap);

    if (in == NULL)
        return false;
    if (n)
        memcpy(in, transfer->in, n);
    forget(transfer);
    transfer->in = in;
    transfer->in_cap = cap;
    return true;
}

static size_t on_body(char *p, size_t size, size_t n, void *user)
{
    struct transfer *transfer = user;

    n *= size;
    if (n > transfer->answer_max - transfer->answer.body.n) {
        transfer->too_long = true;
        return 0;
    }
    if (n > transfer->in_cap - transfer->answer.body.n) {
        size_t cap = transfer->in_cap ? 2 * transfer->in_cap : 4096;

        while (cap < transfer->answer.body.n + n)
            cap *= 2;
        if (!make_room(transfer, cap))
            return 0;
    }
    memcpy(transfer->in + transfer->answer.body.n, p, n);
    transfer->answer.body = str_make(transfer->in, transfer->answer.body.n + n);
    return n;
}

static size_t on_head(char *p, size_t size, size_t n, void *user)
{
    struct transfer *transfer = user;
    struct str value = str_make(p, n * size);
    struct str name;
    struct str *place;

    n *= size;
    transfer->head_n += n;
    if (transfer->head_n > TRANSPORT_HEAD_MAX) {
        transfer->too_long = true;
        return 0;
    }
    while (value.n &&
           (value.p[value.n - 1] == '\n' || value.p[value.n - 1] == '\r'))
        value.n--;
    name = str_cut(&value, ':');
    place = value.p ? aws_answer_field(&transfer->answer, name) : NULL;
    if (place)
        *place = region_copy(&transfer->memory, str_trim(value));
    return n;
}

static size_t on_read(char *p, size_t size, size_t n, void *user)
{
    struct transfer *transfer = user;
    uint64_t all = transfer->has_file ? transfer->file_n : transfer->body.n;
    uint64_t left = all - transfer->sent;
    ssize_t got;

    n *= size;
    if (n > left)
        n = (size_t)left;
    if (n == 0)
        return 0;
    if (transfer->has_file) {
        got = pread(transfer->file, p, n,
                    (off_t)(transfer->file_at + transfer->sent));
        if (got <= 0) {
            transfer->no_body = true;
            return CURL_READFUNC_ABORT;
        }
        n = (size_t)got;
    } else {
        memcpy(p, transfer->body.p + transfer->sent, n);
    }
    transfer->sent += n;
    return n;
}

/* To begin again on another connection. */
static int on_seek(void *user, curl_off_t offset, int origin)
{
    struct transfer *transfer = user;
    uint64_t all = transfer->has_file ? transfer->file_n : transfer->body.n;

    if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > all)
        return CURL_SEEKFUNC_FAIL;
    transfer->sent = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

/* ---- one transfer -------------------------------------------------------- */

/* Tokens stand in them. */
static void forget_lines(struct curl_slist *lines)
{
    for (struct curl_slist *line = lines; line; line = line->next)
        OPENSSL_cleanse(line->data, strlen(line->data));
    curl_slist_free_all(lines);
}

static void release(struct transport *t, struct transfer *transfer)
{
    if (transfer->easy == NULL)
        return;
    curl_multi_remove_handle(t->multi, transfer->easy);
    curl_easy_cleanup(transfer->easy);
    forget_lines(transfer->slist);
    transfer->easy = NULL;
    transfer->slist = NULL;
    list_remove(&transfer->node);
}

static void end(struct transport *t, struct transfer *transfer, CURLcode result)
{
    long status = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    transfer->answer.status = (unsigned)status;
    if (result == CURLE_OK) {
        transfer->end = TRANSFER_ANSWERED;
    } else if (transfer->too_long) {
        transfer->end = TRANSFER_TOO_LONG;
        snprintf(transfer->why, sizeof(transfer->why),
                 "more than %zu bytes came, or a head of more than %d",
                 transfer->answer_max, TRANSPORT_HEAD_MAX);
    } else if (transfer->no_body) {
        transfer->end = TRANSFER_NO_BODY;
        snprintf(transfer->why, sizeof(transfer->why),
                 "the file that was to be sent is shorter than it was, or "
                 "cannot be read");
    } else {
        transfer->end = TRANSFER_FAILED;
        if (transfer->not_local)
            snprintf(transfer->why, sizeof(transfer->why),
                     "the host is none of loopback, 169.254.170.2, "
                     "169.254.170.23, fd00:ec2::23; use https for others");
        else
            transfer_explain(transfer->easy, result, transfer->no_socket,
                             t->bundle, transfer->direct, transfer->why);
    }
    release(t, transfer);
    transfer->done(transfer);
}

static void on_reap(struct loop_task *task)
{
    struct transport *t = LIST_ENTRY_OF(task, struct transport, reap);
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(t->multi, &left))) {
        char *private = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        end(t, (struct transfer *)(void *)private, message->data.result);
    }
    free_dead(t);
}

/* What is sent, and how it is told. */
static void choose_method(CURL *easy, const struct transfer *transfer)
{
    uint64_t n = transfer->has_file ? transfer->file_n : transfer->body.n;

    if (strcmp(transfer->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        return;
    }
    if (n > 0 || strcmp(transfer->method, "POST") == 0 ||
        strcmp(transfer->method, "PUT") == 0) {
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)n);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
        curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
        curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
        curl_easy_setopt(easy, CURLOPT_SEEKDATA, transfer);
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, transfer->method);
}

/* Plain HTTP with a token in it goes nowhere else ("Container credential
 * provider" of the SDKs' reference guide): names count by their addresses. */
static bool is_local(const struct sockaddr *sa)
{
    static const char *const blocks[] = {"127.0.0.0/8", "169.254.170.2/32",
                                         "169.254.170.23/32", "::1/128",
                                         "fd00:ec2::23/128"};
    struct address address;
    struct cidr block;

    address_from_sockaddr(sa, &address);
    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        if (cidr_parse(str_of(blocks[i]), &block) && cidr_has(&block, &address))
            return true;
    }
    return false;
}

static curl_socket_t open_socket(void *user, curlsocktype purpose,
                                 struct curl_sockaddr *to)
{
    struct transfer *transfer = user;
    int fd;

    (void)purpose;
    if (transfer->local && !is_local(&to->addr)) {
        transfer->not_local = true;
        return CURL_SOCKET_BAD;
    }
    fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
    transfer->no_socket = fd < 0 ? errno : 0;
    return fd;
}

static void choose_limits(const struct transport *t, CURL *easy,
                          struct transfer *transfer)
{
    long connect = TRANSPORT_CONNECT_MS;

    if (transfer->timeout_ms < TRANSPORT_CONNECT_MS)
        connect = (long)transfer->timeout_ms;
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)transfer->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* Who drops a transfer does not wait for a name's look-up. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (t->ca_bundle) { /* alone: not beside the system's folder */
        curl_easy_setopt(easy, CURLOPT_CAINFO, t->ca_bundle);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
    if (transfer->direct)
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
}

static bool choose_lines(CURL *easy, struct transfer *transfer)
{
    /* No "100 Continue" is waited for, and a body has the type that is said. */
    static const char *const without[] = {"Expect:", "Transfer-Encoding:"};
    struct curl_slist *list = NULL;
    struct curl_slist *longer = NULL;

    for (unsigned i = 0; i < transfer->nlines + 2; i++) {
        longer = curl_slist_append(list,
                                   i < 2 ? without[i] : transfer->lines[i - 2]);
        if (longer == NULL) {
            forget_lines(list);
            return false;
        }
        list = longer;
    }
    transfer->slist = list;
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
    return true;
}

bool transfer_begin(struct transport *t, struct transfer *transfer)
{
    CURL *easy = curl_easy_init();

    transfer->why[0] = '\0';
    transfer->answer = (struct aws_answer){.status = 0};
    transfer->sent = transfer->head_n = 0;
    transfer->no_socket = 0;
    transfer->too_long = transfer->no_body = transfer->not_local = false;
    list_init(&transfer->node);
    if (easy == NULL || !choose_lines(easy, transfer)) {
        curl_easy_cleanup(easy);
        return false;
    }
    curl_easy_setopt(easy, CURLOPT_URL, transfer->url);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->why);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_head);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    choose_limits(t, easy, transfer);
    choose_method(easy, transfer);
    transfer->easy = easy;
    list_push_back(&t->transfers, &transfer->node);
    if (curl_multi_add_handle(t->multi, easy) == CURLM_OK)
        return true;
    release(t, transfer);
    return false;
}

void transfer_end(struct transport *t, struct transfer *transfer)
{
    release(t, transfer);
    forget(transfer);
    region_end(&transfer->memory);
    transfer->answer = (struct aws_answer){.status = 0};
}

/* ---- the transport ------------------------------------------------------- */

static void library_begin(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct transport *transport_new(struct loop *loop)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct transport *t = memory_zeroed(1, sizeof(*t));

    pthread_once(&once, library_begin);
    t->loop = loop;
    t->bundle = TRANSPORT_BUNDLE;
    list_init(&t->transfers);
    list_init(&t->sockets);
    list_init(&t->dead);
    timer_init(&t->timer, on_timer);
    loop_task_init(&t->kick, on_kick);
    loop_task_init(&t->reap, on_reap);
    t->multi = curl_multi_init();
    if (t->multi == NULL) {
        free(t);
        return NULL;
    }
    curl_multi_setopt(t->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(t->multi, CURLMOPT_SOCKETDATA, t);
    curl_multi_setopt(t->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
    curl_multi_setopt(t->multi, CURLMOPT_TIMERDATA, t);
    curl_multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, (long)TRANSPORT_KEPT);
    return t;
}

void transport_trust(struct transport *t, const char *where,
                     struct str ca_bundle)
{
    t->bundle = where;
    free(t->ca_bundle);
    t->ca_bundle = NULL;
    if (ca_bundle.n == 0)
        return;
    t->ca_bundle = memory_zeroed(1, ca_bundle.n + 1);
    memcpy(t->ca_bundle, ca_bundle.p, ca_bundle.n);
}

void transport_free(struct transport *t)
{
    while (!list_empty(&t->transfers))
        transfer_end(t,
                     LIST_ENTRY_OF(t->transfers.next, struct transfer, node));
    curl_multi_cleanup(t->multi);
    while (!list_empty(&t->sockets))
        unwatch(LIST_ENTRY_OF(t->sockets.next, struct watched, node));
    free_dead(t);
    list_remove(&t->kick.node);
    list_remove(&t->reap.node);
    timer_end(&t->timer);
    free(t->ca_bundle);
    free(t);
}
