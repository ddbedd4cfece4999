/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests that are sent once more.
 *
 * Two things can happen to a request of which nothing can have come: a pooled
 * connection ended just as it was sent (it may have been processed: only safe
 * requests are repeated, and only with --retry), and a target of HTTP/2 says
 * that it did not look at it (RFC 9113 §8.7: any request may be repeated).
 * What was sent of its body is kept until the target is heard, so far as it is
 * not too much.
 */
#include "base/log.h"
#include "proxy/exchange.h"

void exchange_keep_head(struct exchange *ex, struct str encoded)
{
    const char *copy = arena_copy(&ex->arena, encoded.p, encoded.n);

    ex->encoded = str_make(copy, copy ? encoded.n : 0);
}

void exchange_keep_replay(struct exchange *ex, const struct piece *piece)
{
    const struct chunk *c = ex->replay.chunk;

    if (ex->encoded.n == 0)
        return;
    if ((c ? chunk_len(c) : 0) + piece->data.n <= REPLAY_MAX &&
        exchange_hold(ex, &ex->replay, piece))
        return;
    exchange_unhold(ex, &ex->replay);
    ex->encoded.n = 0;
}

/* The target's keep-alive ended before ours: said once for each target. */
static void explain_stale(struct exchange *ex, const char *cause)
{
    COUNTER_ADD(&ex->worker->counters, stale_target_connections, 1);
    if (atomic_exchange_explicit(&ex->target->stale_explained, true,
                                 memory_order_relaxed))
        return;
    log_write(LOG_WARN, "proxy",
              "target %s: %s just as a request was sent on it; its keep-alive "
              "timeout is shorter than our idle timeout of %u s: make it "
              "longer (%s); said once, counted in "
              "sluice_stale_target_connections_total",
              ex->target->text, cause,
              (unsigned)(exchange_attributes(ex)->idle_timeout_ms / 1000),
              ex->group->config->retry == RETRY_SAFE
                  ? "safe requests are repeated"
                  : "such requests get 502, as from ALB; --retry safe repeats "
                    "those that may be");
}

static void explain_refused(struct exchange *ex, const char *cause)
{
    COUNTER_ADD(&ex->worker->counters, refused_streams, 1);
    if (log_wants(LOG_DEBUG))
        log_write(LOG_DEBUG, "proxy", "target %s: %s", ex->target->text, cause);
}

/* A handshake that fails will fail again: said once for each target. */
static void explain_handshake(struct exchange *ex, const char *cause)
{
    if (atomic_exchange_explicit(&ex->target->handshake_explained, true,
                                 memory_order_relaxed))
        return;
    log_write(LOG_WARN, "proxy",
              "target %s of target group " STR_FMT
              ": %s; requests that find no "
              "other target get 502; said once",
              ex->target->text, STR_ARG(ex->group->config->id), cause);
}

/* To the same target, or to another one when this one drains. */
static bool begin_again(struct exchange *ex, bool fresh)
{
    struct client_pool *pool;

    if (target_drains(ex->target) && !exchange_next_target(ex))
        return false;
    pool = exchange_pool(ex);
    COUNTER_ADD(&ex->worker->counters, retries, 1);
    if (!fresh)
        ex->target_stream = client_pool_take(pool, ex);
    if (ex->target_stream) {
        ex->step = STEP_SEND;
        exchange_run(ex);
        return true;
    }
    ex->step = STEP_CONNECT; /* on_connected goes on behind it */
    ex->target_stream = client_connect(pool, ex);
    if (ex->target_stream == NULL)
        return false;
    ex->client->ops->pause(ex->client, CONN_PAUSE_HOLD);
    return true;
}

bool exchange_again(struct exchange *ex, enum client_failure why,
                    const char *cause)
{
    switch (why) {
    case FAILURE_STALE:
        explain_stale(ex, cause);
        if (!ex->retry || ex->encoded.n == 0)
            return false;
        ex->retry = false;
        return begin_again(ex, true);
    case FAILURE_REFUSED:
        explain_refused(ex, cause);
        if (!ex->sent || ex->again || ex->encoded.n == 0)
            return false;
        ex->again = true;
        return begin_again(ex, false);
    case FAILURE_HANDSHAKE:
        explain_handshake(ex, cause);
        return false;
    default:
        return false;
    }
}
