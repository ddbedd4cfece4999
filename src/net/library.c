/* SPDX-License-Identifier: Apache-2.0 */
#include "net/library.h"

#include <event2/event.h>

const char *net_library(void)
{
    return event_get_version();
}
