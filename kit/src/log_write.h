/* The line writer behind pt_log and pt_log_call. */
#ifndef PARTIE_KIT_LOG_WRITE_H
#define PARTIE_KIT_LOG_WRITE_H

#include "partie/kit/log.h"

/* As pt_log. */
void pt_log_vwrite(pt_log_level level, const pt_log_field *fields, const char *format, va_list args) PT_PRINTF(3, 0);

#endif
