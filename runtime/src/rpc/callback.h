/* Marks threads of the runtime while they run code of the user's: code that waits there would wait for itself. */
#ifndef PT_RPC_CALLBACK_H
#define PT_RPC_CALLBACK_H

#include <stdbool.h>

/* Between the two, pt_in_callback is true on this thread. They may nest. */
void pt_callback_enter(void);
void pt_callback_leave(void);

bool pt_in_callback(void);

#endif
