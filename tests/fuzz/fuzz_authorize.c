/* SPDX-License-Identifier: Apache-2.0
 *
 * Who may call.  The first byte says what the rest is:
 *
 * - A request: method, target and fields, LF between them, and behind an empty
 *   line its body.  Nobody without the secret is let in, whatever is said;
 *   whoever is refused is told why, in printable text.
 * - A file of access keys: what is taken can be asked about any call.
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/authorize.h"
#include "fuzz.h"

#define CHECK(condition) ((condition) ? (void)0 : failed(__LINE__, #condition))

enum { FIELDS = 200, SIZE_MAX_OF = 20000 };

static struct access_keys *keys;

static _Noreturn void failed(int line, const char *condition)
{
    fprintf(stderr, "line %d: not true: %s\n", line, condition);
    abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct report report = {.strict = false};
    char secret[41];
    char text[512];
    FILE *random = fopen("/dev/urandom", "rb");

    (void)argc;
    (void)argv;
    CHECK(random && fread(secret, 1, 40, random) == 40);
    fclose(random);
    for (unsigned i = 0; i < 40; i++)
        secret[i] = (char)('a' + (unsigned char)secret[i] % 26);
    secret[40] = '\0';
    snprintf(text, sizeof(text),
             "{\"AccessKeys\": [{\"UserName\": \"u\", \"AccessKeyId\": "
             "\"AKIAEXAMPLE0000000\", \"SecretAccessKey\": \"%s\", "
             "\"Policies\": [{\"Statement\": {\"Effect\": \"Allow\", "
             "\"Action\": \"*\", \"Resource\": \"*\"}}]}]}",
             secret);
    keys = access_keys_read("keys", str_of(text), &report);
    CHECK(keys);
    report_end(&report);
    return 0;
}

/* ---- requests ------------------------------------------------------------------- */

/* "Name: value". */
static void put_field(struct fields *fs, struct str line)
{
    struct str value = line;
    struct str name = str_cut(&value, ':');
    struct field *f = &fs->v[fs->n];

    if (value.p == NULL || fs->n == fs->cap)
        return;
    value = str_trim(value);
    *f = (struct field){.name = (uint32_t)(name.p - fs->base),
                        .value = (uint32_t)(value.p - fs->base),
                        .name_len = (uint16_t)name.n,
                        .value_len = (uint16_t)value.n,
                        .id = (uint16_t)field_id_of(name)};
    fs->present |= 1u << f->id;
    fs->n++;
}

static bool is_printable(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\0')
            return false;
    }
    return true;
}

static void check_refused(const struct fault *fault)
{
    CHECK(fault->code && fault->status >= 400 && fault->message.n);
    CHECK(is_printable(fault->message));
    CHECK(fault->message.n < 10000);
}

static void check_request(struct str rest)
{
    static struct field v[FIELDS];
    struct fields fields = {
        .base = (char *)(uintptr_t)rest.p, .v = v, .cap = FIELDS};
    struct account_view view = {.region_name = STR("us-east-1"),
                                .account_id = STR("123456789012"),
                                .now_ms = UINT64_C(1773500966000)};
    struct region region = {NULL};
    struct signed_request request = {.method = str_cut(&rest, '\n'),
                                     .target = str_cut(&rest, '\n'),
                                     .fields = &fields};
    struct authorized who;
    struct fault fault = {.code = NULL};

    if (request.target.p == NULL)
        request.target = STR("");
    while (rest.p) {
        struct str line = str_cut(&rest, '\n');

        if (line.n == 0)
            break;
        put_field(&fields, line);
    }
    request.body = rest.p ? rest : STR("");
    CHECK(!authorize_caller(keys, &request, &view, &region, &who, &fault));
    check_refused(&fault);
    authorize_fault_as(&fault, WIRE_EC2, &region);
    check_refused(&fault);
    fault = (struct fault){.code = NULL};
    if (authorize_caller(NULL, &request, &view, &region, &who, &fault))
        CHECK(who.service.n && who.region_name.n && who.caller.access_key.n);
    else
        check_refused(&fault);
    if (!authorize_get(keys, &request, &view, &region, &fault))
        check_refused(&fault);
    region_end(&region);
}

/* ---- files ------------------------------------------------------------------------ */

static struct policy_values value_of(void *owner, struct str key,
                                     struct region *region)
{
    static const struct str two[] = {STR("10.0.0.1"), STR("2026-01-01")};

    (void)owner;
    (void)region;
    return (struct policy_values){two, (unsigned)(key.n % 3)};
}

static void check_file(struct str text)
{
    struct report report = {.strict = false};
    struct access_keys *read = access_keys_read("keys", text, &report);
    struct region region = {NULL};
    struct policy_question question = {
        .action = STR("elasticloadbalancing:CreateRule"),
        .resource = STR("arn:aws:elasticloadbalancing:us-east-1:123456789012:"
                        "listener/app/web/1/2"),
        .values = value_of,
        .region = &region};

    CHECK((read == NULL) == (report.errors > 0));
    if (read) {
        const struct access_key *key = access_keys_first(read);

        if (key)
            (void)policy_decide(key->policies, &question);
        access_keys_release(read);
    }
    report_end(&report);
    region_end(&region);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy;

    if (size < 1 || size > SIZE_MAX_OF)
        return 0;
    copy = malloc(size); /* as long as it is: a byte more is noticed */
    if (copy == NULL)
        return 0;
    memcpy(copy, data + 1, size - 1);
    if (data[0] & 1)
        check_file(str_make(copy, size - 1));
    else
        check_request(str_make(copy, size - 1));
    free(copy);
    return 0;
}
