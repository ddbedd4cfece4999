/* SPDX-License-Identifier: Apache-2.0 */
#include "model/certificate_name.h"

#include "model/read.h"

enum { NAME_BYTES_MAX = 253, LABEL_BYTES_MAX = 63 };

static bool is_label(struct str label)
{
    for (size_t i = 0; i < label.n; i++) {
        if (!is_alnum(label.p[i]) && label.p[i] != '-' && label.p[i] != '_')
            return false;
    }
    return label.n > 0 && label.n <= LABEL_BYTES_MAX && label.p[0] != '-' &&
           label.p[label.n - 1] != '-';
}

bool is_certificate_name(struct str name)
{
    struct str rest = name;

    if (name.n == 0 || name.n > NAME_BYTES_MAX)
        return false;
    if (str_starts(name, STR("*.")))
        rest = str_make(name.p + 2, name.n - 2);
    while (rest.p) {
        if (!is_label(str_cut(&rest, '.')))
            return false;
    }
    return true;
}

void add_certificate_name(struct region *region, struct config_certificate *c,
                          struct str name)
{
    char *copy;

    for (unsigned i = 0; i < c->nnames; i++) {
        if (str_ieq(c->names[i], name))
            return;
    }
    if (c->nnames == CONFIG_NAMES_MAX)
        return;
    copy = region_take(region, name.n + 1);
    for (size_t i = 0; i < name.n; i++)
        copy[i] = str_lower(name.p[i]);
    c->names[c->nnames++] = str_make(copy, name.n);
}
