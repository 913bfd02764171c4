/* Put before a process with LD_PRELOAD: what waits for the disk takes GOC_BENCH_DISK_MS longer.
   fsync and fdatasync are how SQLite and PostgreSQL (wal_sync_method) make a commit durable; msync
   is a third way. What only asks the kernel to begin writing, such as sync_file_range, waits for
   nothing and is left alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

static void wait_for_disk(void)
{
    const char *text = getenv("GOC_BENCH_DISK_MS");
    long ms = text ? atol(text) : 0;
    struct timespec left = {ms / 1000, ms % 1000 * 1000000L};
    int before = errno;
    while (ms > 0 && nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
    errno = before;
}

int fsync(int fd)
{
    static int (*next)(int);
    if (!next)
        next = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    wait_for_disk();
    return next(fd);
}

int fdatasync(int fd)
{
    static int (*next)(int);
    if (!next)
        next = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    wait_for_disk();
    return next(fd);
}

int msync(void *start, size_t length, int flags)
{
    static int (*next)(void *, size_t, int);
    if (!next)
        next = (int (*)(void *, size_t, int))dlsym(RTLD_NEXT, "msync");
    if (flags & MS_SYNC)
        wait_for_disk();
    return next(start, length, flags);
}
