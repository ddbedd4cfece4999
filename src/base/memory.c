/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

void *memory_zeroed(size_t n, size_t size)
{
    void *p = calloc(n, size);

    if (p == NULL) {
        fprintf(stderr, "sluice: out of memory (%zu bytes)\n", n * size);
        abort();
    }
    return p;
}
