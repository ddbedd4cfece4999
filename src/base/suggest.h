/* SPDX-License-Identifier: Apache-2.0
 *
 * "Did you mean ...?": the known word nearest to one that is not known.
 *
 *     struct suggest s = suggest_for(word);
 *     for each known name: suggest_offer(&s, name);
 *     suggest_best(&s) is the nearest one, or NULL when none is near
 *
 * Near is an edit distance (insert, delete, change or swap of neighbours,
 * case ignored) of at most a third of the word, or the word as a part of the
 * known one.
 */
#ifndef SLUICE_BASE_SUGGEST_H
#define SLUICE_BASE_SUGGEST_H

#include "base/str.h"

struct suggest {
    struct str word;
    const char *best;
    unsigned distance;
};

struct suggest suggest_for(struct str word);

/* `name` must live as long as suggest_best()'s answer is used. */
void suggest_offer(struct suggest *s, const char *name);

const char *suggest_best(const struct suggest *s);

/* The edit distance of two words, UINT_MAX when one of them is longer than
 * any word worth a suggestion (64 bytes). */
unsigned suggest_distance(struct str a, struct str b);

#endif
