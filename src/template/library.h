/* SPDX-License-Identifier: Apache-2.0
 *
 * Which YAML library this process runs with.
 */
#ifndef SLUICE_TEMPLATE_LIBRARY_H
#define SLUICE_TEMPLATE_LIBRARY_H

/* Version of the libfyaml that was loaded: "0.7.12". */
const char *template_library(void);

#endif
