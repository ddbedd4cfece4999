/* SPDX-License-Identifier: Apache-2.0 */
#include "base/suggest.h"
#include "control/server.h"

static const struct {
    const char *name;
    unsigned publish;
} words[] = {{"cloudwatch", PUBLISH_CLOUDWATCH},
             {"s3", PUBLISH_S3},
             {"emf", PUBLISH_EMF},
             {"sns", PUBLISH_SNS},
             {"sns-http", PUBLISH_SNS_HTTP}};

enum { WORDS = sizeof(words) / sizeof(words[0]), SHOWN_MAX = 60 };

static unsigned word_of(struct str word)
{
    for (unsigned i = 0; i < WORDS; i++)
        if (str_eq(word, str_of(words[i].name)))
            return words[i].publish;
    return 0;
}

static bool unknown(struct str word, struct error *error)
{
    struct suggest s = suggest_for(word);

    for (unsigned i = 0; i < WORDS; i++)
        suggest_offer(&s, words[i].name);
    word.n = word.n > SHOWN_MAX ? SHOWN_MAX : word.n;
    if (suggest_best(&s))
        return error_set(error,
                         "--publish knows no \"" STR_FMT "\"; did you mean %s?",
                         STR_ARG(word), suggest_best(&s));
    return error_set(
        error,
        "--publish knows no \"" STR_FMT
        "\"; write cloudwatch, s3, emf, sns, sns-http, or several with "
        "commas between them",
        STR_ARG(word));
}

bool publish_read(struct str list, unsigned *publish, struct error *error)
{
    *publish = 0;
    while (list.p) {
        struct str word = str_trim(str_cut(&list, ','));
        unsigned read = word_of(word);

        if (read == 0)
            return unknown(word, error);
        *publish |= read;
    }
    return true;
}
