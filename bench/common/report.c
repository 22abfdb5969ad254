#include "common/report.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/proc.h"
#include "partie/buf.h"
#include "partie/json.h"

#define REPORT_BYTES (16u << 20)

static bool is_ours(const pt_plan *plan, const pt_case *c) {
    return strcmp(c->peer, plan->ours) == 0;
}

/* "grpc tuned" */
static int format_name(const pt_case *c, char *ret_text, size_t size) {
    return snprintf(ret_text, size, "%s%s%s", c->peer, *c->variant ? " " : "", c->variant);
}

/* 1,234,567.8 */
static void format_number(double value, int decimals, char *ret_text, size_t size) {
    char digits[64];
    size_t n = (size_t)snprintf(digits, sizeof digits, "%.*f", decimals, value), used = 0;
    size_t whole = decimals ? n - (size_t)decimals - 1 : n;
    for (size_t i = 0; i < n && used + 2 < size; i++) {
        if (i && i < whole && (whole - i) % 3 == 0) ret_text[used++] = ',';
        ret_text[used++] = digits[i];
    }
    ret_text[used] = 0;
}

static void print_case(const pt_plan *plan, const pt_case *c, int cells, int names) {
    char name[64];
    format_name(c, name, sizeof name);
    printf("%-*s  %-*s", cells, c->cell, names, name);
    for (size_t m = 0; m < plan->n_metrics; m++) {
        char text[48];
        format_number(pt_plan_spread(plan, c, m).median, plan->metrics[m].decimals, text, sizeof text);
        printf(" %11s", text);
        if (!plan->metrics[m].ratio) continue;
        double ratio = is_ours(plan, c) ? NAN : pt_plan_ratio(plan, c, m);
        if (isnan(ratio))
            printf("%8s", "");
        else
            printf(" %6.2fx", ratio);
    }
    printf("\n");
}

void pt_report_table(const pt_plan *plan) {
    int cells = 0, names = 0;
    char text[64];
    for (size_t i = 0; i < plan->n_cases; i++) {
        int cell = (int)strlen(plan->cases[i].cell), name = format_name(&plan->cases[i], text, sizeof text);
        if (cell > cells) cells = cell;
        if (name > names) names = name;
    }
    printf("%-*s  %-*s", cells, "", names, "");
    for (size_t m = 0; m < plan->n_metrics; m++)
        printf(" %11s%s", plan->metrics[m].title, plan->metrics[m].ratio ? "   ratio" : "");
    printf("\n");
    for (size_t i = 0; i < plan->n_cases; i++) {
        if (i && strcmp(plan->cases[i].cell, plan->cases[i - 1].cell) != 0) printf("\n");
        print_case(plan, &plan->cases[i], cells, names);
    }
    printf("\nMedians of %u rounds. ratio: %s divided by the peer of that line, the median over the rounds.\n", plan->rounds,
           plan->ours);
}

static pt_code put_string(pt_buf *out, const char *name, const char *value) {
    pt_code code = pt_buf_printf(out, "\"%s\": ", name);
    return code ? code : pt_json_quote(out, pt_slice_str(value));
}

static pt_code put_machine(pt_buf *out) {
    pt_machine machine;
    pt_machine_get(&machine);
    pt_code code = pt_buf_append_str(out, "\"machine\": {");
    if (!code) code = put_string(out, "cpu", machine.cpu);
    if (!code) code = pt_buf_printf(out, ", \"cpus\": %ld, ", machine.cpus);
    if (!code) code = put_string(out, "kernel", machine.kernel);
    if (!code) code = pt_buf_append_str(out, ", ");
    if (!code) code = put_string(out, "compiler", __VERSION__);
    return code ? code : pt_buf_printf(out, ", \"load_after\": %.2f}", machine.load);
}

/* One key for each peer, cell and metric; written at the peer's first variant. */
static pt_code put_ratios(pt_buf *out, const pt_plan *plan) {
    const char *comma = "";
    for (size_t i = 0; i < plan->n_cases; i++) {
        const pt_case *c = &plan->cases[i];
        bool again = i && strcmp(c->peer, c[-1].peer) == 0 && strcmp(c->cell, c[-1].cell) == 0;
        for (size_t m = 0; m < plan->n_metrics && !again && !is_ours(plan, c); m++) {
            const char *name = plan->metrics[m].ratio;
            if (!name) continue;
            double ratio = pt_plan_ratio(plan, pt_plan_best(plan, c, m), m);
            if (isnan(ratio) || isinf(ratio)) continue;
            pt_code code =
                pt_buf_printf(out, "%s\n  \"%s/%s%s%s\": %.4g", comma, c->peer, c->cell, *name ? "/" : "", name, ratio);
            if (code) return code;
            comma = ",";
        }
    }
    return PT_OK;
}

static pt_code put_result(pt_buf *out, const pt_plan *plan, const pt_case *c) {
    pt_code code = pt_buf_printf(out, "{\"peer\": \"%s\", \"variant\": \"%s\", \"case\": \"%s\"", c->peer, c->variant, c->cell);
    for (size_t m = 0; !code && m < plan->n_metrics; m++)
        code = pt_buf_printf(out, ", \"%s\": %.6g", plan->metrics[m].name, pt_plan_spread(plan, c, m).median);
    if (!code) code = pt_buf_append_str(out, ", \"spread\": {");
    for (size_t m = 0; !code && m < plan->n_metrics; m++) {
        pt_spread spread = pt_plan_spread(plan, c, m);
        code = pt_buf_printf(out, "%s\"%s\": [%.6g, %.6g]", m ? ", " : "", plan->metrics[m].name, spread.min, spread.max);
    }
    return code ? code : pt_buf_append_str(out, "}}");
}

static pt_code put_report(pt_buf *out, const pt_plan *plan) {
    pt_code code = pt_buf_printf(out, "{\"benchmark\": \"%s\",\n ", plan->subject);
    if (!code) code = put_machine(out);
    if (!code) code = pt_buf_printf(out, ",\n \"rounds\": %u,\n \"ratios\": {", plan->rounds);
    if (!code) code = put_ratios(out, plan);
    if (!code) code = pt_buf_append_str(out, "\n },\n \"results\": [");
    for (size_t i = 0; !code && i < plan->n_cases; i++) {
        code = pt_buf_append_str(out, i ? ",\n  " : "\n  ");
        if (!code) code = put_result(out, plan, &plan->cases[i]);
    }
    return code ? code : pt_buf_append_str(out, "\n ]}\n");
}

pt_code pt_report_json(const pt_plan *plan, const char *path, pt_status *st) {
    pt_buf out = PT_BUF_INIT(REPORT_BYTES);
    pt_code code = put_report(&out, plan);
    if (code) {
        pt_buf_done(&out);
        return pt_status_set(st, code, "%s: out of memory", path);
    }
    FILE *file = fopen(path, "w");
    bool ok = file && fwrite(out.ptr, 1, out.len, file) == out.len;
    if (file && fclose(file)) ok = false;
    if (!ok) code = pt_status_set(st, PT_UNAVAILABLE, "%s: cannot be written: %s", path, strerror(errno));
    pt_buf_done(&out);
    return code;
}
