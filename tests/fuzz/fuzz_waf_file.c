/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of web ACLs in any dialect: what an input says is read, or refused with
 * a reason.
 *
 * - Resources come out if and only if no error does; so does a config.
 * - What comes out is in CloudFormation's words: into those of the API and back
 *   it is the same.
 * - Rules of an ACL have statements, and a capacity that can be counted.
 *
 * A line "%%%%" begins a second file.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "model/config.h"
#include "model/diff.h"
#include "model/waf_words.h"
#include "template/waf_file.h"

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                           \
        }                                                                      \
    } while (0)

/* libfyaml 0.7.12 loses some bytes for a scalar of nothing but doubled single
 * quotes ('''''''''''').  LeakSanitizer calls this when it is there. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

static void check_words(const struct value *resources)
{
    struct region region = {NULL};

    for (const struct value *v = resources->first; v; v = v->next) {
        const struct value *properties = value_get(v, STR("Properties"));
        const struct value *api, *words, *again;
        struct error error;

        if (properties == NULL)
            continue;
        api = waf_words_to_api(properties, &region);
        words = waf_words_from_api(api, &region, &error);
        if (words == NULL)
            continue; /* a template may say anything */
        again = waf_words_from_api(waf_words_to_api(words, &region), &region,
                                   &error);
        CHECK(again && diff_equal(words, again));
    }
    region_end(&region);
}

static void check_waf(const struct config_waf *waf)
{
    for (unsigned i = 0; waf && i < waf->nacls; i++) {
        const struct config_web_acl *acl = waf->acls[i];

        CHECK(acl->capacity == waf_capacity(acl->rules, acl->nrules));
        for (unsigned j = 0; j < acl->nrules; j++) {
            CHECK(acl->rules[j].statement != NULL);
            CHECK(acl->rules[j].name.n > 0);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str all = str_make((const char *)data, size);
    const char *cut = size ? memmem(data, size, "\n%%%%\n", 6) : NULL;
    struct template_source sources[2] = {{"a.json", all}, {"b.json", {0}}};
    const struct template_options options = {.nparameters = 0};
    const struct local local = {.retry = RETRY_OFF};
    struct region region = {NULL};
    struct report report = {.strict = false};
    const struct value *resources;
    struct config *config;
    unsigned n = 1;

    if (cut) {
        sources[0].text.n = (size_t)(cut - all.p);
        sources[1].text = str_make(cut + 6, size - sources[0].text.n - 6);
        n = 2;
    }
    resources = waf_file_parse(sources, n, &options, &region, &report);
    CHECK((resources == NULL) == (report.errors > 0));
    if (resources) {
        check_words(resources);
        config = config_build(resources, STR("fuzz"), &local, &report);
        CHECK((config == NULL) == (report.errors > 0));
        if (config)
            check_waf(config->waf);
        config_release(config);
    }
    report_end(&report);
    region_end(&region);
    return 0;
}
