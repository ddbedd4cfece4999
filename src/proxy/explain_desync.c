/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/explain_desync.h"

static const char *class_of(const struct request *req)
{
    return desync_class_word((enum desync_class)req->desync_class);
}

static const char *reason_of(const struct request *req)
{
    return desync_reason_word((enum desync_reason)req->desync_reason);
}

void explain_put_desync(struct text *t, const struct request *req,
                        enum desync_mode mode)
{
    if (req->desync_class == DESYNC_COMPLIANT)
        return;
    text_printf(t, "desync: %s (%s); %s mode lets it pass and %s\n",
                class_of(req), reason_of(req), desync_mode_word(mode),
                req->close_both ? "closes both connections" : "counts it");
}

void explain_put_desync_json(struct text *t, const struct request *req,
                             enum desync_mode mode)
{
    text_printf(t, "{\"mode\":\"%s\",\"classification\":\"%s\",\"reason\":",
                desync_mode_word(mode), class_of(req));
    if (req->desync_class == DESYNC_COMPLIANT)
        TEXT_LITERAL(t, "null");
    else
        text_printf(t, "\"%s\"", reason_of(req));
    text_printf(t, ",\"closes_connections\":%s}",
                req->close_both ? "true" : "false");
}

void explain_put_desync_header(struct text *t, const struct request *req)
{
    if (req->desync_class != DESYNC_COMPLIANT)
        text_printf(t, ";desync=%s:%s", class_of(req), reason_of(req));
}
