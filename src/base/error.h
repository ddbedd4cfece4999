/* SPDX-License-Identifier: Apache-2.0
 *
 * An error for a person: what is wrong, where, why, and how to mend it.
 */
#ifndef SLUICE_BASE_ERROR_H
#define SLUICE_BASE_ERROR_H

#include <stdbool.h>

struct error {
    char
        text[512]; /* one sentence or two, no line end; "" when there is none */
};

/* Sets the text (cut at its size) and returns false, so that a function that
 * failed can `return error_set(error, ...)`. */
bool error_set(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
