/* SPDX-License-Identifier: Apache-2.0
 *
 * The subcommands of `sluice`; main.c lists them.
 */
#ifndef SLUICE_APP_COMMANDS_H
#define SLUICE_APP_COMMANDS_H

#include "app/options.h"

extern const struct command cmd_origin;
extern const struct command cmd_serve;
extern const struct command cmd_check;
extern const struct command cmd_explain;

#endif
