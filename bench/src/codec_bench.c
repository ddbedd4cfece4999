/* SPDX-License-Identifier: Apache-2.0
 *
 * Nanoseconds per head: parse, mark, write again.
 *
 *     cc -std=c11 -D_GNU_SOURCE -O2 -Isrc bench/src/codec_bench.c \
 *         src/codec/[a-z]*.c src/base/str.c src/base/text.c -o codec_bench
 */
#include <stdio.h>
#include <time.h>

#include "codec/h1.h"

static const char small[] =
    "GET / HTTP/1.1\r\nHost: localhost:8080\r\n\r\n    ";

static const char browser[] =
    "GET /assets/app.js?v=20240501 HTTP/1.1\r\n"
    "Host: www.example.com\r\n"
    "Connection: keep-alive\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, "
    "like Gecko) Chrome/124.0.0.0 Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,"
    "image/avif,image/webp,*/*;q=0.8\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: no-cors\r\n"
    "Referer: https://www.example.com/start\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Accept-Language: en-US,en;q=0.9\r\n"
    "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n\r\n";

static const char answer[] = "HTTP/1.1 200 OK\r\n"
                             "Server: nginx/1.22.1\r\n"
                             "Date: Sun, 05 Apr 2026 02:07:14 GMT\r\n"
                             "Content-Type: text/html; charset=utf-8\r\n"
                             "Content-Length: 1024\r\n"
                             "Last-Modified: Sat, 04 Apr 2026 10:00:00 GMT\r\n"
                             "Connection: keep-alive\r\n"
                             "ETag: \"660e7a10-400\"\r\n"
                             "Cache-Control: max-age=3600\r\n"
                             "Accept-Ranges: bytes\r\n\r\n";

enum { ROUNDS = 1000000, FIELDS = 64 };

static char buffer[4096], out[4096];
static struct field fields[FIELDS];

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double parse_requests(size_t n, bool forward)
{
    double start = now();

    for (int i = 0; i < ROUNDS; i++) {
        struct request req = {.fields = {.v = fields, .cap = FIELDS}};
        struct h1_fault fault;
        size_t used;

        if (h1_parse_request(&req, buffer, n, &h1_request_limits, &used,
                             &fault) != H1_OK)
            return 0;
        if (forward) {
            struct text t = text_in(out, sizeof(out));

            h1_mark_hop_by_hop(&req.fields);
            h1_put_request_line(&t, &req);
            h1_put_fields(&t, &req.fields);
        }
        __asm__ volatile("" ::"r"(&req), "r"(out) : "memory");
    }
    return (now() - start) / ROUNDS;
}

static double parse_responses(size_t n, bool forward)
{
    double start = now();

    for (int i = 0; i < ROUNDS; i++) {
        struct response res = {.fields = {.v = fields, .cap = FIELDS}};
        struct h1_fault fault;
        size_t used;

        if (h1_parse_response(&res, buffer, n, &h1_response_limits, METHOD_GET,
                              &used, &fault) != H1_OK)
            return 0;
        if (forward) {
            struct text t = text_in(out, sizeof(out));

            h1_mark_hop_by_hop(&res.fields);
            h1_put_status_line(&t, res.status,
                               slice_of(&res.fields, res.reason));
            h1_put_fields(&t, &res.fields);
        }
        __asm__ volatile("" ::"r"(&res), "r"(out) : "memory");
    }
    return (now() - start) / ROUNDS;
}

static double least(double (*run)(size_t, bool), const char *text, size_t n,
                    bool forward)
{
    double best = 1e18;

    memcpy(buffer, text, n);
    for (int i = 0; i < 7; i++) {
        double ns = run(n, forward);

        if (ns < best)
            best = ns;
    }
    return best;
}

#define SHOW(name, run, text)                                                  \
    printf("%-10s %4zu bytes  parse %4.0f ns  parse+mark+write %4.0f ns\n",    \
           name, sizeof(text) - 1, least(run, text, sizeof(text) - 1, false),  \
           least(run, text, sizeof(text) - 1, true))

int main(void)
{
    SHOW("small", parse_requests, small);
    SHOW("browser", parse_requests, browser);
    SHOW("answer", parse_responses, answer);
    return 0;
}
