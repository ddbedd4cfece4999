/* SPDX-License-Identifier: Apache-2.0
 *
 * The subcommands of `sluice`; main.c lists them.
 */
#ifndef SLUICE_APP_COMMANDS_H
#define SLUICE_APP_COMMANDS_H

#include "app/options.h"

/* Where the API is when nobody says where. */
#define API_ADDRESS "127.0.0.1:4566"

extern const struct command cmd_origin;
extern const struct command cmd_serve;
extern const struct command cmd_check;
extern const struct command cmd_explain;
extern const struct command cmd_status;
extern const struct command cmd_ca;
extern const struct command cmd_export;
extern const struct command cmd_waf;
extern const struct command cmd_waf_check; /* `sluice waf check` */
extern const struct command cmd_waf_test;

#endif
