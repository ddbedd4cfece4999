/* SPDX-License-Identifier: Apache-2.0
 *
 * One account in Redis that several nodes run.
 *
 * It is a hash {revision, sha, document} under one key, written by
 * compare-and-set: a change is made to the revision that its node runs, or it
 * is a conflict.  Every node asks for the revision four times a second, and is
 * told of changes by a channel besides.  Revisions only grow: a Redis that has
 * an older one, or none, has lost what it had, and gets the newest that a node
 * has.
 *
 * Each node keeps the last good one in its state folder (store/redis_copy), so
 * that it can start while Redis is away; then put() puts off what it is given
 * until Redis is back.
 */
#ifndef SLUICE_STORE_REDIS_H
#define SLUICE_STORE_REDIS_H

#include "store/open.h"

/* As store_spec_check(). */
bool redis_store_check(const char *where, struct error *error);

/* As store_open(), of redis://...; blocks for some seconds at most. */
struct store *redis_store_open(const struct store_open_options *options,
                               struct document **found, struct error *error);

/* As store_read(). */
bool redis_store_read(const char *where, struct document **found,
                      struct error *error);

#endif
