/* SPDX-License-Identifier: Apache-2.0
 *
 * An account as a CloudFormation template in JSON, that `sluice serve` runs as
 * the same account: every resource says its id (Metadata.Sluice.Id), so that
 * ARNs stay, and names others by {"Ref": LOGICAL ID}, of WAF by Fn::GetAtt.
 * Exported again, the account of that template gives the same bytes.
 *
 * What only AWS knows is left out.  Secrets (client secrets, private keys) are
 * in it, or are parameters without a default that `--parameter` gives.
 */
#ifndef SLUICE_MODEL_EXPORT_H
#define SLUICE_MODEL_EXPORT_H

#include "base/text.h"
#include "model/account.h"
#include "model/arn.h"

/* What the text begins with. */
#define EXPORT_BEGIN "{\n  \"AWSTemplateFormatVersion\": "

struct exported {
    const struct value *template; /* in the region; its values may be the
                                     account's */
    unsigned unknown;             /* values that only AWS knows, left out */
    unsigned secrets;             /* ... that became parameters */
};

/* `hide`: secrets become parameters. */
struct exported account_export(const struct account *account,
                               const struct arn_scope *scope, bool hide,
                               struct region *region);

/* The template as indented JSON with a line end. */
void export_put(struct text *t, const struct exported *exported);

/* The same as a text from malloc() with a NUL behind it; p == NULL: no
 * memory. */
struct str export_text(const struct exported *exported);

#endif
