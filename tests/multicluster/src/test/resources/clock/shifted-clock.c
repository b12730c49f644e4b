/* A time of day that is some seconds off: as many as the eight bytes of a file say, at every moment. What is measured by
   other clocks, and what the kernel waits for, goes on as it is. Loaded by LD_PRELOAD into processes that ClockJumpsIT
   starts. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int64_t *shift;

__attribute__((constructor)) static void find(void) {
    const char *name = getenv("HANSA_TEST_CLOCK");
    int file = name == NULL ? -1 : open(name, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return;
    }
    void *mapped = mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (mapped != MAP_FAILED) {
        shift = mapped;
    }
}

static int64_t seconds(void) {
    return shift == NULL ? 0 : __atomic_load_n(shift, __ATOMIC_RELAXED);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int status = (int) syscall(SYS_clock_gettime, clock, now);
    if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        now->tv_sec += seconds();
    }
    return status;
}

int gettimeofday(struct timeval *now, void *zone) {
    int status = (int) syscall(SYS_gettimeofday, now, zone);
    if (status == 0) {
        now->tv_sec += seconds();
    }
    return status;
}

time_t time(time_t *told) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (told != NULL) {
        *told = now.tv_sec;
    }
    return now.tv_sec;
}
