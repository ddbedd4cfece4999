/* SPDX-License-Identifier: Apache-2.0
 *
 * CloudFormation templates: parameters, mappings, conditions and intrinsic
 * functions resolved as far as it goes without AWS.
 *
 * What cannot be known here becomes a VALUE_UNKNOWN that says why; it is an
 * error only where somebody needs it.  That holds for parameters without a
 * value, too.  A value for an AWS::SSM::Parameter::Value parameter is what the
 * SSM parameter holds, not its name.
 */
#ifndef SLUICE_TEMPLATE_TEMPLATE_H
#define SLUICE_TEMPLATE_TEMPLATE_H

#include "model/config.h"

struct template_parameter {
    struct str key;
    struct str value;
};

struct template_options {
    unsigned nparameters; /* --parameter Key=Value */
    const struct template_parameter *parameters;
    struct str region_name; /* AWS::Region; n == 0: us-east-1 */
    struct str account;     /* AWS::AccountId; n == 0: 000000000000 */
    struct str stack;       /* AWS::StackName; n == 0: the first file's name
                               up to its first "." */
};

struct template_source {
    const char *file; /* its name in places */
    struct str text;  /* must live as long as the report */
};

struct template_output {
    struct str key;
    struct str value;
};

struct template
{
    struct region region;
    struct str stack;
    const struct value *resources; /* for config_build() */
    unsigned noutputs;             /* those that could be resolved */
    struct template_output *outputs;
};

/* Reads the files ("-": standard input), merges them (a logical id in two of
 * them is an error), and resolves.  Resources whose Condition is false are
 * left out.  An option for a parameter that no file declares is an error.
 * NULL with errors in the report.  Places point at the names in `files`,
 * which must outlive the template and the report; the text of the files lives
 * in the report. */
struct template *template_load(const char *const *files, unsigned n,
                               const struct template_options *options,
                               struct report *report);

/* Reads the files (in the same way) into `n` sources; the texts live in the
 * report.  False with errors there. */
bool template_read(const char *const *files, unsigned n,
                   struct template_source *sources, struct report *report);

/* As template_load(), of texts in memory. */
struct template *template_parse(const struct template_source *sources,
                                unsigned n,
                                const struct template_options *options,
                                struct report *report);

void template_free(struct template *template);

#endif
