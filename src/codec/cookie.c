/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/cookie.h"

/* The next Cookie field becomes the rest to look at. */
static bool next_field(struct cookie_walk *walk)
{
    while (walk->field < walk->fields->n) {
        const struct field *f = &walk->fields->v[walk->field++];

        if (f->id == FIELD_COOKIE && !(f->flags & FIELD_DROPPED)) {
            walk->rest = field_value(walk->fields, f);
            return true;
        }
    }
    return false;
}

bool cookie_next(struct cookie_walk *walk, struct str *name, struct str *value)
{
    if (!(walk->fields->present >> FIELD_COOKIE & 1))
        return false;
    for (;;) {
        struct str rest;

        if (walk->rest.p == NULL && !next_field(walk))
            return false;
        rest = str_cut(&walk->rest, ';');
        *name = str_trim(str_cut(&rest, '='));
        if (rest.p == NULL || name->n == 0)
            continue;
        *value = str_trim(rest);
        return true;
    }
}

bool cookie_is_set(const struct fields *fields, struct str name)
{
    for (unsigned i = 0; i < fields->n; i++) {
        const struct field *f = &fields->v[i];
        struct str rest;

        if (f->id != FIELD_OTHER || f->flags & FIELD_DROPPED ||
            !str_ieq(field_name(fields, f), STR("Set-Cookie")))
            continue;
        rest = field_value(fields, f);
        if (str_eq(str_trim(str_cut(&rest, '=')), name) && rest.p)
            return true;
    }
    return false;
}
