#include "samples.h"

#include <math.h>

static const char event_json[] =
    "{\"id\":\"evt-42\",\"type\":\"host.metric.threshold\",\"source\":\"collector-07.eu-west\","
    "\"time\":\"2024-03-15T12:34:56.789Z\",\"sequence\":\"1234567890123\",\"severity\":3,"
    "\"message\":\"disk usage above 90% on /var/lib/data\","
    "\"labels\":{\"host\":\"node-17\",\"region\":\"eu-west-1\",\"service\":\"ingest\",\"team\":\"storage\"}}";

pt_code pt_sample_event(pt_buf *out) {
    return pt_buf_append_str(out, event_json);
}

static double cents(double value) {
    return round(value * 100) / 100;
}

/* A number from -0.5 to 0.5; the same sequence in every run. */
static double step(uint32_t *state) {
    *state = *state * 1103515245u + 12345u;
    return (*state >> 8 & 0xffff) / 65536.0 - 0.5;
}

static pt_code put_bar(pt_buf *out, int minute, double open, double close, uint32_t *state) {
    double high = fmax(open, close) + fabs(step(state)) * 20, low = fmin(open, close) - fabs(step(state)) * 20;
    double volume = round((step(state) + 0.6) * 1e5) / 1e4;
    return pt_buf_printf(out,
                         "%s{\"t\":\"2024-03-15T%02d:%02d:00Z\",\"open\":%.15g,\"high\":%.15g,\"low\":%.15g,\"close\":%.15g,"
                         "\"volume\":%.15g}",
                         minute ? "," : "", 12 + minute / 60, minute % 60, cents(open), cents(high), cents(low), cents(close),
                         volume);
}

pt_code pt_sample_bars(pt_buf *out) {
    uint32_t state = 12345;
    double open = 61234.5;
    pt_code code = pt_buf_append_str(out, "{\"symbol\":\"BTC-EUR\",\"bars\":[");
    for (int minute = 0; !code && minute < 100; minute++) {
        double close = open + step(&state) * 40;
        code = put_bar(out, minute, open, close, &state);
        open = close;
    }
    return code ? code : pt_buf_append_str(out, "]}");
}
