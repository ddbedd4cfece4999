/* SPDX-License-Identifier: Apache-2.0
 *
 * The two functions between a fuzz target and what drives it: libFuzzer, or
 * replay.c where there is none.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Run the code under test over size bytes of data; always returns 0.  A
 * finding is a crash, a sanitizer's report or abort(). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Optional in a target: called once, before the first input; returns 0. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

#endif
