/* SPDX-License-Identifier: Apache-2.0
 *
 * The XML of the query protocol and of EC2: results and errors of calls
 * (alb.md 1.4).
 *
 *     query     <XResponse xmlns><XResult>...</XResult><ResponseMetadata>
 *               <RequestId>; elements of lists are <member>; errors are
 *               <ErrorResponse><Error><Type><Code><Message>
 *     EC2       <XResponse xmlns><requestId>...; elements of lists are <item>;
 *               errors are <Response><Errors><Error><Code><Message>
 *
 * A MAP's entries are elements by their keys, which are names of members; one
 * that is a map of the model (AuthenticationRequestExtraParams
 * or ExtendedStatistics) has <entry><key><value>.  Times are ISO 8601.  A NULL
 * is left out, an empty list or map is <Name/>.
 */
#ifndef SLUICE_API_XML_H
#define SLUICE_API_XML_H

#include "api/action.h"
#include "base/text.h"

/* What there is to be answered. */
struct xml_answer {
    const struct service *service; /* WIRE_QUERY or WIRE_EC2 */
    struct str action;
    struct str request_id;
    const struct value *result; /* a MAP or NULL: no members */
    const struct fault *fault;  /* NULL: none */
};

void xml_put(struct text *t, const struct xml_answer *answer);

/* Room that it needs at most. */
size_t xml_room(const struct xml_answer *answer);

/* Character data: escaped; what XML cannot have is U+FFFD. */
void xml_put_text(struct text *t, struct str s);

#endif
