/* SPDX-License-Identifier: Apache-2.0
 *
 * YAML and JSON documents as values with places.
 *
 * CloudFormation's short tags become their long form: `!Ref A` the map
 * {Ref: A}, `!GetAtt A.B` {Fn::GetAtt: [A, B]}, `!Sub x` {Fn::Sub: x} ....
 * Scalars keep the text that was written; a plain one is a BOOL, NUMBER, NULL
 * or STRING by YAML 1.1 as CloudFormation reads it, a quoted one a STRING.
 */
#ifndef SLUICE_TEMPLATE_DOCUMENT_H
#define SLUICE_TEMPLATE_DOCUMENT_H

#include "model/report.h"

enum {
    DOCUMENT_BYTES_MAX = 4 * 1024 * 1024,
    DOCUMENT_DEPTH_MAX = 256, /* statements of WAF are 64 deep, of 3 levels */
    DOCUMENT_VALUES_MAX = 200000, /* with what aliases repeat */
};

/* Parses one document; `file` names it in places and is kept (with `text`) as
 * long as the region.  NULL with errors in the report: what is no YAML or
 * JSON, a second document, a duplicate key, an unknown tag, a tag's wrong
 * shape, an alias to nothing or to what it stands in, or more than the caps. */
const struct value *document_parse(const char *file, struct str text,
                                   struct region *region,
                                   struct report *report);

/* Reads the file whole ("-": standard input) into the region.  False with an
 * error in the report. */
bool document_read(const char *file, struct region *region, struct str *text,
                   struct report *report);

#endif
