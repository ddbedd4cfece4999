/* SPDX-License-Identifier: Apache-2.0 */
#include "match/sqli.h"

#include "match/sqli_grammar.h"
#include "match/sqli_loose.h"

static void tell(const struct sqli_folded *f, struct str value,
                 struct sqli_evidence *evidence)
{
    *evidence = (struct sqli_evidence){
        .from = f->tokens[0].from, .to = f->tokens[f->n - 1].to, .n = f->n};
    for (unsigned i = 0; i < f->n; i++) {
        const struct sqli_token *t = &f->tokens[i];
        evidence->tokens[i] = str_make(value.p + t->from, t->to - t->from);
    }
}

static bool in_context(struct str value, char quote, bool mysql,
                       struct sqli_folded *folded)
{
    sqli_fold(value, (struct sqli_context){.quote = quote, .mysql = mysql},
              sqli_may_inject, folded);
    return folded->n > 0 && sqli_injects(folded, value);
}

/* With the standard's comments, and with MySQL's if those differ here. */
static bool in_dialects(struct str value, char quote,
                        struct sqli_folded *folded)
{
    return in_context(value, quote, false, folded) ||
           ((folded->hash || folded->dashes) &&
            in_context(value, quote, true, folded));
}

static bool has(struct str value, char c)
{
    return memchr(value.p, c, value.n) != NULL;
}

static bool strictly(struct str value, struct sqli_folded *folded)
{
    return in_dialects(value, 0, folded) ||
           (has(value, '\'') && in_dialects(value, '\'', folded)) ||
           (has(value, '"') && in_context(value, '"', true, folded));
}

static bool loosely(struct str value, struct sqli_folded *seen)
{
    static const char quotes[] = {0, '\'', '"'};
    for (size_t i = 0; i < sizeof quotes; i++) {
        struct sqli_context context = {.quote = quotes[i], .mysql = true};
        if ((quotes[i] == 0 || has(value, quotes[i])) &&
            sqli_loosely_injects(value, context, seen))
            return true;
    }
    return false;
}

bool sqli_detect(struct str value, enum sqli_sensitivity sensitivity,
                 struct sqli_evidence *evidence)
{
    struct sqli_folded folded;
    if (sqli_is_plain(value) ||
        !(strictly(value, &folded) ||
          (sensitivity == SQLI_HIGH && loosely(value, &folded))))
        return false;
    if (evidence != NULL)
        tell(&folded, value, evidence);
    return true;
}

/* What makes a value not plain; a dash may be one of two. */
void sqli_needs(uint64_t bytes[4])
{
    memset(bytes, 0, 4 * sizeof(*bytes));
    for (unsigned c = 0; c < 256; c++) {
        char byte = (char)c;

        if (c == '-' || !sqli_is_plain(str_make(&byte, 1)))
            bytes[c / 64] |= UINT64_C(1) << (c % 64);
    }
}
