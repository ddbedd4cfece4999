/* SPDX-License-Identifier: Apache-2.0
 *
 * The small XML documents that AWS answers with: elements and their text.
 * Attributes and prefixes of names are passed over, comments and processing
 * instructions too; there are no entities but XML's own five and characters by
 * number, so that nothing in an answer makes anything grow.  What is no such
 * XML ends the reading; depth costs no stack.
 */
#ifndef SLUICE_AWS_XML_READ_H
#define SLUICE_AWS_XML_READ_H

#include "base/region.h"

struct xml_element {
    struct str name;   /* without its prefix */
    struct str inside; /* what stands between its tags, as it is written */
};

/* The next element of what stands between two tags, or of a document; `*rest`
 * is what follows it.  False: there is none more, or no XML. */
bool xml_read_next(struct str *rest, struct xml_element *element);

/* The first element at a path of names, "Error/Code", each inside the one
 * before.  False: there is none. */
bool xml_read_find(struct str inside, const char *path,
                   struct xml_element *element);

/* The text of that element, in the region; n == 0: none, or no element. */
struct str xml_read_text(struct region *region, struct str inside,
                         const char *path);

/* What is written between two tags as the text that it stands for. */
struct str xml_read_decode(struct region *region, struct str inside);

#endif
