#include "program/peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define CHAINS 4096 /* a power of two */

typedef struct key {
    uint8_t bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
} key;

typedef struct entry {
    key address;
    uint32_t connections;
    struct entry *next;
} entry;

struct pt_peers {
    pthread_mutex_t lock;
    entry *chains[CHAINS];
    uint64_t seed; /* so that nobody can choose addresses that fall into one chain */
    uint32_t limit;
};

static key key_of(const struct sockaddr *address) {
    key k = {{0}};
    if (address->sa_family == AF_INET6) {
        memcpy(k.bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
    } else if (address->sa_family == AF_INET) {
        k.bytes[10] = k.bytes[11] = 0xff;
        memcpy(k.bytes + 12, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
    }
    return k;
}

/* FNV-1a from a random start. */
static uint32_t chain_of(const pt_peers *peers, const key *k) {
    uint64_t hash = peers->seed;
    for (size_t i = 0; i < sizeof k->bytes; i++)
        hash = (hash ^ k->bytes[i]) * UINT64_C(1099511628211);
    return (uint32_t)(hash >> 32) & (CHAINS - 1);
}

/* With the lock: where the address stands, or would stand. */
static entry **find(pt_peers *peers, const key *k) {
    entry **place = &peers->chains[chain_of(peers, k)];
    while (*place && memcmp(&(*place)->address, k, sizeof *k) != 0)
        place = &(*place)->next;
    return place;
}

pt_peers *pt_peers_new(uint32_t limit) {
    pt_peers *peers = calloc(1, sizeof *peers);
    if (!peers) return NULL;
    peers->limit = limit;
    if (getrandom(&peers->seed, sizeof peers->seed, GRND_NONBLOCK) < 0) peers->seed = (uintptr_t)peers;
    pthread_mutex_init(&peers->lock, NULL);
    return peers;
}

void pt_peers_free(pt_peers *peers) {
    if (!peers) return;
    pthread_mutex_destroy(&peers->lock);
    free(peers);
}

bool pt_peers_admit(pt_peers *peers, const struct sockaddr *address) {
    key k = key_of(address);
    pthread_mutex_lock(&peers->lock);
    const entry *e = *find(peers, &k);
    bool admitted = !e || e->connections < peers->limit;
    pthread_mutex_unlock(&peers->lock);
    return admitted;
}

/* With the lock. NULL: no memory. */
static entry *count(pt_peers *peers, key k) {
    entry **place = find(peers, &k);
    if (!*place) {
        *place = calloc(1, sizeof **place);
        if (!*place) return NULL;
        (*place)->address = k;
    }
    (*place)->connections++;
    return *place;
}

static void write_text(const struct sockaddr *address, char *ret_text) {
    const void *bytes = address->sa_family == AF_INET6
                            ? (const void *)&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr
                            : (const void *)&((const struct sockaddr_in *)(const void *)address)->sin_addr;
    if (!inet_ntop(address->sa_family, bytes, ret_text, PT_PEER_TEXT_BYTES)) memcpy(ret_text, "-", 2);
}

pt_peer *pt_peers_opened(pt_peers *peers, const struct sockaddr *address) {
    pt_peer *peer = calloc(1, sizeof *peer);
    if (!peer) return NULL;
    write_text(address, peer->text);
    pthread_mutex_lock(&peers->lock);
    peer->entry = count(peers, key_of(address));
    pthread_mutex_unlock(&peers->lock);
    if (peer->entry) return peer;
    free(peer);
    return NULL;
}

void pt_peers_closed(pt_peers *peers, pt_peer *peer) {
    entry *e = peer->entry;
    pthread_mutex_lock(&peers->lock);
    if (--e->connections == 0) {
        *find(peers, &e->address) = e->next;
        free(e);
    }
    pthread_mutex_unlock(&peers->lock);
    free(peer);
}
