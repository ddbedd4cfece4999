/* SPDX-License-Identifier: Apache-2.0
 *
 * What services of AWS, metadata services and STS answer.  The first byte says
 * the protocol and whether it is an error, the rest is the body.
 *
 * - What is told is one line, and no longer than it may be.
 * - Credentials that are taken can stand in a field of HTTP.
 */
#include <stdio.h>
#include <stdlib.h>

#include "aws/answer.h"
#include "aws/credentials.h"
#include "aws/where.h"
#include "aws/xml_read.h"
#include "fuzz.h"

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                           \
        }                                                                      \
    } while (0)

static void check_line(struct str s, size_t max)
{
    CHECK(s.n <= max);
    for (size_t i = 0; i < s.n; i++)
        CHECK((unsigned char)s.p[i] >= ' ');
}

static void check_credentials(struct aws_credentials *c)
{
    if (c == NULL)
        return;
    CHECK(c->keys.access_key.n > 0 && c->keys.secret.n > 0);
    check_line(c->keys.access_key, CREDENTIALS_KEY_MAX);
    check_line(c->keys.token, CREDENTIALS_TOKEN_MAX);
    aws_credentials_unref(c);
}

static void check_elements(struct region *region, struct str body)
{
    struct str rest = body;
    struct xml_element e;

    while (xml_read_next(&rest, &e)) {
        CHECK(e.inside.n <= body.n);
        CHECK(xml_read_decode(region, e.inside).n <= e.inside.n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct region region = {NULL};
    struct aws_answer answer = {.status = 200};
    struct aws_fault fault;
    struct error error;
    enum aws_verdict verdict;

    if (size == 0)
        return 0;
    answer.body = str_make((const char *)data + 1, size - 1);
    answer.status = data[0] & 4 ? 400 : 200;
    answer.error_type = data[0] & 8 ? answer.body : STR("");
    verdict = aws_answer_judge(&region, data[0] & 3, STR("AssumeRole"), &answer,
                               &fault);
    CHECK(verdict != VERDICT_RESULT || answer.status == 200);
    check_line(fault.message, AWS_MESSAGE_MAX);
    CHECK(fault.code.n <= 128);
    check_elements(&region, answer.body);
    check_credentials(
        aws_credentials_of_json(answer.body, data[0] & 16, &error));
    check_credentials(
        aws_credentials_of_sts(answer.body, STR("AssumeRole"), &error));
    check_line(where_read(&region, answer.body), 63);
    region_end(&region);
    return 0;
}
