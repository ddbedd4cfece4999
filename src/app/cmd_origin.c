/* SPDX-License-Identifier: Apache-2.0
 *
 * `sluice origin`: a test origin.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "app/commands.h"
#include "app/origin.h"
#include "app/process.h"
#include "base/memory.h"

enum { PEM_MAX = 256 * 1024 };

struct values {
    uint64_t port;
    struct address bind;
    const char *name;
    uint64_t status;
    uint64_t delay;
    uint64_t size; /* UINT64_MAX: JSON */
    uint64_t workers;
    bool h2c;
    const char *certificate; /* NULL: plain HTTP */
};

#define FIELD(field) .offset = offsetof(struct values, field)

static const struct option options[] = {
    {.name = "port",
     .argument = "PORT",
     .help = "The port to listen on; 0 lets the system choose.",
     .required = true,
     .kind = OPTION_NUMBER,
     .max = UINT16_MAX,
     FIELD(port)},
    {.name = "bind",
     .argument = "ADDRESS",
     .help = "The local address to listen on, IPv4 or IPv6.",
     .fallback = "127.0.0.1",
     .kind = OPTION_IP,
     FIELD(bind)},
    {.name = "name",
     .argument = "NAME",
     .help = "What it says it is, in X-Origin-Name and in its JSON.",
     .fallback = "origin",
     .kind = OPTION_TEXT,
     FIELD(name)},
    {.name = "status",
     .argument = "STATUS",
     .help = "The status of every answer (200 to 599).",
     .fallback = "200",
     .kind = OPTION_NUMBER,
     .min = 200,
     .max = 599,
     FIELD(status)},
    {.name = "delay",
     .argument = "MILLISECONDS",
     .help = "How long it waits between the end of a request and the answer.",
     .fallback = "0",
     .kind = OPTION_NUMBER,
     .max = 600000,
     FIELD(delay)},
    {.name = "size",
     .argument = "BYTES",
     .help = "Answer with a body of so many bytes instead of the JSON that "
             "tells what came.",
     .kind = OPTION_NUMBER,
     .max = INT64_MAX,
     FIELD(size)},
    {.name = "workers",
     .argument = "N",
     .help = "Threads that answer.",
     .fallback = "1",
     .kind = OPTION_NUMBER,
     .min = 1,
     .max = 256,
     FIELD(workers)},
    {.name = "h2c",
     .help = "Speak HTTP/2 without TLS too, with clients that begin so (prior "
             "knowledge).",
     .kind = OPTION_FLAG,
     FIELD(h2c)},
    {.name = "certificate",
     .argument = "CERT.pem,KEY.pem",
     .help = "Speak HTTPS, with this certificate (and its chain) and this key.",
     .kind = OPTION_TEXT,
     FIELD(certificate)},
};

/* A name goes into a header line. */
static bool is_name(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] <= ' ' || name.p[i] > '~')
            return false;
    }
    return name.n > 0 && name.n <= 64;
}

static bool read_pem(const char *path, struct str *pem, struct error *error)
{
    FILE *f = fopen(path, "re");
    char *p = memory_zeroed(1, PEM_MAX + 1);
    size_t n = f ? fread(p, 1, PEM_MAX + 1, f) : 0;
    int cause = errno;
    bool ok = f && !ferror(f);

    if (f)
        fclose(f);
    *pem = str_make(p, n);
    if (!ok)
        return error_set(error, "--certificate: %.200s: cannot be read: %s",
                         path, strerror(cause));
    return n <= PEM_MAX ||
           error_set(error, "--certificate: %.200s: longer than %d bytes", path,
                     PEM_MAX);
}

static int serve(const struct origin_options *origin_options)
{
    struct error error = {""};
    struct origin *origin;
    char name[80];

    process_prepare();
    process_reserve_descriptors();
    origin = origin_start(origin_options, &error);
    if (origin == NULL)
        return options_fail(&cmd_origin, EX_UNAVAILABLE, &error);
    snprintf(name, sizeof(name), " name=%s", origin_options->name);
    process_print_address("origin", origin_options->chain.n ? "https" : "http",
                          origin_address(origin), name);
    process_print_ready();
    origin_wait(origin);
    origin_free(origin);
    return EX_OK;
}

/* Reads both files of --certificate; they stay in memory. */
static bool read_pair(const char *pair, struct origin_options *o,
                      struct error *error)
{
    struct str key = str_of(pair);
    struct str chain = str_cut(&key, ',');
    char path[PATH_MAX];

    if (key.n == 0 || chain.n == 0 || chain.n >= sizeof(path))
        return error_set(error, "--certificate: must be the file of the "
                                "certificate, a comma, and that of its key");
    memcpy(path, chain.p, chain.n);
    path[chain.n] = '\0';
    return read_pem(path, &o->chain, error) && read_pem(key.p, &o->key, error);
}

static int run(int argc, char **argv)
{
    struct values values = {.size = UINT64_MAX};
    struct origin_options origin_options;
    struct error error = {""};
    int status;

    if (!options_read(&cmd_origin, argc, argv, &values, &status))
        return status;
    if (!is_name(str_of(values.name))) {
        error_set(&error, "--name: must be 1 to 64 visible ASCII characters");
        return options_fail(&cmd_origin, EX_USAGE, &error);
    }
    origin_options = (struct origin_options){
        .bind = values.bind,
        .name = values.name,
        .status = (unsigned)values.status,
        .delay_ms = (unsigned)values.delay,
        .sized = values.size != UINT64_MAX,
        .size = values.size,
        .workers = (unsigned)values.workers,
        .h2c = values.h2c,
    };
    origin_options.bind.port = (uint16_t)values.port;
    if (values.certificate &&
        !read_pair(values.certificate, &origin_options, &error))
        return options_fail(&cmd_origin, EX_UNAVAILABLE, &error);
    return serve(&origin_options);
}

const struct command cmd_origin = {
    .name = "origin",
    .summary = "Run a test origin that answers with what it saw",
    .options = options,
    .noptions = sizeof(options) / sizeof(options[0]),
    .run = run,
};
