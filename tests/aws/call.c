/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes calls of AWS as the server makes them, for tests: lines of JSON come in
 * on standard input, one call each, and a line goes out for each that is done.
 * It ends when its input has ended and nothing goes on.
 *
 *     {"id": "1", "service": "STS", "action": "GetCallerIdentity"}
 *     {"id": "2", "service": "S3", "method": "PUT", "bucket": "b",
 *      "key": "a b", "file": "/tmp/x", "at": 0, "n": 5,
 *      "fields": {"Content-Type": "text/plain"}}
 *     {"id": "1", "cancel": true}
 *     {"id": "3", "counts": true}
 *     {"id": "4", "endpoint": true, "service": "S3", "region": "eu-west-1",
 *      "bucket": "b", "fips": true}
 *     {"check": true}
 *
 * and {"id", "outcome", "status", "answer", "etag", "code", "message",
 * "request_id", "tried", "permission", "forbidden"}; of an endpoint, which is not
 * called: {"id", "url"} or {"id", "error"}.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "aws/client.h"
#include "aws/endpoint.h"
#include "base/log.h"
#include "base/memory.h"
#include "model/json.h"
#include "net/loop.h"

enum { LINE_MAX_BYTES = 4 * 1024 * 1024, FIELDS_MAX = 16 };

struct job {
    struct list node;
    struct region memory;
    struct str id;
    struct aws_call call;
    struct sigv4_field fields[FIELDS_MAX];
};

static struct loop loop;
static struct counters counters;
static struct aws_client *client;
static struct list jobs;
static bool at_end;
static char *input;
static size_t input_n;

/* ---- answers --------------------------------------------------------------- */

static void put_member(struct text *t, const char *name, struct str value)
{
    text_printf(t, ", \"%s\": ", name);
    text_json(t, value);
}

static void say(const struct text *t)
{
    if (!text_ok(t))
        abort();
    fwrite(t->p, 1, t->n, stdout);
    fputc('\n', stdout);
    fflush(stdout);
}

static void forget(struct job *job)
{
    if (job->call.has_file)
        close(job->call.file);
    list_remove(&job->node);
    region_end(&job->memory);
    free(job);
    loop.stop = at_end && list_empty(&jobs);
}

static void on_done(struct aws_call *call)
{
    static const char *const outcomes[] = {
        "OK", "REFUSED", "UNREACHABLE", "UNREADABLE", "NOT_READY", "BUSY"};
    struct job *job = call->owner;
    size_t cap = 4096 + 6 * (call->answer.n + call->message.n + call->code.n +
                             call->etag.n + call->request_id.n + job->id.n);
    struct text t = text_in(memory_zeroed(1, cap), cap);

    TEXT_LITERAL(&t, "{\"id\": ");
    text_json(&t, job->id);
    put_member(&t, "outcome", str_of(outcomes[call->outcome]));
    put_member(&t, "answer", call->answer);
    put_member(&t, "etag", call->etag);
    put_member(&t, "code", call->code);
    put_member(&t, "message", call->message);
    put_member(&t, "request_id", call->request_id);
    put_member(&t, "permission", aws_call_permission(&job->memory, call));
    text_printf(&t, ", \"status\": %u, \"tried\": %u, \"forbidden\": %s}",
                call->status, call->tried,
                aws_call_is_forbidden(call) ? "true" : "false");
    say(&t);
    free(t.p);
    forget(job);
}

static void say_counts(struct str id)
{
    struct aws_counts c = aws_client_counts(client);
    char line[512];
    struct text t = text_in(line, sizeof(line));

    TEXT_LITERAL(&t, "{\"id\": ");
    text_json(&t, id);
    text_printf(&t,
                ", \"calls\": %llu, \"attempts\": %llu, \"failed\": %llu, "
                "\"throttled\": %llu, \"refreshes\": %llu}",
                (unsigned long long)c.calls, (unsigned long long)c.attempts,
                (unsigned long long)c.failed, (unsigned long long)c.throttled,
                (unsigned long long)c.refreshes);
    say(&t);
}

/* ---- calls ----------------------------------------------------------------- */

static void fail(const char *what, struct str which)
{
    fprintf(stderr, "call: %s \"" STR_FMT "\"\n", what, STR_ARG(which));
    exit(2);
}

static struct str text_of(const struct value *map, const char *name)
{
    const struct value *v = value_get(map, str_of(name));

    return v && value_is_scalar(v) ? v->text : STR("");
}

static uint64_t number_of(const struct value *map, const char *name)
{
    uint64_t n = 0;
    struct str text = text_of(map, name);

    if (text.n && !str_to_u64(text, UINT64_MAX, &n))
        fail("no number", text);
    return n;
}

static enum aws_service service_of(struct str name)
{
    static const char *const names[] = {
#define X(name, prefix, signing, id, protocol, version, iam) #name,
#include "aws/service.def"
#undef X
    };

    for (unsigned i = 0; i < AWS_SERVICES; i++) {
        if (str_eq(name, str_of(names[i])))
            return (enum aws_service)i;
    }
    fail("no service", name);
    return AWS_SERVICES;
}

static void take_fields(struct job *job, const struct value *map)
{
    const struct value *fields = value_get(map, STR("fields"));

    for (const struct value *v = fields ? fields->first : NULL; v; v = v->next)
        job->fields[job->call.nfields++] =
            (struct sigv4_field){v->key, v->text};
    job->call.fields = job->fields;
}

static void take_file(struct aws_call *call, const struct value *map)
{
    struct str path = text_of(map, "file");

    if (path.n == 0)
        return;
    call->has_file = true;
    call->file = open(path.p, O_RDONLY | O_CLOEXEC);
    if (call->file < 0)
        fail("no file", path);
    call->file_at = number_of(map, "at");
    call->file_n = number_of(map, "n");
}

static struct str path_of(struct region *region, const struct value *map)
{
    struct str key = text_of(map, "key");
    struct text t = text_in(region_take(region, 3 * key.n + 2), 3 * key.n + 1);

    text_char(&t, '/');
    aws_put_key(&t, key);
    return text_str(&t);
}

static void begin(struct job *job, const struct value *map)
{
    struct aws_call *call = &job->call;
    struct str action = text_of(map, "action");

    *call = (struct aws_call){
        .service = service_of(text_of(map, "service")),
        .action = action.n ? action.p : NULL,
        .body = text_of(map, "body"),
        .method = text_of(map, "method"),
        .bucket = text_of(map, "bucket"),
        .path = path_of(&job->memory, map),
        .query = text_of(map, "query"),
        .region = text_of(map, "region"),
        .timeout_ms = (uint32_t)number_of(map, "timeout_ms"),
        .attempts = (unsigned)number_of(map, "attempts"),
        .gzip = value_get(map, STR("gzip")) != NULL,
        .host_prefix = value_get(map, STR("host_prefix")) != NULL,
        .done = on_done,
        .owner = job,
    };
    take_fields(job, map);
    take_file(call, map);
    list_push_back(&jobs, &job->node);
    aws_call_begin(client, call);
}

/* Where AWS has it, whatever the environment says. */
static void say_endpoint(struct job *job, const struct value *map)
{
    struct aws_settings settings = {
        .fips = value_get(map, STR("fips")) != NULL,
        .dualstack = value_get(map, STR("dualstack")) != NULL,
    };
    bool prefix = value_get(map, STR("host_prefix")) != NULL;
    struct aws_endpoint e;
    struct error error;
    bool ok = aws_endpoint_of(&job->memory, &settings,
                              service_of(text_of(map, "service")),
                              text_of(map, "region"), text_of(map, "bucket"),
                              prefix ? STR("data-") : STR(""), &e, &error);
    char line[2048];
    struct text t = text_in(line, sizeof(line));

    TEXT_LITERAL(&t, "{\"id\": ");
    text_json(&t, job->id);
    put_member(&t, ok ? "url" : "error",
               ok ? region_printf(&job->memory, STR_FMT "://" STR_FMT STR_FMT,
                                  STR_ARG(e.scheme), STR_ARG(e.host),
                                  STR_ARG(e.path))
                  : str_of(error.text));
    text_char(&t, '}');
    say(&t);
}

static void cancel(struct str id)
{
    for (struct list *at = jobs.next; at != &jobs; at = at->next) {
        struct job *job = LIST_ENTRY_OF(at, struct job, node);

        if (str_eq(job->id, id)) {
            aws_call_cancel(client, &job->call);
            forget(job);
            return;
        }
    }
}

static void take_line(struct str line)
{
    struct job *job = memory_zeroed(1, sizeof(*job));
    struct error error;
    size_t used;
    const struct value *map =
        json_value_read(&job->memory, line, &used, &error);

    if (map == NULL)
        fail(error.text, line);
    list_init(&job->node);
    job->id = text_of(map, "id");
    if (value_get(map, STR("counts"))) {
        say_counts(job->id);
    } else if (value_get(map, STR("endpoint"))) {
        say_endpoint(job, map);
    } else if (value_get(map, STR("check"))) {
        aws_client_check(client);
    } else if (value_get(map, STR("cancel"))) {
        cancel(job->id);
    } else {
        begin(job, map);
        return;
    }
    region_end(&job->memory);
    free(job);
}

static void on_input(evutil_socket_t fd, short what, void *arg)
{
    ssize_t got = read(fd, input + input_n, LINE_MAX_BYTES - input_n);
    struct str rest;
    const char *end;

    (void)what;
    loop_tick(&loop);
    if (got <= 0) {
        at_end = true;
        event_del(arg);
        loop.stop = list_empty(&jobs);
        return;
    }
    input_n += (size_t)got;
    rest = str_make(input, input_n);
    while ((end = memchr(rest.p, '\n', rest.n))) {
        take_line(str_make(rest.p, (size_t)(end - rest.p)));
        rest.n -= (size_t)(end + 1 - rest.p);
        rest.p = end + 1;
    }
    memmove(input, rest.p, rest.n);
    input_n = rest.n;
}

int main(int argc, char **argv)
{
    struct event in;
    struct aws_options options = {.loop = &loop, .environment = environ};

    signal(SIGPIPE, SIG_IGN);
    list_init(&jobs);
    input = memory_zeroed(1, LINE_MAX_BYTES);
    if (argc > 1)
        options.region = str_of(argv[1]);
    if (getenv("AWS_ACCOUNT_ID"))
        options.account = str_of(getenv("AWS_ACCOUNT_ID"));
    if (!loop_init(&loop, &counters))
        return 1;
    client = aws_client_new(&options);
    if (client == NULL)
        return 1;
    event_assign(&in, loop.base, STDIN_FILENO, EV_READ | EV_PERSIST, on_input,
                 &in);
    event_add(&in, NULL);
    loop_run(&loop);
    aws_client_free(client);
    loop_settle(&loop);
    loop_end(&loop);
    free(input);
    return 0;
}
