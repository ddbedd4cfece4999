/* SPDX-License-Identifier: Apache-2.0 */
#include "model/attributes.h"

#define LOAD_BALANCER(field)                                                   \
    .owner = OWNER_LOAD_BALANCER,                                              \
    .offset = offsetof(struct config_attributes, field)
#define TARGET_GROUP(field)                                                    \
    .owner = OWNER_TARGET_GROUP, .offset = offsetof(struct config_group, field)
#define SECONDS(low, high)                                                     \
    .kind = ATTRIBUTE_SECONDS, .min = (low), .max = (high)
#define WORDS(list) .kind = ATTRIBUTE_WORD, .words = (list)

static const char *const bool_words[] = {"false", "true", NULL};

/* In the order of enum xff_mode and enum algorithm. */
static const char *const xff_modes[] = {"append", "preserve", "remove", NULL};
static const char *const algorithms[] = {"round_robin",
                                         "least_outstanding_requests", NULL};

const struct attribute attributes[] = {
    {"idle_timeout.timeout_seconds", LOAD_BALANCER(idle_timeout_ms),
     SECONDS(1, 4000), .initial = "60"},
    {"client_keep_alive.seconds", LOAD_BALANCER(client_keep_alive_ms),
     SECONDS(60, 604800), .initial = "3600"},
    {"routing.http.xff_header_processing.mode", LOAD_BALANCER(xff_mode),
     WORDS(xff_modes), .initial = "append"},
    {"routing.http.xff_client_port.enabled", LOAD_BALANCER(xff_client_port),
     .kind = ATTRIBUTE_BOOL, .initial = "false"},
    {"routing.http.preserve_host_header.enabled",
     LOAD_BALANCER(preserve_host_header), .kind = ATTRIBUTE_BOOL,
     .initial = "false"},
    {"routing.http.drop_invalid_header_fields.enabled",
     LOAD_BALANCER(drop_invalid_header_fields), .kind = ATTRIBUTE_BOOL,
     .initial = "false"},
    {"load_balancing.algorithm.type", TARGET_GROUP(algorithm),
     WORDS(algorithms), .initial = "round_robin"},
};

const unsigned nattributes = sizeof(attributes) / sizeof(attributes[0]);

const struct attribute *attribute_find(struct str name)
{
    for (unsigned i = 0; i < nattributes; i++) {
        if (str_eq(name, str_of(attributes[i].name)))
            return &attributes[i];
    }
    return NULL;
}

static bool find_word(const char *const *words, struct str value,
                      unsigned *place)
{
    for (unsigned i = 0; words[i]; i++) {
        if (str_eq(value, str_of(words[i]))) {
            *place = i;
            return true;
        }
    }
    return false;
}

bool attribute_set(const struct attribute *attribute, void *owner,
                   struct str value)
{
    void *field = (char *)owner + attribute->offset;
    uint64_t seconds;
    unsigned place;

    switch (attribute->kind) {
    case ATTRIBUTE_SECONDS:
        if (!str_to_u64(value, attribute->max, &seconds) ||
            seconds < attribute->min)
            return false;
        *(uint32_t *)field = (uint32_t)seconds * 1000;
        return true;
    case ATTRIBUTE_BOOL:
        if (!find_word(bool_words, value, &place))
            return false;
        *(bool *)field = place;
        return true;
    case ATTRIBUTE_WORD:
        if (!find_word(attribute->words, value, &place))
            return false;
        /* Whatever enum it is, it has the size of an unsigned. */
        memcpy(field, &place, sizeof(place));
        return true;
    }
    return false;
}

_Static_assert(sizeof(enum xff_mode) == sizeof(unsigned) &&
                   sizeof(enum algorithm) == sizeof(unsigned),
               "attribute_set() writes enums as unsigned");

void attributes_init(enum attribute_owner kind, void *owner)
{
    for (unsigned i = 0; i < nattributes; i++) {
        const struct attribute *attribute = &attributes[i];

        if (attribute->owner == kind)
            attribute_set(attribute, owner, str_of(attribute->initial));
    }
}

static void put_words(struct text *t, const char *const *words)
{
    for (unsigned i = 0; words[i]; i++) {
        if (i)
            text_str_put(t, words[i + 1] ? STR(", ") : STR(" or "));
        text_str_put(t, str_of(words[i]));
    }
}

void attribute_put_values(struct text *t, const struct attribute *attribute)
{
    switch (attribute->kind) {
    case ATTRIBUTE_SECONDS:
        text_u64(t, attribute->min);
        TEXT_LITERAL(t, " to ");
        text_u64(t, attribute->max);
        break;
    case ATTRIBUTE_BOOL:
        put_words(t, bool_words);
        break;
    case ATTRIBUTE_WORD:
        put_words(t, attribute->words);
        break;
    }
}
