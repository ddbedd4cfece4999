/* SPDX-License-Identifier: Apache-2.0 */
#include "match/regex.h"

#include <stdatomic.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/clock.h"
#include "base/memory.h"

struct regex {
    atomic_uint holds;
    pcre2_code *code;
    bool steps; /* a search may go on where another ended */
};

struct regex_scratch {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack; /* NULL: machine code is not to be had */
};

enum {
    OPTIONS = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_USE_OFFSET_LIMIT,
    GROUPS_NESTED = 100,
    STACK_BEGIN = 32 * 1024,
    STACK_MAX = 4 * 1024 * 1024, /* address space: pages come when touched */
    DEPTH_MAX = 20000,
    HEAP_MAX = 4096, /* KiB */
};

/* ---- compiling -------------------------------------------------------------------- */

static bool compile_failed(int code, size_t at, struct str pattern,
                           struct error *error)
{
    char message[160];

    if (pcre2_get_error_message(code, (PCRE2_UCHAR *)message, sizeof(message)) <
        0)
        message[0] = '\0';
    if (at == 0)
        at = 1;
    return error_set(error, "character %zu: %s",
                     at < pattern.n || pattern.n == 0 ? at : pattern.n,
                     message);
}

static pcre2_code *compile(struct str pattern, struct error *error)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    pcre2_code *code = NULL;
    size_t at = 0;
    int failure = PCRE2_ERROR_NOMEMORY;

    if (context) {
        pcre2_set_newline(context, PCRE2_NEWLINE_LF);
        pcre2_set_bsr(context, PCRE2_BSR_ANYCRLF);
        pcre2_set_parens_nest_limit(context, GROUPS_NESTED);
        code = pcre2_compile((PCRE2_SPTR)(pattern.n ? pattern.p : ""),
                             pattern.n, OPTIONS, &failure, &at, context);
        pcre2_compile_context_free(context);
    }
    if (code == NULL)
        compile_failed(failure, at, pattern, error);
    return code;
}

/* \G is where the search begins, and a verb may end the whole search: such
 * patterns are searched in one go. */
static bool may_step(struct str pattern)
{
    for (size_t i = 0; i + 1 < pattern.n; i++) {
        if ((pattern.p[i] == '\\' && pattern.p[i + 1] == 'G') ||
            (pattern.p[i] == '(' && pattern.p[i + 1] == '*'))
            return false;
    }
    return true;
}

struct regex *regex_new(struct str pattern, struct error *error)
{
    pcre2_code *code = compile(pattern, error);
    struct regex *regex;

    if (code == NULL)
        return NULL;
    /* Where there is no compiler to machine code pcre2_match() interprets. */
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    regex = memory_zeroed(1, sizeof(*regex));
    atomic_init(&regex->holds, 1);
    regex->code = code;
    regex->steps = may_step(pattern);
    return regex;
}

bool regex_check(struct str pattern, struct error *error)
{
    pcre2_code *code = compile(pattern, error);

    pcre2_code_free(code);
    return code != NULL;
}

struct regex *regex_hold(struct regex *regex)
{
    atomic_fetch_add_explicit(&regex->holds, 1, memory_order_relaxed);
    return regex;
}

void regex_release(struct regex *regex)
{
    if (regex == NULL ||
        atomic_fetch_sub_explicit(&regex->holds, 1, memory_order_acq_rel) > 1)
        return;
    pcre2_code_free(regex->code);
    free(regex);
}

/* ---- searching -------------------------------------------------------------------- */

struct regex_scratch *regex_scratch_new(void)
{
    struct regex_scratch *scratch = memory_zeroed(1, sizeof(*scratch));

    scratch->data = pcre2_match_data_create(1, NULL);
    scratch->context = pcre2_match_context_create(NULL);
    if (scratch->data == NULL || scratch->context == NULL)
        abort();
    scratch->stack = pcre2_jit_stack_create(STACK_BEGIN, STACK_MAX, NULL);
    if (scratch->stack)
        pcre2_jit_stack_assign(scratch->context, NULL, scratch->stack);
    pcre2_set_depth_limit(scratch->context, DEPTH_MAX);
    pcre2_set_heap_limit(scratch->context, HEAP_MAX);
    return scratch;
}

void regex_scratch_free(struct regex_scratch *scratch)
{
    if (scratch == NULL)
        return;
    pcre2_jit_stack_free(scratch->stack);
    pcre2_match_context_free(scratch->context);
    pcre2_match_data_free(scratch->data);
    free(scratch);
}

/* PCRE2's own limit counts choices, and anew at each begin of a match; a
 * choice may look at the whole text.  So a search of a longer text goes in
 * steps, each of so many begins with so many choices; they grow while the
 * clock allows. */
enum {
    SHORT = 256, /* bytes: one step, if choices suffice */
    CHOICES_SHORT = 1000,
    CHOICES_LEAST = 100,
    CHOICES_MAX = 10 * 1000 * 1000,
    LOOKED_AT = 1000 * 1000, /* bytes, at most, by the first step of a long
                                text */
    BUDGET_NS = 400 * 1000,
    BUDGET_NS_BYTE = 10,
    GROWTH = 8,
};

struct step {
    size_t at;    /* first begin */
    size_t width; /* begins */
    uint32_t choices;
};

/* Time is the wall's until it is used up, then as much again of this thread's
 * own, which costs more to ask for: a search is not blamed for having been
 * interrupted. */
struct budget {
    uint64_t allowed_ns;
    uint64_t begun_ns;
    uint64_t last_ns; /* begin of the step */
    clockid_t clock;
};

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void budget_begin(struct budget *budget, clockid_t clock)
{
    budget->clock = clock;
    budget->begun_ns = budget->last_ns = clock_ns(clock);
}

/* How many steps like the last there is time for, GROWTH at most; 0: none. */
static unsigned budget_steps(struct budget *budget)
{
    uint64_t now = clock_ns(budget->clock);
    uint64_t step = now - budget->last_ns + 1;
    uint64_t used = now - budget->begun_ns;

    budget->last_ns = now;
    if (used >= budget->allowed_ns) {
        if (budget->clock == CLOCK_THREAD_CPUTIME_ID)
            return 0;
        budget_begin(budget, CLOCK_THREAD_CPUTIME_ID);
        return 1;
    }
    if ((budget->allowed_ns - used) / step >= GROWTH)
        return GROWTH;
    return 1 + (unsigned)((budget->allowed_ns - used) / step) / 2;
}

static struct step first_step(const struct regex *regex, struct str text)
{
    struct step step = {.width = text.n + 1, .choices = CHOICES_SHORT};

    if (text.n <= SHORT)
        return step;
    step.choices = (uint32_t)(LOOKED_AT / text.n);
    if (step.choices < CHOICES_LEAST)
        step.choices = CHOICES_LEAST;
    if (regex->steps)
        step.width = 1;
    return step;
}

static bool is_last(const struct step *step, struct str text)
{
    return step->width > text.n - step->at;
}

static int run_step(const struct regex *regex, struct regex_scratch *scratch,
                    struct str text, const struct step *step)
{
    pcre2_set_match_limit(scratch->context, step->choices);
    pcre2_set_offset_limit(scratch->context, is_last(step, text)
                                                 ? PCRE2_UNSET
                                                 : step->at + step->width - 1);
    return pcre2_match(regex->code, (PCRE2_SPTR)text.p, text.n, step->at, 0,
                       scratch->data, scratch->context);
}

/* More choices at the same place: false when there can be none. */
static bool choose_more(struct step *step, unsigned growth)
{
    if (growth < 2 || step->choices == CHOICES_MAX)
        return false;
    step->choices = step->choices > CHOICES_MAX / growth
                        ? CHOICES_MAX
                        : step->choices * growth;
    return true;
}

static void go_on(struct step *step, unsigned growth)
{
    step->at += step->width;
    if (growth > 1)
        step->width *= growth;
    else
        step->width = (step->width + 1) / 2;
}

static bool is_done(const struct step *step, int result, struct str text)
{
    if (result == PCRE2_ERROR_NOMATCH)
        return is_last(step, text);
    return result != PCRE2_ERROR_MATCHLIMIT;
}

static int search(const struct regex *regex, struct regex_scratch *scratch,
                  struct str text)
{
    struct step step = first_step(regex, text);
    int result = run_step(regex, scratch, text, &step);
    struct budget budget = {.allowed_ns = BUDGET_NS + text.n * BUDGET_NS_BYTE};
    unsigned growth = GROWTH;

    if (is_done(&step, result, text))
        return result;
    budget_begin(&budget, CLOCK_MONOTONIC);
    do {
        if (growth == 0)
            return PCRE2_ERROR_MATCHLIMIT;
        if (result == PCRE2_ERROR_NOMATCH)
            go_on(&step, growth);
        else if (!choose_more(&step, growth))
            return result;
        result = run_step(regex, scratch, text, &step);
        growth = budget_steps(&budget);
    } while (!is_done(&step, result, text));
    return result;
}

static void tell_place(const struct regex_scratch *scratch, size_t *from,
                       size_t *to)
{
    const PCRE2_SIZE *place = pcre2_get_ovector_pointer(scratch->data);

    if (to)
        *to = place[1];
    if (from) /* \K in a look-ahead moves the begin behind the end */
        *from = place[0] < place[1] ? place[0] : place[1];
}

enum regex_result regex_search(const struct regex *regex,
                               struct regex_scratch *scratch, struct str text,
                               size_t *from, size_t *to)
{
    int result;

    if (text.p == NULL)
        text = STR("");
    result = search(regex, scratch, text);
    if (result == PCRE2_ERROR_NOMATCH)
        return REGEX_NO;
    if (result < 0)
        return REGEX_LIMIT;
    tell_place(scratch, from, to);
    return REGEX_YES;
}
