/* SPDX-License-Identifier: Apache-2.0
 *
 * The file of store/memory.h as such: read and written.
 */
#ifndef SLUICE_STORE_MEMORY_FILE_H
#define SLUICE_STORE_MEMORY_FILE_H

#include "store/store.h"

/* False with an error (errno, or what is wrong in it); `*found` NULL: nothing
 * is kept yet. */
bool memory_file_read(int fd, struct document **found, struct error *error);

/* `after` is kept from now on; what was kept is `before` (NULL: nothing). */
bool memory_file_write(int fd, const struct document *before,
                       const struct document *after, struct error *error);

/* Makes an empty one of a file without bytes. */
bool memory_file_begin(int fd, struct error *error);

#endif
