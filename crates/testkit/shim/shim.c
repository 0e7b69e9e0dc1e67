/* A preloaded library that stands between snugd and the kernel, for the fault tests and the benchmarks.
 *
 * SNUG_SHIM_ROOT    the data folder: only files below it are recorded or made to fail
 * SNUG_SHIM_LOG     record what is done to those files, in order, into this file (src/power/recording.rs)
 * SNUG_SHIM_NOSYNC  fsync and fdatasync of the database and its log do nothing, as with
 *                   PRAGMA synchronous=OFF
 * SNUG_SHIM_FAIL    while this file exists, what its words say fails: "write ENOSPC", "write EIO",
 *                   "sync EIO"
 * SNUG_SHIM_BOOT    the file that is opened in place of the one that names the machine's present boot:
 *                   a machine that has lost power is in another boot
 * SNUG_SHIM_CLOCK   a file of one signed 64-bit number: so many seconds the clock is ahead of the true one
 * SNUG_SHIM_COUNT   count calls into this file of 64-bit numbers (src/counters.rs)
 *
 * One lock is held around each recorded call, so the record's order is the order that happened.
 * A record is a 40-byte header (op, end of the call in ns since 1970, inode, offset, length, length)
 * and the bytes. What is written past the shim (raw system calls, mmap) is not seen: the recorder's
 * user compares the files rebuilt from the whole record with the real ones, and fails if they differ. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum op { OPEN = 1, WRITE, TRUNCATE, SYNC, SYNC_FOLDER, RENAME, UNLINK, MAKE_FOLDER, LINK };
enum count { SOCKET_WRITES, SOCKET_BYTES, FILE_WRITES, FILE_BYTES, SYNCS, COUNTS };

struct header {
  uint64_t op, at, inode, offset;
  uint32_t length, second;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[4096];
static size_t root_length;
static int log_fd = -1;
static int nosync;
static const char *fail_path;
static const char *boot_path;
static _Atomic uint64_t *counts;
static _Atomic int64_t *ahead;

#define REAL(name) \
  static __typeof__(&name) real; \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)


static int raw_open(const char *path, int flags, mode_t mode) {
  REAL(open);
  return real(path, flags, mode);
}

__attribute__((constructor)) static void begin(void) {
  const char *text;
  if ((text = getenv("SNUG_SHIM_ROOT"))) {
    if (!realpath(text, root)) snprintf(root, sizeof root, "%s", text);
    root_length = strlen(root);
  }
  if ((text = getenv("SNUG_SHIM_LOG"))) {
    log_fd = raw_open(text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0) _exit(97);
  }
  nosync = getenv("SNUG_SHIM_NOSYNC") != NULL;
  fail_path = getenv("SNUG_SHIM_FAIL");
  boot_path = getenv("SNUG_SHIM_BOOT");
  if ((text = getenv("SNUG_SHIM_CLOCK"))) {
    int fd = raw_open(text, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, 8)) _exit(97);
    ahead = mmap(NULL, 8, PROT_READ, MAP_SHARED, fd, 0);
    if (ahead == MAP_FAILED) _exit(97);
    close(fd);
  }
  if ((text = getenv("SNUG_SHIM_COUNT"))) {
    int fd = raw_open(text, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, 4096)) _exit(97);
    counts = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (counts == MAP_FAILED) _exit(97);
    close(fd);
  }
}

static void count(enum count which, uint64_t by) {
  if (counts) __atomic_fetch_add((uint64_t *)&counts[which], by, __ATOMIC_RELAXED);
}

/* The clock of the day; the others do not jump. */
int clock_gettime(clockid_t which, struct timespec *t) {
  REAL(clock_gettime);
  int done = real(which, t);
  if (!done && ahead && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) t->tv_sec += *ahead;
  return done;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone) {
  REAL(gettimeofday);
  int done = real(t, zone);
  if (!done && ahead) t->tv_sec += *ahead;
  return done;
}

time_t time(time_t *at) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  if (at) *at = t.tv_sec;
  return t.tv_sec;
}

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void record(enum op op, uint64_t inode, uint64_t offset, const void *a, size_t a_length,
                   const void *b, size_t b_length) {
  struct header h = {op, now(), inode, offset, (uint32_t)a_length, (uint32_t)b_length};
  struct iovec parts[3] = {{&h, sizeof h}, {(void *)a, a_length}, {(void *)b, b_length}};
  REAL(writev);
  size_t whole = sizeof h + a_length + b_length;
  if (real(log_fd, parts, 3) != (ssize_t)whole) _exit(98);
}

static int below(const char *path) {
  return root_length && !strncmp(path, root, root_length) &&
         (path[root_length] == '/' || path[root_length] == 0);
}

/* The whole path of one that may be relative to a folder's descriptor. */
static const char *whole_path(int folder, const char *path, char *into, size_t size) {
  char link[64], base[4096];
  if (path[0] == '/') return path;
  if (folder == AT_FDCWD) {
    if (!getcwd(base, sizeof base)) return path;
  } else {
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t n = readlink(link, base, sizeof base - 1);
    if (n < 0) return path;
    base[n] = 0;
  }
  snprintf(into, size, "%s/%s", base, path);
  return into;
}

/* The inode of a descriptor whose file lies below the root: 0 if it does not. */
static uint64_t watched(int fd, int *is_folder) {
  struct stat s;
  char link[64], path[4096];
  if (!root_length || (log_fd < 0 && !fail_path) || fd == log_fd) return 0;
  int before = errno;
  uint64_t inode = 0;
  if (!fstat(fd, &s) && (S_ISREG(s.st_mode) || S_ISDIR(s.st_mode))) {
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n > 0) {
      path[n] = 0;
      if (below(path)) inode = s.st_ino;
      if (is_folder) *is_folder = S_ISDIR(s.st_mode);
    }
  }
  errno = before;
  return inode;
}

/* Is this the database or its write-ahead log, by its name? */
static int is_database(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  if (n < 4) return 0;
  path[n] = 0;
  return !strcmp(path + n - 3, ".db") || !strcmp(path + n - 4, "-wal");
}

/* The error that a call of this kind shall fail with now, or 0. */
static int failure(const char *kind) {
  char text[64] = "";
  if (!fail_path) return 0;
  int fd = raw_open(fail_path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return 0;
  ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  if (n <= 0 || strncmp(text, kind, strlen(kind))) return 0;
  return strstr(text, "ENOSPC") ? ENOSPC : EIO;
}

/* What is opened when this is asked for. */
static const char *instead(const char *path) {
  return boot_path && !strcmp(path, "/proc/sys/kernel/random/boot_id") ? boot_path : path;
}

static int opened(int fd, const char *path) {
  struct stat s;
  if (fd >= 0 && log_fd >= 0 && below(path) && !fstat(fd, &s) && S_ISREG(s.st_mode))
    record(OPEN, s.st_ino, (uint64_t)s.st_size, path, strlen(path), NULL, 0);
  return fd;
}

#define OPENING(name) \
  int name(const char *path, int flags, ...) { \
    char space[8192]; \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { \
      va_list list; \
      va_start(list, flags); \
      mode = va_arg(list, mode_t); \
      va_end(list); \
    } \
    REAL(name); \
    path = instead(path); \
    if (log_fd < 0) return real(path, flags, mode); \
    pthread_mutex_lock(&lock); \
    int fd = opened(real(path, flags, mode), whole_path(AT_FDCWD, path, space, sizeof space)); \
    pthread_mutex_unlock(&lock); \
    return fd; \
  }

#define OPENING_AT(name) \
  int name(int folder, const char *path, int flags, ...) { \
    char space[8192]; \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { \
      va_list list; \
      va_start(list, flags); \
      mode = va_arg(list, mode_t); \
      va_end(list); \
    } \
    REAL(name); \
    path = instead(path); \
    if (log_fd < 0) return real(folder, path, flags, mode); \
    pthread_mutex_lock(&lock); \
    int fd = opened(real(folder, path, flags, mode), whole_path(folder, path, space, sizeof space)); \
    pthread_mutex_unlock(&lock); \
    return fd; \
  }

OPENING(open)
OPENING(open64)
OPENING_AT(openat)
OPENING_AT(openat64)

/* A write to a file at a place (or, at -1, where the descriptor stands), recorded if it is watched. */
#define WRITING(call, fd, bytes, length, place) \
  do { \
    int before = errno, error; \
    uint64_t inode = watched(fd, NULL); \
    errno = before; \
    if (!inode) { \
      ssize_t n = (call); \
      if (n > 0) { count(FILE_WRITES, 1); count(FILE_BYTES, (uint64_t)n); } \
      return n; \
    } \
    pthread_mutex_lock(&lock); \
    if ((error = failure("write"))) { \
      pthread_mutex_unlock(&lock); \
      errno = error; \
      return -1; \
    } \
    ssize_t n = (call); \
    if (n > 0) { \
      off_t where = (place); \
      count(FILE_WRITES, 1); \
      count(FILE_BYTES, (uint64_t)n); \
      if (where < 0) where = lseek(fd, 0, SEEK_CUR) - n; \
      if (log_fd >= 0) record(WRITE, inode, (uint64_t)where, bytes, (size_t)n, NULL, 0); \
    } \
    pthread_mutex_unlock(&lock); \
    return n; \
  } while (0)

static int is_socket(int fd) {
  struct stat s;
  return !fstat(fd, &s) && S_ISSOCK(s.st_mode);
}

static ssize_t socket_write(int fd, ssize_t n) {
  (void)fd;
  count(SOCKET_WRITES, 1);
  if (n > 0) count(SOCKET_BYTES, (uint64_t)n);
  return n;
}

ssize_t write(int fd, const void *bytes, size_t length) {
  REAL(write);
  if (counts && is_socket(fd)) return socket_write(fd, real(fd, bytes, length));
  WRITING(real(fd, bytes, length), fd, bytes, length, -1);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
  REAL(pwrite);
  WRITING(real(fd, bytes, length, at), fd, bytes, length, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
  REAL(pwrite64);
  WRITING(real(fd, bytes, length, at), fd, bytes, length, at);
}

ssize_t writev(int fd, const struct iovec *parts, int number) {
  REAL(writev);
  if (counts && is_socket(fd)) return socket_write(fd, real(fd, parts, number));
  uint64_t inode = watched(fd, NULL);
  if (!inode) return real(fd, parts, number);
  /* One part at a time: a short count is what writev may always answer. */
  for (int i = 0; i < number; i++)
    if (parts[i].iov_len) return write(fd, parts[i].iov_base, parts[i].iov_len);
  return 0;
}

ssize_t send(int fd, const void *bytes, size_t length, int flags) {
  REAL(send);
  return socket_write(fd, real(fd, bytes, length, flags));
}

ssize_t sendto(int fd, const void *bytes, size_t length, int flags, const struct sockaddr *to,
               socklen_t size) {
  REAL(sendto);
  return socket_write(fd, real(fd, bytes, length, flags, to, size));
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  REAL(sendmsg);
  return socket_write(fd, real(fd, message, flags));
}

#define TRUNCATING(name, type) \
  int name(int fd, type length) { \
    REAL(name); \
    uint64_t inode = watched(fd, NULL); \
    if (!inode || log_fd < 0) return real(fd, length); \
    pthread_mutex_lock(&lock); \
    int done = real(fd, length); \
    if (!done) record(TRUNCATE, inode, (uint64_t)length, NULL, 0, NULL, 0); \
    pthread_mutex_unlock(&lock); \
    return done; \
  }

TRUNCATING(ftruncate, off_t)
TRUNCATING(ftruncate64, off64_t)

/* Preallocation is refused, as some file systems do: its effect would be one more thing to rebuild. */
int fallocate(int fd, int mode, off_t at, off_t length) {
  REAL(fallocate);
  if (log_fd < 0 || !watched(fd, NULL)) return real(fd, mode, at, length);
  errno = EOPNOTSUPP;
  return -1;
}

int posix_fallocate(int fd, off_t at, off_t length) {
  REAL(posix_fallocate);
  if (log_fd < 0 || !watched(fd, NULL)) return real(fd, at, length);
  return EOPNOTSUPP;
}

#define SYNCING(name) \
  int name(int fd) { \
    REAL(name); \
    int is_folder = 0, error; \
    uint64_t inode = watched(fd, &is_folder); \
    count(SYNCS, 1); \
    if (nosync && is_database(fd)) return 0; \
    if (!inode) return real(fd); \
    pthread_mutex_lock(&lock); \
    if ((error = failure("sync"))) { \
      pthread_mutex_unlock(&lock); \
      errno = error; \
      return -1; \
    } \
    int done = real(fd); \
    if (!done && log_fd >= 0) record(is_folder ? SYNC_FOLDER : SYNC, inode, 0, NULL, 0, NULL, 0); \
    pthread_mutex_unlock(&lock); \
    return done; \
  }

SYNCING(fsync)
SYNCING(fdatasync)

static int two_paths(enum op op, int done, const char *from, const char *to) {
  if (!done && log_fd >= 0 && (below(from) || below(to)))
    record(op, 0, 0, from, strlen(from), to, strlen(to));
  return done;
}

#define TWO_PATHS(op, call, folder, from, other, to) \
  do { \
    char first[8192], second[8192]; \
    pthread_mutex_lock(&lock); \
    int done = two_paths(op, (call), whole_path(folder, from, first, sizeof first), \
                         whole_path(other, to, second, sizeof second)); \
    pthread_mutex_unlock(&lock); \
    return done; \
  } while (0)

int rename(const char *from, const char *to) {
  REAL(rename);
  TWO_PATHS(RENAME, real(from, to), AT_FDCWD, from, AT_FDCWD, to);
}

int renameat(int folder, const char *from, int other, const char *to) {
  REAL(renameat);
  TWO_PATHS(RENAME, real(folder, from, other, to), folder, from, other, to);
}

int renameat2(int folder, const char *from, int other, const char *to, unsigned flags) {
  REAL(renameat2);
  TWO_PATHS(RENAME, real(folder, from, other, to, flags), folder, from, other, to);
}

int link(const char *from, const char *to) {
  REAL(link);
  TWO_PATHS(LINK, real(from, to), AT_FDCWD, from, AT_FDCWD, to);
}

int linkat(int folder, const char *from, int other, const char *to, int flags) {
  REAL(linkat);
  TWO_PATHS(LINK, real(folder, from, other, to, flags), folder, from, other, to);
}

int unlink(const char *path) {
  REAL(unlink);
  TWO_PATHS(UNLINK, real(path), AT_FDCWD, path, AT_FDCWD, path);
}

int unlinkat(int folder, const char *path, int flags) {
  REAL(unlinkat);
  TWO_PATHS(UNLINK, real(folder, path, flags), folder, path, folder, path);
}

int mkdir(const char *path, mode_t mode) {
  REAL(mkdir);
  TWO_PATHS(MAKE_FOLDER, real(path, mode), AT_FDCWD, path, AT_FDCWD, path);
}
