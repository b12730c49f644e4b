/* A long way: a TUN device whose packets come back out of it after a delay, so that what is routed into it takes
   longer and nothing else happens to it. The kernel's own way, netem, is not everywhere.

   delayed-link DEVICE MILLIS says `ready` when the device is there, and ends with its standard input. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* A second of a busy link; what there is no room for is lost, and TCP sends it again. */
#define MOST 16384
#define MTU 1500

static struct {
    long long due;
    ssize_t length;
    char bytes[MTU];
} packets[MOST];

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int count, char **words) {
    if (count != 3) {
        fprintf(stderr, "usage: delayed-link DEVICE MILLIS\n");
        return 2;
    }
    long long delay = atoll(words[2]) * 1000000LL;
    int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    struct ifreq request;
    memset(&request, 0, sizeof request);
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    strncpy(request.ifr_name, words[1], IFNAMSIZ - 1);
    if (device < 0 || ioctl(device, TUNSETIFF, &request) < 0) {
        perror("delayed-link: /dev/net/tun");
        return 1;
    }
    puts("ready");
    fflush(stdout);
    unsigned first = 0;
    unsigned held = 0;
    for (;;) {
        struct pollfd ends[] = {{device, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
        int wait = -1;
        if (held > 0) {
            long long left = packets[first].due - now();
            wait = left <= 0 ? 0 : (int) (left / 1000000) + 1;
        }
        if (poll(ends, 2, wait) < 0 && errno != EINTR) {
            return 1;
        }
        if (ends[1].revents) {
            return 0;
        }
        while (held < MOST) {
            unsigned last = (first + held) % MOST;
            packets[last].length = read(device, packets[last].bytes, MTU);
            if (packets[last].length <= 0) {
                break;
            }
            packets[last].due = now() + delay;
            held++;
        }
        while (held > 0 && packets[first].due <= now()) {
            /* a device that takes nothing now has lost a packet, as a link may */
            if (write(device, packets[first].bytes, packets[first].length) < 0 && errno == EBADF) {
                return 1;
            }
            first = (first + 1) % MOST;
            held--;
        }
    }
}
