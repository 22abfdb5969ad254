#include "schema/names.h"

#include <sys/random.h>
#include <time.h>

pt_name_seed pt_name_seed_new(void) {
    pt_name_seed seed;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == (ssize_t)sizeof seed) return seed;
    /* So early after boot that there is no entropy yet: the clock and an address will do. */
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t ticks = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    return (pt_name_seed){pt_name_mix(ticks, UINT64_C(0x9e3779b97f4a7c15)), (uint64_t)(uintptr_t)&seed ^ ticks};
}

uint32_t pt_names_slots(size_t n) {
    uint32_t slots = 2;
    while (slots / 2 < n && slots < UINT32_C(1) << 31)
        slots *= 2;
    return slots;
}

void pt_names_init(pt_names *names, pt_name_slot *slots, uint32_t n_slots, pt_name_seed seed) {
    *names = (pt_names){slots, n_slots - 1, seed};
}

void pt_names_put(pt_names *names, const char *name, size_t len, uint32_t value) {
    uint64_t hash = pt_name_hash(names->seed, name, len);
    uint32_t i = (uint32_t)hash & names->mask;
    while (names->slots[i].name)
        i = (i + 1) & names->mask;
    names->slots[i] = (pt_name_slot){name, (uint16_t)len, (uint16_t)(hash >> 48), value};
}
