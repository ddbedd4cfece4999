/* SPDX-License-Identifier: Apache-2.0 */
#include "template/library.h"

#include <libfyaml.h>

const char *template_library(void)
{
    return fy_library_version();
}
