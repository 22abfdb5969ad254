/* Clients: how many connections each address has open. */
#ifndef PT_PROGRAM_PEERS_H
#define PT_PROGRAM_PEERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define PT_PEER_TEXT_BYTES 64

typedef struct pt_peers pt_peers;

/* One open connection of a client. */
typedef struct pt_peer {
    char text[PT_PEER_TEXT_BYTES]; /* its address, for the log */
    void *entry;                   /* private */
} pt_peer;

/* Counts connections up to `limit` an address. NULL: no memory. Free it when all connections are gone; NULL is allowed. */
pt_peers *pt_peers_new(uint32_t limit);
void pt_peers_free(pt_peers *peers);

/* True while the address may open another connection. Thread: any, as for all here. */
bool pt_peers_admit(pt_peers *peers, const struct sockaddr *address);

/* Counts a connection until pt_peers_closed, which frees it. NULL: no memory; it is not counted then. */
pt_peer *pt_peers_opened(pt_peers *peers, const struct sockaddr *address);
void pt_peers_closed(pt_peers *peers, pt_peer *peer);

#endif
