/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding the first byte that ends something, 16 bytes at a time.
 *
 * Each scan_x(p, end) returns the first byte of [p, end) that is not an x, or
 * `end`.  Nothing is read at or after `end`.  scan_x_plain() is the same one
 * byte at a time: it does the last few bytes, and all of them on machines
 * without SSE2 or NEON (or with SCAN_PLAIN defined).
 */
#ifndef SLUICE_CODEC_SCAN_H
#define SLUICE_CODEC_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#if defined(SCAN_PLAIN)
#define SCAN_WIDE 0
#elif defined(__SSE2__)
#include <emmintrin.h>
#define SCAN_WIDE 16
#elif defined(__aarch64__) && defined(__ARM_NEON)
#include <arm_neon.h>
#define SCAN_WIDE 16
#else
#define SCAN_WIDE 0
#endif

enum scan_class {
    SCAN_TCHAR = 1,  /* token (RFC 9110 §5.6.2) */
    SCAN_NAME = 2,   /* [-A-Za-z0-9] */
    SCAN_VALUE = 4,  /* HT, SP, VCHAR, obs-text */
    SCAN_TARGET = 8, /* VCHAR, obs-text, but not '#' */
    SCAN_ALNUM = 16, /* [A-Za-z0-9] */
    SCAN_HEX = 32,   /* [A-Fa-f0-9] */
    SCAN_HOST = 64,  /* a byte of reg-name but '%' (RFC 3986 §3.2.2) */
};

extern const uint8_t scan_classes[256];

static inline bool scan_is(char c, unsigned classes)
{
    return (scan_classes[(uint8_t)c] & classes) != 0;
}

static inline const char *scan_class_plain(const char *p, const char *end,
                                           unsigned class)
{
    while (p < end && scan_is(*p, class))
        p++;
    return p;
}

/* Tokens are short and mostly scan_name()s: no wide twin. */
static inline const char *scan_token(const char *p, const char *end)
{
    return scan_class_plain(p, end, SCAN_TCHAR);
}

static inline const char *scan_name_plain(const char *p, const char *end)
{
    return scan_class_plain(p, end, SCAN_NAME);
}

static inline const char *scan_value_plain(const char *p, const char *end)
{
    return scan_class_plain(p, end, SCAN_VALUE);
}

static inline const char *scan_target_plain(const char *p, const char *end)
{
    return scan_class_plain(p, end, SCAN_TARGET);
}

#if SCAN_WIDE && defined(__SSE2__)

typedef __m128i scan_wide;

static inline scan_wide scan_all(char c)
{
    return _mm_set1_epi8(c);
}

static inline scan_wide scan_load(const char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline scan_wide scan_equal(scan_wide a, char c)
{
    return _mm_cmpeq_epi8(a, scan_all(c));
}

/* Bytes of low <= a <= low + span, as unsigned. */
static inline scan_wide scan_within(scan_wide a, char low, char span)
{
    scan_wide d = _mm_sub_epi8(a, scan_all(low));

    return _mm_cmpeq_epi8(_mm_min_epu8(d, scan_all(span)), d);
}

static inline scan_wide scan_or(scan_wide a, scan_wide b)
{
    return _mm_or_si128(a, b);
}

static inline scan_wide scan_and_not(scan_wide a, scan_wide b)
{
    return _mm_andnot_si128(b, a);
}

/* The place of the first byte of `found` that is set, 16 when none is. */
static inline unsigned scan_first(scan_wide found)
{
    return (unsigned)__builtin_ctz((unsigned)_mm_movemask_epi8(found) |
                                   0x10000u);
}

#elif SCAN_WIDE

typedef uint8x16_t scan_wide;

static inline scan_wide scan_all(char c)
{
    return vdupq_n_u8((uint8_t)c);
}

static inline scan_wide scan_load(const char *p)
{
    return vld1q_u8((const uint8_t *)p);
}

static inline scan_wide scan_equal(scan_wide a, char c)
{
    return vceqq_u8(a, scan_all(c));
}

static inline scan_wide scan_within(scan_wide a, char low, char span)
{
    return vcleq_u8(vsubq_u8(a, scan_all(low)), scan_all(span));
}

static inline scan_wide scan_or(scan_wide a, scan_wide b)
{
    return vorrq_u8(a, b);
}

static inline scan_wide scan_and_not(scan_wide a, scan_wide b)
{
    return vbicq_u8(a, b);
}

static inline unsigned scan_first(scan_wide found)
{
    /* Four bits of every byte: the nearest that NEON has to a movemask. */
    uint64_t nibbles = vget_lane_u64(
        vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(found), 4)), 0);

    return nibbles ? (unsigned)__builtin_ctzll(nibbles) / 4 : 16;
}

#endif

static inline const char *scan_name(const char *p, const char *end)
{
#if SCAN_WIDE
    while (end - p >= SCAN_WIDE) {
        scan_wide v = scan_load(p);
        scan_wide letters =
            scan_within(scan_or(v, scan_all(0x20)), 'a', 'z' - 'a');
        scan_wide name = scan_or(scan_or(letters, scan_within(v, '0', 9)),
                                 scan_equal(v, '-'));
        unsigned at = scan_first(scan_and_not(scan_all(-1), name));

        p += at;
        if (at < SCAN_WIDE)
            return p;
    }
#endif
    return scan_name_plain(p, end);
}

static inline const char *scan_value(const char *p, const char *end)
{
#if SCAN_WIDE
    while (end - p >= SCAN_WIDE) {
        scan_wide v = scan_load(p);
        scan_wide control =
            scan_and_not(scan_within(v, 0, 0x1f), scan_equal(v, '\t'));
        unsigned at = scan_first(scan_or(control, scan_equal(v, 0x7f)));

        p += at;
        if (at < SCAN_WIDE)
            return p;
    }
#endif
    return scan_value_plain(p, end);
}

static inline const char *scan_target(const char *p, const char *end)
{
#if SCAN_WIDE
    while (end - p >= SCAN_WIDE) {
        scan_wide v = scan_load(p);
        scan_wide odd = scan_or(scan_equal(v, 0x7f), scan_equal(v, '#'));
        unsigned at = scan_first(scan_or(scan_within(v, 0, 0x20), odd));

        p += at;
        if (at < SCAN_WIDE)
            return p;
    }
#endif
    return scan_target_plain(p, end);
}

#endif
