/* Lets Criterion run under the thread sanitizer. Linked into tests of that build only.
 *
 * Criterion's sandbox (BoxFort) keeps what parent and child share at one address in both, which it picks at random between
 * 2^45 and 2^46.6. The thread sanitizer allows program memory in a few windows only and reserves all else, so every address
 * that the sandbox tries is taken: "Could not initialize inheritable arena". The two functions it asks are answered here in its
 * stead: nothing is taken, and the arena goes to the window below the libraries. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#define SANDBOX_LOW UINT64_C(0x200000000000)
#define WINDOW_LOW UINT64_C(0x7e8000000000) /* program memory from here on, */
#define WINDOW_STEPS UINT64_C(0x7000)       /* and free for this many steps of 16 MiB */
#define STEP_BITS 24

/* Called before the sanitizer is up, so without its checks. */
__attribute__((no_sanitize("thread"), visibility("default"))) void *mmap64(void *address, size_t length, int protection,
                                                                           int flags, int fd, off_t offset) {
    uintptr_t wanted = (uintptr_t)address;
    if (!(flags & MAP_FIXED) || wanted < SANDBOX_LOW || wanted >= WINDOW_LOW)
        return mmap(address, length, protection, flags, fd, offset);
    for (uintptr_t attempt = 0; attempt < 64; attempt++) {
        uintptr_t step = ((wanted >> STEP_BITS) + attempt * 977) % WINDOW_STEPS;
        uintptr_t base = WINDOW_LOW + (step << STEP_BITS);
        void *mapped = mmap((void *)base, length, protection, (flags & ~MAP_FIXED) | MAP_FIXED_NOREPLACE, fd, offset);
        if (mapped != MAP_FAILED) return mapped;
    }
    errno = ENOMEM;
    return MAP_FAILED;
}

__attribute__((no_sanitize("thread"), visibility("default"))) int mincore(void *address, size_t length,
                                                                          unsigned char *ret_pages) {
    (void)address, (void)length, (void)ret_pages;
    errno = ENOMEM; /* not mapped */
    return -1;
}
