/* SPDX-License-Identifier: Apache-2.0
 *
 * The addresses that connections to targets leave from (SourceAddress of a
 * target group's Metadata.Sluice).
 */
#ifndef SLUICE_CONTROL_SOURCE_ADDRESS_H
#define SLUICE_CONTROL_SOURCE_ADDRESS_H

#include "proxy/snapshot.h"

/* Warns in the log of each that this machine does not have: its group's targets
 * cannot be reached until it has.  Those that `before` (may be NULL) has too are
 * not looked at again. */
void source_address_check(const struct snapshot *snapshot,
                          const struct snapshot *before);

#endif
