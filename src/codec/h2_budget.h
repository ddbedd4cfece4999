/* SPDX-License-Identifier: Apache-2.0
 *
 * What a peer may do without being useful (RFC 9113 §10.5).
 *
 * Two buckets.  What fills them is counted when a frame's header is read,
 * before the library sees it; they leak with time and with useful work, so
 * that no client that gets work done comes near them.
 */
#ifndef SLUICE_CODEC_H2_BUDGET_H
#define SLUICE_CODEC_H2_BUDGET_H

enum {
    /* Streams that ended before a response began, by the client's reset or
     * because it made us reset them (CVE-2023-44487, CVE-2025-8671).  A
     * browser that leaves a page cancels some hundred at most; an attack needs
     * thousands.  Each response that is complete pays one back, and so does
     * each tenth of a second. */
    H2_REFUSALS_MAX = 500,
    H2_REFUSALS_LEAK = 10, /* each second */

    /* Frames that move nothing: SETTINGS, PING, PRIORITY, WINDOW_UPDATE,
     * empty DATA, unknown types, and whatever comes on streams that are over.
     * A client that reads sends two windows for a DATA frame, so each one that
     * we send pays for two. */
    H2_CHATTER_MAX = 2000,
    H2_CHATTER_LEAK = 100, /* each second */

    /* Of a target, at once and each second: one of gRPC sends windows and a
     * PING for each small message that many clients send it. */
    H2_TARGET_CHATTER = 60000,

    /* Of a header block: our frames are 16 KiB, so that 64 KiB need four. */
    H2_CONTINUATIONS_MAX = 32,
    H2_BLOCK_MAX = 65536, /* bytes before they are decoded */

    /* A head beyond its limit is answered with 400; twice as much is a bomb,
     * and is not decoded to its end. */
    H2_BOMB_FACTOR = 2,
};

#endif
