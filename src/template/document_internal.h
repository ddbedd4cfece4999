/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the files of the document parser: short tags, scalars, the words for
 * what libfyaml finds, and the tree that grows from its events.
 */
#ifndef SLUICE_TEMPLATE_DOCUMENT_INTERNAL_H
#define SLUICE_TEMPLATE_DOCUMENT_INTERNAL_H

#include <libfyaml.h>

#include "template/document.h"

/* ---- document_scalar.c --------------------------------------------------- */

/* What a plain scalar is in YAML 1.1, with two deviations that keep ids as
 * they were written: a leading zero and a base-60 number are STRINGs. */
enum value_kind document_scalar_kind(struct str text);

/* "true" of yes, on, True ...; "false" of the others. */
struct str document_bool(struct str text);

/* ---- document_tag.c ------------------------------------------------------ */

/* Shapes of the node that a tag stands at. */
enum { SHAPE_SCALAR = 1, SHAPE_LIST = 2, SHAPE_MAP = 4 };

struct document_tag {
    const char *name;     /* "Ref"; NULL: a tag of YAML's own */
    const char *function; /* "Fn::Sub" */
    const char *example;
    unsigned shapes;
    bool string; /* !!str: the scalar is a STRING */
};

/* The tag that libfyaml spells `text` ("!Ref", "tag:yaml.org,2002:str");
 * NULL with an error when there is none. */
const struct document_tag *document_tag_find(struct str text,
                                             const struct place *place,
                                             struct report *report);

/* Whether the tag may stand at this shape; else an error. */
bool document_tag_fits(const struct document_tag *tag, unsigned shape,
                       const struct place *place, struct report *report);

/* The long form of `value` with this tag.  NULL with an error. */
struct value *document_tag_apply(const struct document_tag *tag,
                                 struct value *value, const struct place *place,
                                 struct region *region, struct report *report);

/* ---- document_words.c ---------------------------------------------------- */

/* Reports what libfyaml says in our words.  `open` is where the innermost [
 * or { begins that is not closed yet (line 0: none); `at_end`: the place is
 * the end of the file. */
void document_fault(const char *message, const struct place *place,
                    const struct place *open, bool at_end, bool json,
                    struct report *report);

/* ---- document_tree.c ----------------------------------------------------- */

struct document_anchor {
    struct document_anchor *next;
    struct str name;
    const struct value *value; /* NULL: not complete yet */
    unsigned nvalues;          /* in its tree */
    unsigned height;
};

struct document_frame {
    struct value *value; /* the LIST or MAP that grows */
    const struct document_tag *tag;
    struct place tag_place;
    struct document_anchor *anchor;
    unsigned before; /* values that there were */
    unsigned height;
    bool flow; /* [ or { */
    bool has_key;
    bool merges; /* has a key << */
    struct str key;
    struct place key_place;
};

struct document_tree {
    const char *file;
    struct region *region;
    struct report *report;
    struct value *root;
    struct document_anchor *anchors; /* the latest first */
    unsigned nanchors;
    unsigned nvalues;
    unsigned ndocuments;
    unsigned depth;
    bool aliased; /* an alias stood in it */
    struct document_frame frames[DOCUMENT_DEPTH_MAX];
};

/* Takes one event.  False with an error when it makes no sense to go on. */
bool document_tree_event(struct document_tree *tree, struct fy_event *event);

/* Where the innermost open [ or { begins; line 0: none is open. */
struct place document_tree_open(const struct document_tree *tree);

#endif
