/* What the system says about processes and about itself. */
#ifndef PT_BENCH_PROC_H
#define PT_BENCH_PROC_H

#include <sys/types.h>

/* Processor seconds, user and system, that a process has used. 0 when it is gone. */
double pt_proc_cpu_seconds(pid_t pid);

/* Its resident memory in KiB. 0 when it is gone. */
double pt_proc_rss_kib(pid_t pid);

/* Processor seconds that all processes together have used since the machine's start. Steps of 10 ms. */
double pt_proc_busy_seconds(void);

/* What measurements depend on. */
typedef struct pt_machine {
    char cpu[128], kernel[128];
    long cpus;
    double load; /* average of the last minute */
} pt_machine;

void pt_machine_get(pt_machine *ret_machine);

#endif
