/* A disk that is full whenever a test says so: with LD_PRELOAD, no file under base/ (PostgreSQL's
   tables) can grow while the file named by GOC_FULL_DISK is there. What exists can be written. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_full(int file, off_t end)
{
    const char *flag = getenv("GOC_FULL_DISK");
    char link[64], path[4096];
    struct stat now;
    ssize_t length;
    int before = errno;

    if (flag == NULL || access(flag, F_OK) != 0) {
        errno = before;
        return 0;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    length = readlink(link, path, sizeof path - 1);
    if (length <= 0)
        return 0;
    path[length] = 0;
    return strstr(path, "/base/") != NULL && fstat(file, &now) == 0 && end > now.st_size;
}

static size_t total(const struct iovec *parts, int count)
{
    size_t sum = 0;
    for (int n = 0; n < count; n++)
        sum += parts[n].iov_len;
    return sum;
}

#define PWRITE(name)                                                               \
    ssize_t name(int file, const void *data, size_t size, off_t at)                \
    {                                                                              \
        static ssize_t (*next)(int, const void *, size_t, off_t);                  \
        if (is_full(file, at + (off_t) size)) {                                    \
            errno = ENOSPC;                                                        \
            return -1;                                                             \
        }                                                                          \
        if (next == NULL)                                                          \
            *(void **) &next = dlsym(RTLD_NEXT, #name);                            \
        return next(file, data, size, at);                                         \
    }

#define PWRITEV(name)                                                              \
    ssize_t name(int file, const struct iovec *parts, int count, off_t at)         \
    {                                                                              \
        static ssize_t (*next)(int, const struct iovec *, int, off_t);             \
        if (is_full(file, at + (off_t) total(parts, count))) {                     \
            errno = ENOSPC;                                                        \
            return -1;                                                             \
        }                                                                          \
        if (next == NULL)                                                          \
            *(void **) &next = dlsym(RTLD_NEXT, #name);                            \
        return next(file, parts, count, at);                                       \
    }

#define ALLOCATE(name)                                                             \
    int name(int file, off_t at, off_t size)                                       \
    {                                                                              \
        static int (*next)(int, off_t, off_t);                                     \
        if (is_full(file, at + size))                                              \
            return ENOSPC;                                                         \
        if (next == NULL)                                                          \
            *(void **) &next = dlsym(RTLD_NEXT, #name);                            \
        return next(file, at, size);                                               \
    }

PWRITE(pwrite)
PWRITE(pwrite64)
PWRITEV(pwritev)
PWRITEV(pwritev64)
ALLOCATE(posix_fallocate)
ALLOCATE(posix_fallocate64)
