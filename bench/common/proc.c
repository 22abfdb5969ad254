#include "common/proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

double pt_proc_cpu_seconds(pid_t pid) {
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t)) return 0;
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Finds the line of a file that starts with `key` and copies what stands behind the colon; without it, the text stays as it
 * was. */
static void find_line(const char *path, const char *key, char *text, size_t size) {
    char line[256];
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':');
        if (!colon || strncmp(line, key, strlen(key)) != 0) continue;
        colon += 1 + strspn(colon + 1, " \t");
        colon[strcspn(colon, "\n")] = 0;
        snprintf(text, size, "%s", colon);
        break;
    }
    if (file) fclose(file);
}

double pt_proc_rss_kib(pid_t pid) {
    char path[64], text[64] = "0";
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    find_line(path, "VmRSS", text, sizeof text);
    return strtod(text, NULL);
}

double pt_proc_busy_seconds(void) {
    char line[256] = "";
    FILE *file = fopen("/proc/stat", "r");
    if (!file) return 0;
    char *next = fgets(line, sizeof line, file);
    fclose(file);
    if (!next || strncmp(line, "cpu ", 4) != 0) return 0;
    next = line + 4;
    double ticks = 0;
    for (int i = 0; i < 8; i++) { /* user nice system idle iowait irq softirq steal */
        unsigned long long value = strtoull(next, &next, 10);
        if (i != 3 && i != 4) ticks += (double)value;
    }
    return ticks / (double)sysconf(_SC_CLK_TCK);
}

void pt_machine_get(pt_machine *ret_machine) {
    struct utsname host;
    *ret_machine = (pt_machine){.cpu = "unknown", .kernel = "unknown", .cpus = sysconf(_SC_NPROCESSORS_ONLN)};
    find_line("/proc/cpuinfo", "model name", ret_machine->cpu, sizeof ret_machine->cpu);
    if (uname(&host) == 0) snprintf(ret_machine->kernel, sizeof ret_machine->kernel, "%s %.60s", host.machine, host.release);
    if (getloadavg(&ret_machine->load, 1) != 1) ret_machine->load = 0;
}
