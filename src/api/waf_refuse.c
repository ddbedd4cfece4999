/* SPDX-License-Identifier: Apache-2.0
 *
 * Faults of wafv2 with the texts that AWS's have.
 */
#include <stdarg.h>

#include "api/waf.h"

#define COULD_NOT "AWS WAF couldn\u2019t perform the operation because "

__attribute__((format(printf, 4, 0))) static bool
refuse(struct call *call, const char *code, const char *begin,
       const char *format, va_list args)
{
    struct str what = region_vprintf(call->region, format, args);

    return call_refuse(call, code, "%s: " STR_FMT, begin, STR_ARG(what));
}

#define REFUSE(function, code, begin)                                          \
    bool function(struct call *call, const char *format, ...)                  \
    {                                                                          \
        va_list args;                                                          \
                                                                               \
        va_start(args, format);                                                \
        refuse(call, code, begin, format, args);                               \
        va_end(args);                                                          \
        return false;                                                          \
    }

REFUSE(wafv2_refuse_missing, "WAFNonexistentItemException",
       COULD_NOT "your resource doesn\u2019t exist")
REFUSE(wafv2_refuse_used, "WAFAssociatedItemException",
       COULD_NOT "your resource is being used by another resource or it\u2019s "
                 "associated with another resource")
REFUSE(wafv2_refuse_limit, "WAFLimitsExceededException",
       COULD_NOT "you exceeded your resource limit")
REFUSE(wafv2_refuse_operation, "WAFInvalidOperationException",
       "The operation isn\u2019t valid")

bool wafv2_refuse_invalid(struct call *call, const char *field,
                          struct str parameter, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    call->fault = fault_invalid(call->region, field, parameter,
                                region_vprintf(call->region, format, args));
    va_end(args);
    return false;
}
