/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the files of part.h: one for each kind of part.
 *
 * Each reader fills values that are all zero but for the state, which is
 * PART_VALUES.  None left in the end means PART_MISSING; part_read() says so.
 */
#ifndef SLUICE_MATCH_PART_INTERNAL_H
#define SLUICE_MATCH_PART_INTERNAL_H

#include "match/json_body.h"
#include "match/part.h"

/* The fields that are within the limits. */
struct part_headers {
    bool known;
    bool oversize;
    unsigned n;  /* the first of request->fields */
    size_t last; /* bytes of the value of the last of them */
};

/* Pairs of name and value; arguments, cookies. */
struct part_pairs {
    bool known;
    bool oversize;
    unsigned n;
    struct part_value *v; /* text: the value */
};

struct part_json {
    bool known;
    bool failed; /* the arena is at its limit */
    struct json_body body;
};

struct part_parsed {
    struct part_headers headers;
    struct part_pairs cookies;
    struct part_pairs arguments; /* of the query as it came */
    struct part_json json;
};

/* PART_FAILED; false. */
bool part_fail(struct part_values *values);

/* One value; its text never has p == NULL. */
void part_give(struct part_request *r, struct part_values *values,
               struct str text, struct str name);

/* What is to be done about something that is longer than is looked at: true
 * when it is looked at all the same.  Otherwise the state is set. */
bool part_oversize(const struct waf_field *part, struct part_values *values,
                   uint8_t bit);

/* What of the body is looked at; false: nothing is, and the state says why. */
bool part_take_body(struct part_request *r, const struct waf_field *part,
                    uint8_t oversize_bit, struct part_values *values,
                    struct str *body);

/* MATCH and NO_MATCH become the state, anything else PART_MISSING. */
void part_fall_back(const struct waf_field *part, struct part_values *values);

/* Room for n values. */
bool part_room(struct part_request *r, struct part_values *values, size_t n);

/* Those of a pair that the scope wants; there must be room for both. */
void part_put_pair(struct part_values *values, enum waf_scope scope,
                   struct str name, struct str text);

/* part_fields.c */
void part_read_header(struct part_request *r, const struct waf_field *part,
                      struct part_values *values);
void part_read_headers(struct part_request *r, const struct waf_field *part,
                       struct part_values *values);
void part_read_order(struct part_request *r, const struct waf_field *part,
                     struct part_values *values);

/* part_cookies.c */
void part_read_cookies(struct part_request *r, const struct waf_field *part,
                       struct part_values *values);

/* part_query.c */
void part_read_argument(struct part_request *r, const struct waf_field *part,
                        struct part_values *values);
void part_read_arguments(struct part_request *r, const struct waf_field *part,
                         struct part_values *values);

/* part_pre_parse.c: the query before it is split; p == NULL: the arena is at
 * its limit. */
struct str part_pre_parse(const struct waf_field *part, struct str query,
                          struct arena *arena);

/* part_json.c */
void part_read_json(struct part_request *r, const struct waf_field *part,
                    struct part_values *values);

#endif
