/* Version of libpartie, and the handshake between generated stubs and the runtime that they are built with. */
#ifndef PARTIE_VERSION_H
#define PARTIE_VERSION_H

/* Semantic version of this release. */
#define PT_VERSION "0.1.0"

/* The same as one number: major * 10000 + minor * 100 + patch. */
#define PT_VERSION_NUM 100

/* What generated stubs ask of the runtime. It rises whenever protoc-gen-partie emits something that an older runtime lacks;
 * stubs refuse to compile with a runtime whose number is lower than theirs, or whose PT_STUBS_OLDEST is higher. */
#define PT_STUBS_VERSION 2
#define PT_STUBS_OLDEST 2

#endif
