/* A library to be preloaded into a server: faults at the n-th system call on files of its data directory, and a journal
 * of what is not durable yet.
 *
 * OBJD_FAULT_CONTROL names a file that is mapped shared: whoever tests writes the orders there (struct control) while the
 * server runs, and reads the counts. Calls are counted over all threads, which is what strace cannot do.
 *
 * OBJD_FAULT_JOURNAL names a file that gets a record before each change of a file (with the bytes that it replaces) and
 * after each sync. Files that are unlinked or replaced are linked into OBJD_FAULT_GRAVEYARD first. fault_journal.py reads
 * it after a kill and takes back what no sync had covered.
 *
 * Only files below OBJD_FAULT_ROOT are concerned. Any thread; async-signal safety is not attempted.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* Bits of `calls`: keep in step with faults.py. */
enum {
  kWrite = 1 << 0,
  kSync = 1 << 1,
  kRename = 1 << 2,
  kUnlink = 1 << 3,
  kTruncate = 1 << 4,
  kAllocate = 1 << 5,
  kCreate = 1 << 6,
  kOpen = 1 << 7, /* without creating */
  kRead = 1 << 8,
  kMakeDirectory = 1 << 9,
};

enum { kNothing = 0, kKillBefore = 1, kKillAfter = 2, kFail = 3, kShorten = 4 };

struct control {
  _Atomic uint32_t action;
  uint32_t calls;
  uint32_t error;
  uint32_t files; /* 1: only segments, 2: all others, 3: all */
  uint64_t first; /* of the calls that match, counted from 1 */
  uint64_t last;
  _Atomic uint64_t count;
  _Atomic uint64_t injected;
  _Atomic uint64_t syncs_repeated; /* of a file whose sync had failed */
};

#define PASS_ON(result, name, ...) result(*real_##name)(__VA_ARGS__)
static PASS_ON(ssize_t, pwrite, int, const void*, size_t, off_t);
static PASS_ON(ssize_t, write, int, const void*, size_t);
static PASS_ON(ssize_t, writev, int, const struct iovec*, int);
static PASS_ON(ssize_t, pread, int, void*, size_t, off_t);
static PASS_ON(ssize_t, preadv2, int, const struct iovec*, int, off_t, int);
static PASS_ON(ssize_t, read, int, void*, size_t);
static PASS_ON(int, fsync, int);
static PASS_ON(int, fdatasync, int);
static PASS_ON(int, rename, const char*, const char*);
static PASS_ON(int, unlink, const char*);
static PASS_ON(int, unlinkat, int, const char*, int);
static PASS_ON(int, ftruncate, int, off_t);
static PASS_ON(int, fallocate, int, int, off_t, off_t);
static PASS_ON(int, open, const char*, int, ...);
static PASS_ON(int, openat, int, const char*, int, ...);
static PASS_ON(int, mkdir, const char*, mode_t);

static struct control* control;
static struct control unarmed;
static const char* root;
static const char* graveyard;
static int journal = -1;
static uint64_t journal_records;
static pthread_mutex_t journal_mutex = PTHREAD_MUTEX_INITIALIZER;

#define FAILED_SYNCS_MAX 64
static _Atomic uint64_t failed_syncs[FAILED_SYNCS_MAX];
static _Atomic uint32_t failed_sync_count;

static void* find(const char* name) {
  void* found = dlsym(RTLD_NEXT, name);
  if (found == NULL) abort();
  return found;
}

/* An assertion that ends the server says where: it leaves no core. */
static void say_where(int signal_number) {
  void* stack[64];
  backtrace_symbols_fd(stack, backtrace(stack, 64), 2);
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

__attribute__((constructor)) static void begin(void) {
  signal(SIGABRT, say_where);
  real_pwrite = find("pwrite64");
  real_write = find("write");
  real_writev = find("writev");
  real_pread = find("pread64");
  real_preadv2 = find("preadv64v2");
  real_read = find("read");
  real_fsync = find("fsync");
  real_fdatasync = find("fdatasync");
  real_rename = find("rename");
  real_unlink = find("unlink");
  real_unlinkat = find("unlinkat");
  real_ftruncate = find("ftruncate64");
  real_fallocate = find("fallocate64");
  real_open = find("open64");
  real_openat = find("openat64");
  real_mkdir = find("mkdir");
  control = &unarmed;
  root = getenv("OBJD_FAULT_ROOT");
  graveyard = getenv("OBJD_FAULT_GRAVEYARD");
  const char* path = getenv("OBJD_FAULT_CONTROL");
  if (path != NULL) {
    const int fd = real_open(path, O_RDWR | O_CLOEXEC);
    void* mapped = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) abort();
    close(fd);
    control = mapped;
  }
  path = getenv("OBJD_FAULT_JOURNAL");
  if (path != NULL) journal = real_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* --- which files --- */

static int is_below_root(const char* path) {
  const size_t length = root == NULL ? 0 : strlen(root);
  return length > 0 && strncmp(path, root, length) == 0;
}

/* The path of an open file below the root, or 0. */
static int path_of(int fd, char path[PATH_MAX]) {
  char link[48];
  if (root == NULL) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return is_below_root(path);
}

static int absolute(int directory, const char* name, char path[PATH_MAX]) {
  char folder[PATH_MAX];
  if (name[0] == '/') {
    snprintf(path, PATH_MAX, "%s", name);
  } else if (directory == AT_FDCWD) {
    if (getcwd(folder, sizeof folder) == NULL) return 0;
    if (snprintf(path, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX) return 0;
  } else {
    if (!path_of(directory, folder)) return 0;
    if (snprintf(path, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX) return 0;
  }
  return is_below_root(path);
}

/* --- faults --- */

struct fault {
  uint32_t action;
  uint32_t error;
};

static struct fault fault_at(uint32_t call, const char* path) {
  struct fault none = {kNothing, 0};
  const uint32_t action = control->action;
  if (action == kNothing || (control->calls & call) == 0) return none;
  const uint32_t kind = strstr(path, "/segments") != NULL ? 1 : 2;
  if ((control->files & kind) == 0) return none;
  const uint64_t number = ++control->count;
  if (number < control->first || number > control->last) return none;
  ++control->injected;
  if (action == kKillBefore) kill(getpid(), SIGKILL);
  struct fault fault = {action, control->error};
  return fault;
}

static void after(struct fault fault) {
  if (fault.action == kKillAfter) kill(getpid(), SIGKILL);
}

/* --- the journal: a line of text for each record, bytes behind it --- */

static uint64_t file_id(int fd) {
  struct stat info;
  return fstat(fd, &info) == 0 ? (uint64_t)info.st_ino : 0;
}

static int is_folder(int fd) {
  struct stat info;
  return fstat(fd, &info) == 0 && S_ISDIR(info.st_mode);
}

static uint64_t note(const char* line, const void* bytes, size_t size) {
  struct iovec parts[2] = {{(void*)line, strlen(line)}, {(void*)bytes, size}};
  if (real_writev(journal, parts, 2) < 0) abort();
  return ++journal_records;
}

/* Before `size` bytes go to `offset`: what is there. */
static void note_write(int fd, const char* path, off_t offset, size_t size) {
  if (journal < 0) return;
  struct stat info;
  if (fstat(fd, &info) != 0) return;
  char* old = calloc(1, size ? size : 1);
  const int reader = real_open(path, O_RDONLY | O_CLOEXEC);
  ssize_t got = reader < 0 ? 0 : real_pread(reader, old, size, offset);
  if (reader >= 0) close(reader);
  if (got < 0) got = 0;
  char line[128];
  pthread_mutex_lock(&journal_mutex);
  snprintf(line, sizeof line, "W %llu %lld %zu %lld %zd\n", (unsigned long long)info.st_ino, (long long)offset, size,
           (long long)info.st_size, got);
  note(line, old, (size_t)got);
  pthread_mutex_unlock(&journal_mutex);
  free(old);
}

static void note_truncate(int fd, off_t size) {
  if (journal < 0) return;
  struct stat info;
  char line[96];
  if (fstat(fd, &info) != 0) return;
  pthread_mutex_lock(&journal_mutex);
  snprintf(line, sizeof line, "T %llu %lld %lld\n", (unsigned long long)info.st_ino, (long long)size, (long long)info.st_size);
  note(line, NULL, 0);
  pthread_mutex_unlock(&journal_mutex);
}

static uint64_t sync_begins(void) {
  pthread_mutex_lock(&journal_mutex);
  const uint64_t records = journal_records;
  pthread_mutex_unlock(&journal_mutex);
  return records;
}

/* A sync covers the records before its beginning, and no other. */
static void sync_ended(int fd, const char* path, uint64_t records) {
  char line[PATH_MAX + 64];
  if (journal < 0) return;
  pthread_mutex_lock(&journal_mutex);
  snprintf(line, sizeof line, "S %llu %llu %s\n", (unsigned long long)file_id(fd), (unsigned long long)records, path);
  note(line, NULL, 0);
  pthread_mutex_unlock(&journal_mutex);
}

/* C: created. U: unlinked. D: a folder removed. R: renamed. Before the call, which a kill may keep from happening, and under the mutex together
 * with it, so that their order is true. */
static void note_name(char what, const char* path, const char* other, uint64_t grave) {
  char line[2 * PATH_MAX + 64];
  snprintf(line, sizeof line, "%c %llu %s\t%s\n", what, (unsigned long long)grave, path, other);
  note(line, NULL, 0);
}

/* Keeps a file that is about to lose its name; 0 when there is none. */
static uint64_t bury(const char* path) {
  static uint64_t graves;
  char grave[PATH_MAX];
  if (graveyard == NULL) return 0;
  snprintf(grave, sizeof grave, "%s/%llu", graveyard, (unsigned long long)++graves);
  return link(path, grave) == 0 ? graves : 0;
}

/* --- the calls --- */

ssize_t pwrite64(int fd, const void* bytes, size_t size, off_t offset) {
  char path[PATH_MAX];
  if (!path_of(fd, path)) return real_pwrite(fd, bytes, size, offset);
  const struct fault fault = fault_at(kWrite, path);
  if (fault.action == kFail) {
    errno = (int)fault.error;
    return -1;
  }
  /* O_DIRECT takes whole blocks only, and so a file system writes no less. */
  if (fault.action == kShorten && size > 8192) size = (size / 2) & ~(size_t)4095;
  note_write(fd, path, offset, size);
  const ssize_t result = real_pwrite(fd, bytes, size, offset);
  after(fault);
  return result;
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  return pwrite64(fd, bytes, size, offset);
}

ssize_t write(int fd, const void* bytes, size_t size) {
  char path[PATH_MAX];
  if (!path_of(fd, path)) return real_write(fd, bytes, size);
  const struct fault fault = fault_at(kWrite, path);
  if (fault.action == kFail) {
    errno = (int)fault.error;
    return -1;
  }
  if (fault.action == kShorten && size > 1) size /= 2;
  if (journal >= 0) {
    const int flags = fcntl(fd, F_GETFL);
    struct stat info;
    fstat(fd, &info);
    note_write(fd, path, (flags & O_APPEND) ? info.st_size : lseek(fd, 0, SEEK_CUR), size);
  }
  const ssize_t result = real_write(fd, bytes, size);
  after(fault);
  return result;
}

ssize_t writev(int fd, const struct iovec* parts, int count) {
  char path[PATH_MAX];
  if (!path_of(fd, path)) return real_writev(fd, parts, count);
  ssize_t done = 0;
  for (int i = 0; i < count; ++i) {
    const ssize_t result = write(fd, parts[i].iov_base, parts[i].iov_len);
    if (result < 0) return done > 0 ? done : result;
    done += result;
    if ((size_t)result < parts[i].iov_len) break;
  }
  return done;
}

ssize_t pread64(int fd, void* bytes, size_t size, off_t offset) {
  char path[PATH_MAX];
  if ((control->calls & kRead) == 0 || !path_of(fd, path)) return real_pread(fd, bytes, size, offset);
  const struct fault fault = fault_at(kRead, path);
  if (fault.action == kFail) {
    errno = (int)fault.error;
    return -1;
  }
  if (fault.action == kShorten && size > 1) size /= 2;
  return real_pread(fd, bytes, size, offset);
}

// Where reads may fail nothing is answered from memory, so that each comes by the calls that count.
ssize_t preadv64v2(int fd, const struct iovec* parts, int count, off_t offset, int flags) {
  char path[PATH_MAX];
  if ((control->calls & kRead) == 0 || !path_of(fd, path)) return real_preadv2(fd, parts, count, offset, flags);
  errno = EAGAIN;
  return -1;
}

ssize_t preadv2(int fd, const struct iovec* parts, int count, off_t offset, int flags) {
  return preadv64v2(fd, parts, count, offset, flags);
}

ssize_t pread(int fd, void* bytes, size_t size, off_t offset) {
  return pread64(fd, bytes, size, offset);
}

ssize_t read(int fd, void* bytes, size_t size) {
  char path[PATH_MAX];
  if ((control->calls & kRead) == 0 || !path_of(fd, path)) return real_read(fd, bytes, size);
  const struct fault fault = fault_at(kRead, path);
  if (fault.action == kFail) {
    errno = (int)fault.error;
    return -1;
  }
  if (fault.action == kShorten && size > 1) size /= 2;
  return real_read(fd, bytes, size);
}

static int sync_file(int fd, int (*call)(int)) {
  char path[PATH_MAX];
  if (!path_of(fd, path)) return call(fd);
  const struct fault fault = fault_at(kSync, path);
  const uint64_t id = file_id(fd);
  uint32_t failed = failed_sync_count;
  for (uint32_t i = 0; i < failed && i < FAILED_SYNCS_MAX; ++i) {
    if (failed_syncs[i] == id) ++control->syncs_repeated;
  }
  if (fault.action == kFail) {
    /* A folder is synced again, for another name in it: the file whose name may be lost is not used any more. */
    failed = is_folder(fd) ? FAILED_SYNCS_MAX : failed_sync_count++;
    if (failed < FAILED_SYNCS_MAX) failed_syncs[failed] = id;
    errno = (int)fault.error;
    return -1;
  }
  const uint64_t records = sync_begins();
  const int result = call(fd);
  if (result == 0) sync_ended(fd, path, records);
  after(fault);
  return result;
}

int fsync(int fd) {
  return sync_file(fd, real_fsync);
}

int fdatasync(int fd) {
  return sync_file(fd, real_fdatasync);
}

int rename(const char* from, const char* to) {
  char source[PATH_MAX], target[PATH_MAX];
  if (!absolute(AT_FDCWD, from, source) || !absolute(AT_FDCWD, to, target)) return real_rename(from, to);
  const struct fault fault = fault_at(kRename, target);
  if (fault.action == kFail) {
    errno = (int)fault.error;
    return -1;
  }
  pthread_mutex_lock(&journal_mutex);
  if (journal >= 0) note_name('R', source, target, bury(target));
  const int result = real_rename(from, to);
  const int error = errno;
  pthread_mutex_unlock(&journal_mutex);
  errno = error;
  after(fault);
  return result;
}

static int remove_name(const char* name, int directory, int flags, const char* path) {
  const struct fault fault = fault_at(kUnlink, path);
  if (fault.action == kFail) {
    errno = (int)fault.error;
    return -1;
  }
  pthread_mutex_lock(&journal_mutex);
  if (journal >= 0 && access(path, F_OK) == 0) {
    const int removes_folder = (flags & AT_REMOVEDIR) != 0;
    note_name(removes_folder ? 'D' : 'U', path, "", removes_folder ? 0 : bury(path));
  }
  const int result = real_unlinkat(directory, name, flags);
  const int error = errno;
  pthread_mutex_unlock(&journal_mutex);
  errno = error;
  after(fault);
  return result;
}

int unlink(const char* name) {
  char path[PATH_MAX];
  if (!absolute(AT_FDCWD, name, path)) return real_unlink(name);
  return remove_name(name, AT_FDCWD, 0, path);
}

int unlinkat(int directory, const char* name, int flags) {
  char path[PATH_MAX];
  if (!absolute(directory, name, path)) return real_unlinkat(directory, name, flags);
  return remove_name(name, directory, flags, path);
}

int rmdir(const char* name) {
  char path[PATH_MAX];
  if (!absolute(AT_FDCWD, name, path)) return real_unlinkat(AT_FDCWD, name, AT_REMOVEDIR);
  return remove_name(name, AT_FDCWD, AT_REMOVEDIR, path);
}

int remove(const char* name) {
  struct stat info;
  return lstat(name, &info) == 0 && S_ISDIR(info.st_mode) ? rmdir(name) : unlink(name);
}

int ftruncate64(int fd, off_t size) {
  char path[PATH_MAX];
  if (!path_of(fd, path)) return real_ftruncate(fd, size);
  const struct fault fault = fault_at(kTruncate, path);
  if (fault.action == kFail) {
    errno = (int)fault.error;
    return -1;
  }
  note_truncate(fd, size);
  const int result = real_ftruncate(fd, size);
  after(fault);
  return result;
}

int ftruncate(int fd, off_t size) {
  return ftruncate64(fd, size);
}

int fallocate64(int fd, int mode, off_t offset, off_t size) {
  char path[PATH_MAX];
  if (!path_of(fd, path)) return real_fallocate(fd, mode, offset, size);
  const struct fault fault = fault_at(kAllocate, path);
  if (fault.action == kFail) {
    errno = (int)fault.error;
    return -1;
  }
  const int result = real_fallocate(fd, mode, offset, size);
  after(fault);
  return result;
}

int fallocate(int fd, int mode, off_t offset, off_t size) {
  return fallocate64(fd, mode, offset, size);
}

static int open_file(int directory, const char* name, int flags, mode_t mode) {
  char path[PATH_MAX];
  if (!absolute(directory, name, path)) return real_openat(directory, name, flags, mode);
  const int creates = (flags & O_CREAT) != 0;
  const struct fault fault = fault_at(creates ? kCreate : kOpen, path);
  if (fault.action == kFail) {
    errno = (int)fault.error;
    return -1;
  }
  if (journal < 0 || !creates) {
    const int result = real_openat(directory, name, flags, mode);
    after(fault);
    return result;
  }
  pthread_mutex_lock(&journal_mutex);
  if (access(path, F_OK) != 0) note_name('C', path, "", 0);
  const int result = real_openat(directory, name, flags, mode);
  const int error = errno;
  pthread_mutex_unlock(&journal_mutex);
  errno = error;
  after(fault);
  return result;
}

#define MODE_OF(flags)                                \
  mode_t mode = 0;                                    \
  if ((flags) & (O_CREAT | __O_TMPFILE)) {            \
    va_list more;                                     \
    va_start(more, flags);                            \
    mode = va_arg(more, mode_t);                      \
    va_end(more);                                     \
  }

int open64(const char* name, int flags, ...) {
  MODE_OF(flags)
  return open_file(AT_FDCWD, name, flags, mode);
}

int open(const char* name, int flags, ...) {
  MODE_OF(flags)
  return open_file(AT_FDCWD, name, flags, mode);
}

int openat64(int directory, const char* name, int flags, ...) {
  MODE_OF(flags)
  return open_file(directory, name, flags, mode);
}

int openat(int directory, const char* name, int flags, ...) {
  MODE_OF(flags)
  return open_file(directory, name, flags, mode);
}

int mkdir(const char* name, mode_t mode) {
  char path[PATH_MAX];
  if (!absolute(AT_FDCWD, name, path)) return real_mkdir(name, mode);
  const struct fault fault = fault_at(kMakeDirectory, path);
  if (fault.action == kFail) {
    errno = (int)fault.error;
    return -1;
  }
  const int result = real_mkdir(name, mode);
  after(fault);
  return result;
}
