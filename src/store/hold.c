/* SPDX-License-Identifier: Apache-2.0 */
#include "store/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "base/clock.h"

enum { LOOK_NS = 5 * 1000 * 1000 };

static struct flock lock_of(short type)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET};
}

static pid_t owner_of(int fd)
{
    struct flock lock = lock_of(F_WRLCK);

    return fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? lock.l_pid
                                                                    : 0;
}

/* A lock that blocks has no deadline, so it is looked at again and again. */
enum hold_result hold_take(int fd, unsigned wait_ms, pid_t *owner)
{
    uint64_t until = clock_monotonic_us() + wait_ms * UINT64_C(1000);
    const struct timespec pause = {.tv_nsec = LOOK_NS};

    for (;;) {
        struct flock lock = lock_of(F_WRLCK);

        if (fcntl(fd, F_SETLK, &lock) == 0)
            return HOLD_MINE;
        if (errno != EACCES && errno != EAGAIN)
            return HOLD_FAILED;
        if (clock_monotonic_us() >= until)
            break;
        nanosleep(&pause, NULL);
    }
    *owner = owner_of(fd);
    return HOLD_THEIRS;
}

void hold_release(int fd)
{
    struct flock lock = lock_of(F_UNLCK);

    fcntl(fd, F_SETLK, &lock);
}
