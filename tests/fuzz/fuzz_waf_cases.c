/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests of archives, logs and lines of JSON, whatever stands there: each is
 * read or told why it is none, and what is read is written as HTTP and read by
 * its parser, or refused with a reason.  The first byte says which kind.
 */
#include <stdio.h>
#include <stdlib.h>

#include "app/waf_cases.h"
#include "fuzz.h"

static void visit(void *owner, const struct waf_case *one)
{
    struct offline offline;
    struct inspected inspected;
    struct error error = {""};

    (void)owner;
    if (one->why)
        return;
    if (offline_read(&offline, &one->request, DESYNC_MODE_DEFENSIVE, &error))
        offline_inspected(&offline, &one->request, WAF_BODY_LIMIT + 1,
                          &inspected);
    else if (error.text[0] == '\0')
        abort();
    offline_end(&offline);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct waf_cases_defaults defaults = {.client = {.family = 0}};
    struct error error = {""};

    if (size == 0)
        return 0;
    address_parse_ip(STR("127.0.0.1"), &defaults.client);
    if (!waf_cases_parse((enum waf_cases_kind)(data[0] % 3), "input",
                         str_make((const char *)data + 1, size - 1), &defaults,
                         visit, NULL, &error) &&
        error.text[0] == '\0')
        abort();
    return 0;
}
