/* SPDX-License-Identifier: Apache-2.0
 *
 * Which event library this process runs with.
 */
#ifndef SLUICE_NET_LIBRARY_H
#define SLUICE_NET_LIBRARY_H

/* Version of the libevent that was loaded: "2.1.12-stable". */
const char *net_library(void);

#endif
