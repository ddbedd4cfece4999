/* SPDX-License-Identifier: Apache-2.0
 *
 * Actions of wafv2 that concern nothing that is here, each with the reason
 * (aws-waf.md 8.2): WAFInvalidOperationException.
 */
#include "api/services.h"
#include "api/waf.h"

#define VENDOR                                                                 \
    "managed rule sets are those of AWS Marketplace sellers; use rule groups"
#define MOBILE                                                                 \
    "the mobile SDK is AWS's own; Sluice's tokens come with its pages"
#define REVENUE "nothing is sold here: Monetize is an action of CloudFront's"
#define PATHS                                                                  \
    "paths of bots are counted by AWS's Bot Control, which is not here; the "  \
    "access log has all paths"
#define MANAGER                                                                \
    "there is no Firewall Manager here: a template declares its groups, and "  \
    "takes them away"

/* X(action, why) */
#define REFUSED(X)                                                             \
    X(ListManagedRuleSets, VENDOR)                                             \
    X(GetManagedRuleSet, VENDOR)                                               \
    X(PutManagedRuleSetVersions, VENDOR)                                       \
    X(UpdateManagedRuleSetVersionExpiryDate, VENDOR)                           \
    X(GenerateMobileSdkReleaseUrl, MOBILE)                                     \
    X(GetMobileSdkRelease, MOBILE)                                             \
    X(ListMobileSdkReleases, MOBILE)                                           \
    X(GetRevenueStatistics, REVENUE)                                           \
    X(GetRevenueStatisticsSummary, REVENUE)                                    \
    X(GetRevenueStatisticsTimeSeries, REVENUE)                                 \
    X(ListSettlementRecords, REVENUE)                                          \
    X(GetTopPathStatisticsByTraffic, PATHS)                                    \
    X(DeleteFirewallManagerRuleGroups, MANAGER)

#define X(action, why)                                                         \
    static bool refuse##action(struct call *call,                              \
                               const struct account_view *view)                \
    {                                                                          \
        (void)view;                                                            \
        return wafv2_refuse_operation(call, "%s", why);                        \
    }
REFUSED(X)
#undef X

static const struct action actions[] = {
#define X(action, why) {.name = #action, .answer = refuse##action},
    REFUSED(X)
#undef X
};

const struct action_table waf_refused_actions = ACTION_TABLE(actions);
