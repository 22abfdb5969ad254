/* How calls are spread over endpoints. */
#ifndef PT_RESILIENCE_BALANCING_H
#define PT_RESILIENCE_BALANCING_H

#include <stdbool.h>
#include <stdint.h>

typedef enum pt_balancing {
    PT_PICK_FIRST,           /* the first of the list that takes calls */
    PT_ROUND_ROBIN,          /* in turn, by weight */
    PT_POWER_OF_TWO_CHOICES, /* two are drawn by weight, the one with less to do wins */
    PT_RING_HASH,            /* by a key: consistent hashing with bounded loads */
} pt_balancing;

#define PT_HASH_KEY_BYTES 64

typedef struct pt_balancing_policy {
    pt_balancing kind;
    bool latency;                   /* two choices: calls under way times average latency decides */
    uint32_t ring_points;           /* ring: most points, all endpoints together */
    uint32_t load_bound_percentage; /* ring: of its share of the calls under way that an endpoint takes; 0: no bound */
    char key[PT_HASH_KEY_BYTES];    /* ring: metadata key, lower case */
} pt_balancing_policy;

#define PT_BALANCING_POLICY_INIT                                                                                               \
    { .kind = PT_POWER_OF_TWO_CHOICES, .ring_points = 4096, .load_bound_percentage = 150 }

#endif
