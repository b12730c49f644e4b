/* A disk that does not take what it was given: fsync and fdatasync fail with EIO for files whose
   path has a text in it, while a switch exists that holds this text; where it holds "write:" before
   it, writes do. Loaded by LD_PRELOAD into a server that FsyncFailsIT starts. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OF_WRITES "write:"

static int fails(int descriptor, int writes) {
    const char *name = getenv("HANSA_TEST_FAILING_SYNC");
    int found = name == NULL ? -1 : open(name, O_RDONLY | O_CLOEXEC);
    if (found < 0) {
        return 0;
    }
    char wanted[256];
    ssize_t length = read(found, wanted, sizeof wanted - 1);
    close(found);
    if (length <= 0) {
        return 0;
    }
    wanted[length] = '\0';
    char *text = wanted;
    if ((strncmp(text, OF_WRITES, strlen(OF_WRITES)) == 0) != writes) {
        return 0;
    }
    if (writes) {
        text += strlen(OF_WRITES);
    }
    char link[64];
    char path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    length = readlink(link, path, sizeof path - 1);
    if (length < 0) {
        return 0;
    }
    path[length] = '\0';
    return strstr(path, text) != NULL;
}

static int sync_of(long call, int descriptor) {
    if (fails(descriptor, 0)) {
        errno = EIO;
        return -1;
    }
    return (int) syscall(call, descriptor);
}

int fsync(int descriptor) {
    return sync_of(SYS_fsync, descriptor);
}

int fdatasync(int descriptor) {
    return sync_of(SYS_fdatasync, descriptor);
}

ssize_t write(int descriptor, const void *from, size_t length) {
    if (fails(descriptor, 1)) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_write, descriptor, from, length);
}

ssize_t pwrite(int descriptor, const void *from, size_t length, off_t at) {
    if (fails(descriptor, 1)) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_pwrite64, descriptor, from, length, at);
}

ssize_t pwrite64(int descriptor, const void *from, size_t length, off64_t at) {
    return pwrite(descriptor, from, length, at);
}
