/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "crypto/sigv4.h"
#include "model/json.h"

/* Vectors of botocore that stand beside the tree, where they do. */
static const struct value *shared_vectors(struct region *region)
{
    const char *top = getenv("TOP_SRCDIR");
    struct str path = region_printf(
        region, "%s/../shared/data/sigv4/sigv4-vectors.json", top ? top : ".");
    struct file_text file;
    struct error error;
    const struct value *vectors = NULL;
    size_t used;

    if (file_read(path.p, 1024 * 1024, &file, &error))
        vectors = json_value_read(region, file.text, &used, &error);
    file_forget(&file);
    return vectors;
}

static struct str text_of(const struct value *vector, const char *name)
{
    const struct value *v = value_get(vector, str_of(name));

    return v && v->kind == VALUE_STRING ? v->text : STR("");
}

struct asked {
    struct sigv4_request request;
    struct sigv4_field fields[16];
    struct sigv4_credentials keys;
    struct sigv4_scope scope;
    char hash[SIGV4_HASH_LEN + 1];
};

static void take_url(struct asked *a, struct str url)
{
    const char *host = strstr(url.p, "://") + 3;
    struct str rest = str_make(host, (size_t)(url.p + url.n - host));
    const char *slash = memchr(rest.p, '/', rest.n);
    struct str query = str_make(slash, (size_t)(rest.p + rest.n - slash));

    a->fields[a->request.nfields++] = (struct sigv4_field){
        STR("host"), str_make(rest.p, (size_t)(slash - rest.p))};
    a->request.path = str_cut(&query, '?');
    a->request.query = query.p ? query : STR("");
}

static void take(struct asked *a, const struct value *vector)
{
    const struct value *fields = value_get(vector, STR("request_headers"));

    *a = (struct asked){
        .keys = {text_of(vector, "access_key"), text_of(vector, "secret_key"),
                 text_of(vector, "session_token")},
        .scope = {text_of(vector, "amz_date"), text_of(vector, "region"),
                  text_of(vector, "service")},
    };
    a->request.method = text_of(vector, "method");
    a->request.fields = a->fields;
    take_url(a, text_of(vector, "url"));
    for (const struct value *v = fields->first; v; v = v->next) {
        if (!str_ieq(v->key, STR("host")) &&
            !str_ieq(v->key, STR("x-amz-security-token")))
            a->fields[a->request.nfields++] =
                (struct sigv4_field){v->key, v->text};
    }
    assert_true(sigv4_payload_hash(text_of(vector, "body"), a->hash));
    a->request.payload_hash = str_make(a->hash, SIGV4_HASH_LEN);
    if (str_eq(a->scope.service, STR("s3")))
        a->fields[a->request.nfields++] = (struct sigv4_field){
            STR("x-amz-content-sha256"), a->request.payload_hash};
}

static void
test_the_vectors_of_botocore_beside_the_tree_are_signed_alike(void **state)
{
    struct region region = {NULL};
    const struct value *vectors = shared_vectors(&region);
    unsigned n = 0;

    (void)state;
    if (vectors == NULL) {
        region_end(&region);
        skip();
        return; /* for those who do not know that it does not */
    }
    for (const struct value *v = vectors->first; v; v = v->next, n++) {
        struct asked a;
        struct str signed_as;
        struct str wanted = text_of(v, "authorization");

        take(&a, v);
        signed_as = sigv4_sign(&region, &a.keys, &a.request, &a.scope);
        if (!str_eq(signed_as, wanted))
            fail_msg(STR_FMT ":\n" STR_FMT "\n" STR_FMT,
                     STR_ARG(text_of(v, "name")), STR_ARG(signed_as),
                     STR_ARG(wanted));
    }
    assert_true(n >= 11);
    region_end(&region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_the_vectors_of_botocore_beside_the_tree_are_signed_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
