/* SPDX-License-Identifier: Apache-2.0 */
#include "match/gate.h"

#include <stdlib.h>

#include "base/memory.h"

/* So far every test can match every value. */
struct gate {
    unsigned ntests;
};

struct gate_builder {
    unsigned ntests;
};

struct gate_scratch {
    char unused;
};

struct gate_builder *gate_builder_new(void)
{
    return memory_zeroed(1, sizeof(struct gate_builder));
}

unsigned gate_add_always(struct gate_builder *builder)
{
    return builder->ntests++;
}

unsigned gate_add_regex(struct gate_builder *builder, struct str pattern)
{
    (void)pattern;
    return gate_add_always(builder);
}

unsigned gate_add_bytes(struct gate_builder *builder, struct str bytes,
                        enum gate_place place)
{
    (void)bytes;
    (void)place;
    return gate_add_always(builder);
}

unsigned gate_add_class(struct gate_builder *builder, size_t length,
                        const uint64_t bytes[4])
{
    (void)length;
    (void)bytes;
    return gate_add_always(builder);
}

struct gate *gate_build(struct gate_builder *builder)
{
    struct gate *gate = memory_zeroed(1, sizeof(*gate));

    gate->ntests = builder->ntests;
    free(builder);
    return gate;
}

void gate_free(struct gate *gate)
{
    free(gate);
}

struct gate_scratch *gate_scratch_new(void)
{
    return memory_zeroed(1, sizeof(struct gate_scratch));
}

void gate_scratch_free(struct gate_scratch *scratch)
{
    free(scratch);
}

void gate_candidates(const struct gate *gate, struct gate_scratch *scratch,
                     struct str value, const uint64_t *wanted,
                     uint64_t *candidates)
{
    (void)scratch;
    (void)value;
    for (unsigned i = 0; i < gate_words(gate->ntests); i++)
        candidates[i] |= wanted[i];
}
