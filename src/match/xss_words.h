/* SPDX-License-Identifier: Apache-2.0
 *
 * What names of tags and attributes can do in a browser; from the HTML Living
 * Standard, SVG 2, SVG Tiny 1.2, XML Events, XSLT and what Microsoft and
 * Mozilla wrote of their older browsers.
 */
#ifndef SLUICE_MATCH_XSS_WORDS_H
#define SLUICE_MATCH_XSS_WORDS_H

#include "base/str.h"

enum xss_attribute {
    XSS_HARMLESS,
    XSS_EVENT,     /* its value is a script */
    XSS_EVENT_NEW, /* is named as one, but no browser that we know has it */
    XSS_CODE,      /* its value runs, or changes what names mean */
    XSS_STYLE,     /* its value is CSS */
    XSS_URL,       /* its value is an address that may be a script */
    XSS_NAMES,     /* its value is the name of an attribute */
};

/* Whether an element of that name brings in scripts, pages, styles or changes
 * where the page takes them from.  Case and NULs do not count. */
bool xss_tag_is_active(struct str raw);

enum xss_attribute xss_attribute_kind(struct str raw);

/* Whether an address begins with a scheme that runs ("javascript:"); as
 * browsers read it: entities are characters, control characters do not
 * count. */
bool xss_url_is_script(struct str url);

/* Whether CSS holds what ran scripts, or what hides that from a reader. */
bool xss_style_is_script(struct str css);

#endif
