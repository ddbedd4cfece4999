/* SPDX-License-Identifier: Apache-2.0 */
#include "waf_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "template/template.h"

/* ---- ACLs -------------------------------------------------------------------------- */

void bench_put_begin(struct text *t)
{
    TEXT_LITERAL(t, "Resources:\n"
                    "  Acl:\n"
                    "    Type: AWS::WAFv2::WebACL\n"
                    "    Properties:\n"
                    "      Name: bench\n"
                    "      Scope: REGIONAL\n"
                    "      DefaultAction: {Allow: {}}\n"
                    "      " BENCH_VISIBILITY "\n"
                    "      Rules:\n");
}

void bench_put_group(struct text *t, unsigned priority, const char *name)
{
    text_printf(t,
                "      - {Name: g%u, Priority: %u, OverrideAction: {None: "
                "{}}, " BENCH_VISIBILITY ", Statement: "
                "{ManagedRuleGroupStatement: {VendorName: AWS, Name: %s}}}\n",
                priority, priority, name);
}

static void fail(const struct report *report, const char *what)
{
    fprintf(stderr, "waf: %s" STR_FMT "\n", what,
            STR_ARG(report->first ? report->first->what : STR("")));
    exit(1);
}

static struct config *load(struct str text, struct report *report)
{
    static const struct local local = {.port_offset = 0};
    static const struct template_options options = {.nparameters = 0};
    struct template_source source = {"bench", text};
    struct template *template = template_parse(&source, 1, &options, report);
    struct config *config;

    if (!template)
        fail(report, "the template: ");
    config = config_build(template->resources, template->stack, &local, report);
    if (!config)
        fail(report, "the config: ");
    template_free(template);
    return config;
}

void bench_acl_load(struct bench_acl *acl, struct str text)
{
    struct report report = {.strict = false};
    uint64_t begun;

    acl->config = load(text, &report);
    begun = clock_monotonic_ns();
    acl->program = waf_program_new(acl->config->waf->acls[0], NULL, &report);
    if (!acl->program)
        fail(&report, "the ACL: ");
    acl->compile_ms = (double)(clock_monotonic_ns() - begun) / 1e6;
    report_end(&report);
}

void bench_acl_end(struct bench_acl *acl)
{
    waf_program_release(acl->program);
    config_release(acl->config);
}

double bench_cpu_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* ---- requests ------------------------------------------------------------------------ */

static const char *const headers[] = {
    "Host: shop.example.com",
    "sec-ch-ua: \"Chromium\";v=\"124\", \"Not-A.Brand\";v=\"99\"",
    "sec-ch-ua-mobile: ?0",
    "sec-ch-ua-platform: \"Linux\"",
    "Upgrade-Insecure-Requests: 1",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, "
    "like Gecko) Chrome/124.0.0.0 Safari/537.36",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,"
    "image/webp,*/*;q=0.8",
    "Sec-Fetch-Site: same-origin",
    "Sec-Fetch-Mode: navigate",
    "Sec-Fetch-Dest: document",
    "Referer: https://shop.example.com/catalogue/shoes?page=2",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
    "Cookie: session=8f14e45fceea167a5a36dedd4bea2543; theme=dark; "
    "cart=3f2504e0-4f89-11d3-9a0c-0305e82c3301; "
    "_ga=GA1.2.1234567890.1700000000",
};

struct str bench_request_keep(struct bench_request *to, struct str text)
{
    char *p = to->text + to->n;

    if (text.n > sizeof(to->text) - to->n)
        abort();
    memcpy(p, text.p, text.n);
    to->n += text.n;
    return str_make(p, text.n);
}

void bench_request_header(struct bench_request *to, struct str line)
{
    struct field *field;
    struct str value = bench_request_keep(to, line);
    struct str name = str_cut(&value, ':');

    if (to->fields.n == BENCH_FIELDS_MAX)
        abort();
    field = &to->v[to->fields.n++];
    value = str_trim(value);
    *field = (struct field){.name = (uint32_t)(name.p - to->text),
                            .value = (uint32_t)(value.p - to->text),
                            .name_len = (uint16_t)name.n,
                            .value_len = (uint16_t)value.n,
                            .id = (uint16_t)field_id_of(name)};
    to->fields.present |= 1U << field->id;
}

void bench_request_begin(struct bench_request *to)
{
    memset(to, 0, sizeof(*to));
    to->fields =
        (struct fields){.base = to->text, .v = to->v, .cap = BENCH_FIELDS_MAX};
    to->inspected = (struct inspected){.fields = &to->fields,
                                       .method = STR("GET"),
                                       .path = STR("/"),
                                       .version = 11,
                                       .body_whole = true,
                                       .host = STR("shop.example.com")};
    address_parse_ip(STR("198.51.100.7"), &to->inspected.client);
}

void bench_request_browser(struct bench_request *to)
{
    for (unsigned i = 0; i < sizeof(headers) / sizeof(*headers); i++)
        bench_request_header(to, str_of(headers[i]));
}
