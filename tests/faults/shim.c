/* Preloaded into the process under test: counts calls of the C library that reach disk or network, and at a chosen one
 * kills the process, tears a write in two, or lets the disk be full or broken. Python, SQLite, DuckDB and Arrow all do
 * their I/O through these functions; what the library calls inside itself (fopen, the dynamic loader) is not seen.
 *
 * Nothing happens until fault_arm(). "Watched" are files below one of two folders, by the name they were opened with.
 *
 * With fault_mirror(), what a sync makes durable is copied into another folder at that moment: the content of a file by its
 * inode, the names in a folder as "inode name" lines. `power.py` makes of it what a power cut may leave.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { WRITE, PWRITE, FSYNC, FDATASYNC, RENAME, OPEN, CREATE, UNLINK, LINK, MKDIR, RMDIR, TRUNCATE, CLOSE, READ, PREAD,
       CONNECT, SEND, RECV, FALLOCATE, CALLS };
enum { NOTHING, KILL, FAIL, FULL, TEAR };

#define FDS 65536
#define API __attribute__((visibility("default")))

static long counts[CALLS];
static unsigned char watched[FDS];
static char folders[2][PATH_MAX];
static size_t lengths[2];
static volatile int armed, only_watched, action, chosen_call, chosen_errno, is_full;
static long chosen_number;
static char mirror[PATH_MAX];
static volatile long long clock_offset_ns;
static volatile unsigned clock_jumps;

API void fault_arm(const char *first, const char *second, int watched_only, int call, long number, int what, int error)
{
    strncpy(folders[0], first, PATH_MAX - 1);
    strncpy(folders[1], second, PATH_MAX - 1);
    lengths[0] = strlen(first);
    lengths[1] = strlen(second);
    memset(counts, 0, sizeof counts);
    only_watched = watched_only;
    chosen_call = call;
    chosen_number = number;
    action = what;
    chosen_errno = error;
    is_full = 0;
    armed = 1;
}

API void fault_disarm(void) { armed = 0; }
API void fault_mirror(const char *folder) { strncpy(mirror, folder, PATH_MAX - 64); }
API void fault_counts(long *into) { memcpy(into, counts, sizeof counts); }
API int fault_calls(void) { return CALLS; }
API void fault_clock(long long offset_ns, unsigned jumps) { clock_offset_ns = offset_ns; clock_jumps = jumps; }

static int is_watched_path(const char *path)
{
    for (int i = 0; path && i < 2; i++)
        if (lengths[i] && (strncmp(path, folders[i], lengths[i]) == 0 ||
                           (strlen(path) == lengths[i] - 1 && strncmp(path, folders[i], lengths[i] - 1) == 0)))
            return 1;
    return 0;
}

/* The path of a name in an open folder: who walks from folder to folder (own_folder.open_without_links) names no whole path. */
static const char *in_folder(int folder, const char *path, char *into, size_t room)
{
    char self[64];
    if (!path || path[0] == '/' || folder == AT_FDCWD)
        return path;
    snprintf(self, sizeof self, "/proc/self/fd/%d", folder);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, self, into, room - 1);
    if (length <= 0)
        return path;
    snprintf(into + length, room - length, "/%s", path);
    return into;
}

static int is_watched(int fd) { return fd >= 0 && fd < FDS && watched[fd]; }

static int makes_bytes(int call)
{
    return call == WRITE || call == PWRITE || call == CREATE || call == LINK || call == MKDIR || call == FALLOCATE ||
           call == FSYNC || call == FDATASYNC;
}

/* What is to happen at this call: NOTHING, FAIL (errno is set) or TEAR. A KILL does not come back. */
static int at(int call, int on_watched)
{
    if (!armed)
        return NOTHING;
    if (is_full && on_watched && makes_bytes(call)) {
        errno = chosen_errno;
        return FAIL;
    }
    if (only_watched && !on_watched)
        return NOTHING;
    long number = __atomic_add_fetch(&counts[call], 1, __ATOMIC_SEQ_CST);
    if (call != chosen_call || number != chosen_number)
        return NOTHING;
    switch (action) {
    case KILL:
        syscall(SYS_kill, getpid(), SIGKILL);
        for (;;)
            pause();
    case FULL:
        is_full = 1;
        /* fall through */
    case FAIL:
        errno = chosen_errno;
        return FAIL;
    case TEAR:
        return TEAR;
    }
    return NOTHING;
}

struct entry {
    ino64_t inode;
    off64_t next;
    unsigned short length;
    unsigned char type;
    char name[];
};

static void keep_names(int from, int into)
{
    char buffer[32768];
    long size;
    while ((size = syscall(SYS_getdents64, from, buffer, sizeof buffer)) > 0)
        for (long at_ = 0; at_ < size;) {
            struct entry *each = (struct entry *)(buffer + at_);
            char line[512];
            int length = snprintf(line, sizeof line, "%llu %s\n", (unsigned long long)each->inode, each->name);
            syscall(SYS_write, into, line, length);
            at_ += each->length;
        }
}

static void keep_content(int from, int into)
{
    char buffer[65536];
    long size;
    while ((size = syscall(SYS_read, from, buffer, sizeof buffer)) > 0)
        syscall(SYS_write, into, buffer, size);
}

/* Copy what has just become durable. By system calls: our own wrappers must not count these. */
static void keep(int fd)
{
    struct stat what;
    char name[PATH_MAX + 64], unfinished[PATH_MAX + 128], self[64];
    if (!mirror[0] || !armed || !is_watched(fd) || fstat(fd, &what))
        return;
    int is_folder = S_ISDIR(what.st_mode);
    snprintf(name, sizeof name, "%s/%llu%s", mirror, (unsigned long long)what.st_ino, is_folder ? ".names" : "");
    snprintf(unfinished, sizeof unfinished, "%s.%ld", name, syscall(SYS_gettid));
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    int from = syscall(SYS_openat, AT_FDCWD, self, O_RDONLY);
    int into = syscall(SYS_openat, AT_FDCWD, unfinished, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (from >= 0 && into >= 0)
        (is_folder ? keep_names : keep_content)(from, into);
    syscall(SYS_close, from);
    syscall(SYS_close, into);
    syscall(SYS_renameat, AT_FDCWD, unfinished, AT_FDCWD, name);
}

static void die(void)
{
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;)
        pause();
}

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) \
        real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

API ssize_t write(int fd, const void *data, size_t size)
{
    REAL(ssize_t, "write", int, const void *, size_t);
    int what = at(WRITE, is_watched(fd));
    if (what == FAIL)
        return -1;
    if (what == TEAR) {
        real(fd, data, size / 2);
        die();
    }
    return real(fd, data, size);
}

API ssize_t writev(int fd, const struct iovec *parts, int count)
{
    REAL(ssize_t, "writev", int, const struct iovec *, int);
    return at(WRITE, is_watched(fd)) == FAIL ? -1 : real(fd, parts, count);
}

#define PWRITE_LIKE(name) \
    API ssize_t name(int fd, const void *data, size_t size, off_t offset) \
    { \
        REAL(ssize_t, #name, int, const void *, size_t, off_t); \
        int what = at(PWRITE, is_watched(fd)); \
        if (what == FAIL) \
            return -1; \
        if (what == TEAR) { \
            real(fd, data, size / 2, offset); \
            die(); \
        } \
        return real(fd, data, size, offset); \
    }
PWRITE_LIKE(pwrite)
PWRITE_LIKE(pwrite64)

#define ON_FD(type, name, call, failed, parameters, types, arguments) \
    API type name parameters \
    { \
        static type (*real) types; \
        if (!real) \
            real = (type (*) types)dlsym(RTLD_NEXT, #name); \
        return at(call, is_watched(fd)) == FAIL ? failed : real arguments; \
    }
#define SYNC_LIKE(name, call) \
    API int name(int fd) \
    { \
        REAL(int, #name, int); \
        if (at(call, is_watched(fd)) == FAIL) \
            return -1; \
        int done = real(fd); \
        if (done == 0) \
            keep(fd); \
        return done; \
    }
SYNC_LIKE(fsync, FSYNC)
SYNC_LIKE(fdatasync, FDATASYNC)
ON_FD(int, ftruncate, TRUNCATE, -1, (int fd, off_t size), (int, off_t), (fd, size))
ON_FD(int, ftruncate64, TRUNCATE, -1, (int fd, off64_t size), (int, off64_t), (fd, size))
ON_FD(int, fallocate, FALLOCATE, -1, (int fd, int mode, off_t at_, off_t size), (int, int, off_t, off_t), (fd, mode, at_, size))
ON_FD(int, fallocate64, FALLOCATE, -1, (int fd, int mode, off64_t at_, off64_t size), (int, int, off64_t, off64_t), (fd, mode, at_, size))
ON_FD(int, posix_fallocate, FALLOCATE, errno, (int fd, off_t at_, off_t size), (int, off_t, off_t), (fd, at_, size))
ON_FD(ssize_t, read, READ, -1, (int fd, void *into, size_t size), (int, void *, size_t), (fd, into, size))
ON_FD(ssize_t, pread, PREAD, -1, (int fd, void *into, size_t size, off_t at_), (int, void *, size_t, off_t), (fd, into, size, at_))
ON_FD(ssize_t, pread64, PREAD, -1, (int fd, void *into, size_t size, off64_t at_), (int, void *, size_t, off64_t), (fd, into, size, at_))
ON_FD(int, connect, CONNECT, -1, (int fd, const struct sockaddr *to, socklen_t size), (int, const struct sockaddr *, socklen_t), (fd, to, size))
ON_FD(ssize_t, send, SEND, -1, (int fd, const void *data, size_t size, int flags), (int, const void *, size_t, int), (fd, data, size, flags))
ON_FD(ssize_t, sendmsg, SEND, -1, (int fd, const struct msghdr *data, int flags), (int, const struct msghdr *, int), (fd, data, flags))
ON_FD(ssize_t, sendto, SEND, -1, (int fd, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t length), (int, const void *, size_t, int, const struct sockaddr *, socklen_t), (fd, data, size, flags, to, length))
ON_FD(ssize_t, recv, RECV, -1, (int fd, void *into, size_t size, int flags), (int, void *, size_t, int), (fd, into, size, flags))
ON_FD(ssize_t, recvmsg, RECV, -1, (int fd, struct msghdr *into, int flags), (int, struct msghdr *, int), (fd, into, flags))
ON_FD(ssize_t, recvfrom, RECV, -1, (int fd, void *into, size_t size, int flags, struct sockaddr *from, socklen_t *length), (int, void *, size_t, int, struct sockaddr *, socklen_t *), (fd, into, size, flags, from, length))

API int close(int fd)
{
    REAL(int, "close", int);
    at(CLOSE, is_watched(fd)); /* a close that fails has closed all the same */
    if (fd >= 0 && fd < FDS)
        watched[fd] = 0;
    return real(fd);
}

#define ON_PATH(name, call, parameters, types, arguments, path) \
    API int name parameters \
    { \
        static int (*real) types; \
        if (!real) \
            real = (int (*) types)dlsym(RTLD_NEXT, #name); \
        return at(call, is_watched_path(path)) == FAIL ? -1 : real arguments; \
    }
ON_PATH(rename, RENAME, (const char *from, const char *to), (const char *, const char *), (from, to), to)
ON_PATH(renameat, RENAME, (int a, const char *from, int b, const char *to), (int, const char *, int, const char *), (a, from, b, to), to)
ON_PATH(renameat2, RENAME, (int a, const char *from, int b, const char *to, unsigned flags), (int, const char *, int, const char *, unsigned), (a, from, b, to, flags), to)
ON_PATH(unlink, UNLINK, (const char *path), (const char *), (path), path)
ON_PATH(unlinkat, UNLINK, (int folder, const char *path, int flags), (int, const char *, int), (folder, path, flags), path)
ON_PATH(remove, UNLINK, (const char *path), (const char *), (path), path)
ON_PATH(link, LINK, (const char *from, const char *to), (const char *, const char *), (from, to), to)
ON_PATH(linkat, LINK, (int a, const char *from, int b, const char *to, int flags), (int, const char *, int, const char *, int), (a, from, b, to, flags), to)
ON_PATH(mkdir, MKDIR, (const char *path, mode_t mode), (const char *, mode_t), (path, mode), path)
ON_PATH(mkdirat, MKDIR, (int folder, const char *path, mode_t mode), (int, const char *, mode_t), (folder, path, mode), path)
ON_PATH(rmdir, RMDIR, (const char *path), (const char *), (path), path)
ON_PATH(truncate, TRUNCATE, (const char *path, off_t size), (const char *, off_t), (path, size), path)

static int opened(int fd, int on_watched)
{
    if (fd >= 0 && fd < FDS)
        watched[fd] = on_watched;
    return fd;
}

static int opening(int flags, const char *path)
{
    return at(flags & O_CREAT ? CREATE : OPEN, is_watched_path(path)) == FAIL;
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE) { \
        va_list rest; \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    }
#define OPEN_LIKE(name) \
    API int name(const char *path, int flags, ...) \
    { \
        REAL(int, #name, const char *, int, ...); \
        MODE(flags) \
        return opening(flags, path) ? -1 : opened(real(path, flags, mode), is_watched_path(path)); \
    }
#define OPENAT_LIKE(name) \
    API int name(int folder, const char *path, int flags, ...) \
    { \
        REAL(int, #name, int, const char *, int, ...); \
        MODE(flags) \
        char whole[2 * PATH_MAX]; \
        const char *named = in_folder(folder, path, whole, sizeof whole); \
        return opening(flags, named) ? -1 : opened(real(folder, path, flags, mode), is_watched_path(named)); \
    }
OPEN_LIKE(open)
OPEN_LIKE(open64)
OPENAT_LIKE(openat)
OPENAT_LIKE(openat64)
API int __open_2(const char *path, int flags) { return open(path, flags); }
API int __open64_2(const char *path, int flags) { return open64(path, flags); }
API int __openat_2(int folder, const char *path, int flags) { return openat(folder, path, flags); }
API int __openat64_2(int folder, const char *path, int flags) { return openat64(folder, path, flags); }
API ssize_t __read_chk(int fd, void *into, size_t size, size_t room) { return read(fd, into, size); }
API ssize_t __pread64_chk(int fd, void *into, size_t size, off64_t at_, size_t room) { return pread64(fd, into, size, at_); }
API ssize_t __recv_chk(int fd, void *into, size_t size, size_t room, int flags) { return recv(fd, into, size, flags); }

/* The host's clock: shifted, and with `clock_jumps` shifted anew, forward and back, at every so many looks at it. */
static long long offset_now(void)
{
    static unsigned looks;
    if (clock_jumps && __atomic_add_fetch(&looks, 1, __ATOMIC_SEQ_CST) % clock_jumps == 0) {
        static unsigned state = 2463534242u;
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        clock_offset_ns = ((long long)(state % 401) - 200) * 86400000000000LL;
    }
    return clock_offset_ns;
}

API int clock_gettime(clockid_t which, struct timespec *into)
{
    REAL(int, "clock_gettime", clockid_t, struct timespec *);
    int done = real(which, into);
    if (done == 0 && which == CLOCK_REALTIME && (clock_offset_ns || clock_jumps)) {
        long long now = into->tv_sec * 1000000000LL + into->tv_nsec + offset_now();
        into->tv_sec = now / 1000000000LL;
        into->tv_nsec = now % 1000000000LL;
    }
    return done;
}

API int gettimeofday(struct timeval *restrict into, void *restrict zone)
{
    struct timespec now;
    int done = clock_gettime(CLOCK_REALTIME, &now);
    into->tv_sec = now.tv_sec;
    into->tv_usec = now.tv_nsec / 1000;
    return done;
}

API time_t time(time_t *into)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (into)
        *into = now.tv_sec;
    return now.tv_sec;
}
