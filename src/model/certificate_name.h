/* SPDX-License-Identifier: Apache-2.0
 *
 * Names that a certificate can be for.  Private to the model.
 */
#ifndef SLUICE_MODEL_CERTIFICATE_NAME_H
#define SLUICE_MODEL_CERTIFICATE_NAME_H

#include "model/config.h"

/* A domain name, whose first label may be `*` (RFC 6125 6.4.3). */
bool is_certificate_name(struct str name);

/* Adds a name in lower case unless it is there or there is no room; the array
 * has room for CONFIG_NAMES_MAX, and the copy stands in the region. */
void add_certificate_name(struct region *region, struct config_certificate *c,
                          struct str name);

#endif
