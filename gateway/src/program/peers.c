#include "program/peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
/* Not found, and an entry left out, in place of exit(): memory may run out here. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(entry) ((entry)->connections = 0)
#include <uthash.h>

typedef struct key {
    uint8_t bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
} key;

typedef struct entry {
    key address;
    uint32_t connections;
    UT_hash_handle hh;
} entry;

struct pt_peers {
    pthread_mutex_t lock;
    entry *entries;
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

pt_peers *pt_peers_new(uint32_t limit) {
    pt_peers *peers = calloc(1, sizeof *peers);
    if (!peers) return NULL;
    peers->limit = limit;
    pthread_mutex_init(&peers->lock, NULL);
    return peers;
}

void pt_peers_free(pt_peers *peers) {
    if (!peers) return;
    entry *e, *next;
    HASH_ITER(hh, peers->entries, e, next) {
        HASH_DEL(peers->entries, e);
        free(e);
    }
    pthread_mutex_destroy(&peers->lock);
    free(peers);
}

bool pt_peers_admit(pt_peers *peers, const struct sockaddr *address) {
    key k = key_of(address);
    entry *e;
    pthread_mutex_lock(&peers->lock);
    HASH_FIND(hh, peers->entries, &k, sizeof k, e);
    bool admitted = !e || e->connections < peers->limit;
    pthread_mutex_unlock(&peers->lock);
    return admitted;
}

/* With the lock. NULL: no memory. */
static entry *count(pt_peers *peers, key k) {
    entry *e;
    HASH_FIND(hh, peers->entries, &k, sizeof k, e);
    if (e) {
        e->connections++;
        return e;
    }
    e = calloc(1, sizeof *e);
    if (!e) return NULL;
    e->address = k;
    e->connections = 1;
    HASH_ADD(hh, peers->entries, address, sizeof k, e);
    if (e->connections) return e;
    free(e);
    return NULL;
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
        HASH_DEL(peers->entries, e);
        free(e);
    }
    pthread_mutex_unlock(&peers->lock);
    free(peer);
}
