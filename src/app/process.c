/* SPDX-License-Identifier: Apache-2.0 */
#include "app/process.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

void process_prepare(void)
{
    struct rlimit limit;

    signal(SIGPIPE, SIG_IGN);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
        limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

unsigned process_cpus(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

    return n > 0 ? (unsigned)n : 1;
}

void process_print_address(const char *word, const struct address *address,
                           const char *more)
{
    char buffer[ADDRESS_TEXT_MAX];
    struct text t = text_in(buffer, sizeof(buffer));

    address_put(&t, address);
    printf("%s http://" STR_FMT "%s\n", word, STR_ARG(text_str(&t)), more);
}

void process_print_ready(void)
{
    puts("ready");
    fflush(stdout);
}
