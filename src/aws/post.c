/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/post.h"

#include <stdlib.h>
#include <unistd.h>

#include "aws/settings.h"
#include "aws/transport.h"
#include "base/memory.h"

struct post_client {
    struct transport *transport;
};

/* The transfer of a post. */
struct posting {
    struct transfer transfer;
    struct post_client *client;
    struct post *post;
};

struct post_client *post_client_new(struct loop *loop)
{
    struct post_client *client = memory_zeroed(1, sizeof(*client));

    client->transport = transport_new(loop);
    if (client->transport == NULL) {
        free(client);
        return NULL;
    }
    /* AWS_CA_BUNDLE is for AWS: these are others. */
    transport_trust(client->transport, "SSL_CERT_FILE",
                    aws_environment(environ, "SSL_CERT_FILE"));
    return client;
}

void post_client_free(struct post_client *client)
{
    if (client)
        transport_free(client->transport);
    free(client);
}

static void end(struct posting *p)
{
    transfer_end(p->client->transport, &p->transfer);
    free(p);
}

static void done(struct transfer *transfer)
{
    struct posting *p = LIST_ENTRY_OF(transfer, struct posting, transfer);
    struct post *post = p->post;
    bool answered = transfer->end == TRANSFER_ANSWERED;

    post->transfer = NULL;
    post->status = answered ? transfer->answer.status : 0;
    post->why = answered ? NULL : transfer->why;
    post->done(post);
    end(p);
}

bool post_begin(struct post_client *client, struct post *post)
{
    struct posting *p = memory_zeroed(1, sizeof(*p));

    p->client = client;
    p->post = post;
    p->transfer = (struct transfer){
        .method = "POST",
        .url = post->url,
        .lines = post->lines,
        .nlines = post->nlines,
        .body = post->body,
        .timeout_ms = POST_TIMEOUT_MS,
        .answer_max = POST_ANSWER_MAX,
        .direct = true,
        .done = done,
    };
    list_init(&p->transfer.node);
    post->transfer = &p->transfer;
    if (transfer_begin(client->transport, &p->transfer))
        return true;
    post->transfer = NULL;
    end(p);
    return false;
}

void post_cancel(struct post_client *client, struct post *post)
{
    (void)client;
    if (post->transfer)
        end(LIST_ENTRY_OF(post->transfer, struct posting, transfer));
    post->transfer = NULL;
}
