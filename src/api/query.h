/* SPDX-License-Identifier: Apache-2.0
 *
 * The query protocol's input: parameters of a form as a tree of values.
 *
 *     Name=web                                       {Name: web}
 *     Names.member.1=a&Names.member.2=b              {Names: [a, b]}
 *     Tags.member.1.Key=k                            {Tags: [{Key: k}]}
 *     Filter.1.Name=n&Filter.1.Value.1=v (EC2)       {Filter: [{Name: n,
 *                                                              Value: [v]}]}
 *     More.entry.1.key=k&More.entry.1.value=v        {More: {k: v}}
 *     Names=                                         {Names: ""}
 *
 * Elements are in the order of their numbers, which begin at 1 and may have
 * gaps; they may come in any order.  Scalars are STRINGs; what a blank means is
 * for the shape to say.  Attackers write these: everything has a cap.
 */
#ifndef SLUICE_API_QUERY_H
#define SLUICE_API_QUERY_H

#include "base/error.h"
#include "model/value.h"

enum {
    QUERY_PARAMETERS_MAX = 16384,
    QUERY_NAME_MAX = 512,    /* bytes, decoded */
    QUERY_SEGMENTS_MAX = 16, /* between full stops in a name */
    QUERY_INDEX_MAX = 99999,
    QUERY_FORMS_MAX = 2, /* the query string, and the body */
};

/* All parameters of these forms (application/x-www-form-urlencoded), as a MAP
 * in the region.  NULL with an error: a broken escape, a text that is no UTF-8
 * or has controls, a name given twice, or as two kinds of things, or beyond the
 * caps. */
const struct value *query_read(struct region *region, const struct str *forms,
                               unsigned n, struct error *error);

/* Undoes the escapes of one name or value of a form; false: it has a broken
 * one. */
bool query_decode(struct region *region, struct str s, struct str *decoded);

#endif
