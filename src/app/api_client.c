/* SPDX-License-Identifier: Apache-2.0 */
#include "app/api_client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/local.h"
#include "app/commands.h"
#include "base/clock.h"
#include "base/memory.h"
#include "codec/h1.h"
#include "crypto/sigv4.h"

enum { HEAD_MAX = 16 * 1024, REQUEST_MAX = 8 * 1024 };

struct call {
    const struct address *address;
    char name[ADDRESS_TEXT_MAX]; /* the address, with NUL */
    struct error *error;
    uint64_t left_out;
    int fd;
};

/* ---- what is wrong ------------------------------------------------------- */

static bool refused(struct call *call, int code)
{
    if (code == ECONNREFUSED)
        return error_set(call->error,
                         "nothing listens at %s: is `sluice serve` running? "
                         "With another --api than " API_ADDRESS " give the "
                         "same one here; with --api off it has no status",
                         call->name);
    return error_set(call->error,
                     "cannot connect to %s: %s; --api ADDRESS:PORT names "
                     "where the API of `sluice serve` is",
                     call->name, strerror(code));
}

static bool silent(struct call *call, const char *what)
{
    return error_set(call->error,
                     "%s %s within %d s: is the process stopped or "
                     "overloaded, or is that not the API of `sluice serve`? "
                     "--api ADDRESS:PORT names another one",
                     call->name, what, API_CLIENT_MS / 1000);
}

static bool foreign(struct call *call, const char *what, unsigned status)
{
    char code[16] = "";

    if (status)
        snprintf(code, sizeof(code), " %u", status);
    return error_set(call->error,
                     "what listens at %s is not the API of a `sluice serve` "
                     "of this version: %s%s; --api ADDRESS:PORT names the "
                     "address that `serve` printed after `api`",
                     call->name, what, code);
}

static bool locked(struct call *call, unsigned status)
{
    return error_set(call->error,
                     "the API at %s lets only those in who have an access key "
                     "(it answers %u): --access-keys FILE names a file with "
                     "one that may sluice:GetStatus, --state-folder FOLDER "
                     "where `sluice serve` keeps its own",
                     call->name, status);
}

/* ---- waiting ------------------------------------------------------------- */

/* 1: ready; 0: the deadline is over; -1: errno. */
static int await(int fd, short events)
{
    uint64_t end = clock_monotonic_us() + API_CLIENT_MS * UINT64_C(1000);
    struct pollfd poller = {.fd = fd, .events = events};
    int n;

    do {
        uint64_t now = clock_monotonic_us();

        n = poll(&poller, 1, now < end ? (int)((end - now + 999) / 1000) : 0);
    } while (n < 0 && errno == EINTR);
    return n;
}

static bool open_connection(struct call *call)
{
    struct sockaddr_storage sa;
    socklen_t n = address_to_sockaddr(call->address, &sa);
    socklen_t size = sizeof(int);
    int code = 0;

    call->fd =
        socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (call->fd < 0)
        return refused(call, errno);
    if (connect(call->fd, (struct sockaddr *)&sa, n) == 0)
        return true;
    if (errno != EINPROGRESS)
        return refused(call, errno);
    if (await(call->fd, POLLOUT) == 0)
        return silent(call, "takes no connection");
    getsockopt(call->fd, SOL_SOCKET, SO_ERROR, &code, &size);
    return code == 0 || refused(call, code);
}

/* The fields of a signature, good for a page of any Sluice: the region does not
 * matter there. */
static void put_signature(struct text *t, const struct call *call,
                          const char *path, const struct access_key *key)
{
    char date[SIGV4_DATE_LEN + 1];
    char hash[SIGV4_HASH_LEN + 1];
    struct sigv4_field host = {STR("Host"), str_of(call->name)};
    struct sigv4_credentials credentials = {key->id, key->secret, key->token};
    struct sigv4_request request = {.method = STR("GET"),
                                    .path = str_of(path),
                                    .query = STR(""),
                                    .fields = &host,
                                    .nfields = 1};
    struct sigv4_scope scope = {
        {date, SIGV4_DATE_LEN}, STR("us-east-1"), STR("sluice")};
    struct region region = {NULL};
    struct str value = STR("");

    sigv4_date(clock_wall_seconds(), date);
    if (sigv4_payload_hash(STR(""), hash)) {
        request.payload_hash = str_of(hash);
        value = sigv4_sign(&region, &credentials, &request, &scope);
    }
    text_printf(t, "Authorization: " STR_FMT "\r\nX-Amz-Date: %s\r\n",
                STR_ARG(value), date);
    if (key->token.n)
        text_printf(t, "X-Amz-Security-Token: " STR_FMT "\r\n",
                    STR_ARG(key->token));
    region_end(&region);
}

/* The request is shorter than any socket's buffer. */
static bool send_request(struct call *call, const char *path,
                         const struct access_key *key)
{
    char buffer[REQUEST_MAX];
    struct text t = text_in(buffer, sizeof(buffer));

    text_printf(&t,
                "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: sluice\r\n"
                "Connection: close\r\n",
                path, call->name);
    if (key)
        put_signature(&t, call, path, key);
    TEXT_LITERAL(&t, "\r\n");
    return (text_ok(&t) &&
            send(call->fd, t.p, t.n, MSG_NOSIGNAL) == (ssize_t)t.n) ||
           foreign(call, "it closed the connection", 0);
}

/* Reads some, at least a byte; 0 with an error, at the end as well. */
static size_t read_some(struct call *call, char *p, size_t cap)
{
    ssize_t got;

    do {
        if (await(call->fd, POLLIN) == 0) {
            silent(call, "did not answer");
            return 0;
        }
        got = recv(call->fd, p, cap, 0);
    } while (got < 0 && (errno == EINTR || errno == EAGAIN));
    if (got > 0)
        return (size_t)got;
    foreign(call, "it closed the connection", 0);
    return 0;
}

/* ---- the answer ---------------------------------------------------------- */

/* The head, and what of the body came with it: `data` has HEAD_MAX bytes, of
 * which `*n` are read and `*head` are the head. */
static bool read_head(struct call *call, char *data, size_t *n, size_t *head)
{
    size_t scanned = 0;

    *head = 0;
    for (*n = 0; *head == 0;) {
        size_t got;

        if (*n == HEAD_MAX)
            return foreign(call, "it does not answer in HTTP", 0);
        got = read_some(call, data + *n, HEAD_MAX - *n);
        if (got == 0)
            return false;
        *n += got;
        *head = h1_head_end(data, *n, &scanned);
    }
    return true;
}

static bool check_head(struct call *call, char *data, size_t n,
                       struct field *fields, uint64_t *length)
{
    struct response res = {.fields = {.v = fields, .cap = H1_FIELDS_MAX}};
    struct h1_fault fault = {0};
    const struct field *left_out;
    size_t head;

    if (h1_parse_response(&res, data, n, &h1_response_limits, METHOD_GET, &head,
                          &fault) != H1_OK)
        return foreign(call, "it does not answer in HTTP", 0);
    if (res.status == 401 || res.status == 403)
        return locked(call, res.status);
    if (res.status != 200)
        return foreign(call, "it answers", res.status);
    if (res.body != BODY_LENGTH || res.content_length > API_CLIENT_BODY_MAX)
        return foreign(call, "its answer has no length", 0);
    *length = res.content_length;
    left_out = fields_find_name(&res.fields, STR(LOCAL_LEFT_OUT));
    if (left_out)
        str_to_u64(field_value(&res.fields, left_out), UINT32_MAX,
                   &call->left_out);
    return true;
}

static bool read_body(struct call *call, struct text *body, struct str begin)
{
    while (body->n < body->cap) {
        size_t got = read_some(call, body->p + body->n, body->cap - body->n);

        if (got == 0)
            return false;
        body->n += got;
    }
    return str_starts(text_str(body), begin) ||
           foreign(call, "it answers something else", 0);
}

static bool read_answer(struct call *call, char *data, struct field *fields,
                        struct str begin, struct text *body)
{
    uint64_t length = 0;
    size_t n;
    size_t head;

    if (!read_head(call, data, &n, &head) ||
        !check_head(call, data, n, fields, &length))
        return false;
    *body = text_in(memory_zeroed((size_t)length + 1, 1), (size_t)length);
    text_put(body, data + head, n - head < length ? n - head : (size_t)length);
    if (read_body(call, body, begin))
        return true;
    free(body->p);
    return false;
}

bool api_client_get(const struct address *address, const char *path,
                    struct str begin, const struct access_key *key,
                    struct text *body, uint64_t *left_out, struct error *error)
{
    struct call call = {.address = address, .error = error, .fd = -1};
    struct text name = text_in(call.name, sizeof(call.name) - 1);
    struct field *fields = memory_zeroed(H1_FIELDS_MAX, sizeof(*fields));
    char *data = memory_zeroed(HEAD_MAX, 1);
    bool ok;

    address_put(&name, address);
    ok = open_connection(&call) && send_request(&call, path, key) &&
         read_answer(&call, data, fields, begin, body);
    if (call.fd >= 0)
        close(call.fd);
    if (left_out)
        *left_out = call.left_out;
    free(fields);
    free(data);
    return ok;
}
