/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON as a sequence of calls: objects and arrays are begun and ended, their
 * members named; the commas come by themselves.
 *
 * Objects in an array each begin a line.  Keys are literals of ours that need
 * no escapes; a key of NULL is an element of an array.
 */
#ifndef SLUICE_API_JSON_H
#define SLUICE_API_JSON_H

#include "base/text.h"

/* {.t = where it goes}. */
struct json {
    struct text *t;
    bool more; /* something stands before in this object or array */
};

/* `open` is '{' or '[', `close` the one that belongs to it. */
void json_begin(struct json *j, const char *key, char open);
void json_end(struct json *j, char close);

/* The value is escaped (text_json()). */
void json_str(struct json *j, const char *key, struct str value);

void json_u64(struct json *j, const char *key, uint64_t value);
void json_bool(struct json *j, const char *key, bool value);

#endif
