/* SPDX-License-Identifier: Apache-2.0
 *
 * Accounts and documents that are read from a store: refused with a reason, or
 * written again as the same thing.
 *
 * - What is read and written is read again, and then written as the same bytes.
 * - The changes between two accounts make the one of the other.
 * - It can be exported.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "model/account_json.h"
#include "model/export.h"
#include "model/merge.h"
#include "store/kept.h"

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                           \
        }                                                                      \
    } while (0)

static void release_text(struct str text)
{
    free((char *)(uintptr_t)text.p);
}

static void check_same(const struct account *a, const struct account *b)
{
    struct str x = account_json_of_resources(a);
    struct str y = account_json_of_resources(b);

    CHECK(x.p && str_eq(x, y));
    release_text(x);
    release_text(y);
}

static void check_export(const struct account *account)
{
    const struct arn_scope scope = {STR("us-east-1"), STR("000000000000"),
                                    STR("test")};
    struct region region = {NULL};

    for (unsigned hide = 0; hide < 2; hide++) {
        struct exported exported =
            account_export(account, &scope, hide, &region);
        struct str text = export_text(&exported);

        CHECK(text.p);
        CHECK(str_starts(text, STR(EXPORT_BEGIN)));
        release_text(text);
    }
    region_end(&region);
}

/* From one to the other by their changes, and by a merge. */
static void check_changes(const struct account *from, const struct account *to)
{
    struct region region = {NULL};
    struct error error = {""};
    struct edit edit = {NULL, NULL};
    struct account *made;

    if (kept_changes(from, to, &region, &edit)) {
        made = account_edit(from, &edit);
        check_same(made, to);
        account_release(made);
    }
    made = account_merge(from, from, to, STR("test"), &error);
    CHECK((made == NULL) == (error.text[0] != '\0'));
    account_release(made);
    region_end(&region);
}

static void check_document(const struct document *document)
{
    struct str text = kept_json(document);
    struct error error = {""};
    struct document *again = kept_read(text, &error);
    struct str once_more;

    CHECK(again);
    once_more = kept_json(again);
    CHECK(str_eq(text, once_more));
    check_export(document->account);
    if (document->base) {
        check_changes(document->account, document->base);
        check_changes(document->base, document->account);
    }
    release_text(text);
    release_text(once_more);
    kept_free(again);
}

static void check_value(struct str text)
{
    struct region region = {NULL};
    struct error error = {""};
    const struct value *value = account_json_read(&region, text, &error);

    CHECK((value == NULL) == (error.text[0] != '\0'));
    if (value) {
        struct str once = account_json_of_value(value);
        const struct value *again = account_json_read(&region, once, &error);
        struct str twice;

        CHECK(again);
        twice = account_json_of_value(again);
        CHECK(str_eq(once, twice));
        release_text(once);
        release_text(twice);
    }
    region_end(&region);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_make((const char *)data, size);
    struct error error = {""};
    struct document *document = kept_read(text, &error);

    CHECK((document == NULL) == (error.text[0] != '\0'));
    if (document)
        check_document(document);
    kept_free(document);
    check_value(text);
    return 0;
}
