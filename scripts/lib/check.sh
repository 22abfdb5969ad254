# scripts/run --check: the way of an event through the running system, step by step. Sourced by scripts/run.
# shellcheck shell=bash disable=SC2154 # the variables of scripts/run

# step TEXT...: a step that was right.
step() {
    printf '  \342\234\223 %s\n' "$*"
}

# wrong TEXT...: the step that was not; shows what the services logged, and ends.
wrong() {
    local name
    printf '  \342\234\227 %s\n' "$*"
    [ ! -s "$temporary/reply" ] || printf 'The answer was (HTTP %s): %s\n' "${http_status-?}" "$(head -c 2000 -- "$temporary/reply")" >&2
    for name in "${program_order[@]}"; do show_log "$name"; done
    fail "the check failed at the step above"
}

# request STATUS CURL_ARGUMENT... PATH: one request with curl; the body of the answer goes to $temporary/reply. Must be answered with STATUS.
request() {
    local expected=$1 path=${*: -1}
    local arguments=("${@:2:$#-2}")
    : >"$temporary/reply"
    http_status=$(curl -sS -m 30 -o "$temporary/reply" -w '%{http_code}' "${arguments[@]}" "$url$path") || wrong "$path: no answer"
    [ "$http_status" = "$expected" ] || wrong "$path: HTTP $http_status, expected $expected"
}

# reply FILTER: what jq finds in the last answer.
reply() {
    jq -er "$1" "$temporary/reply" 2>/dev/null
}

# event_count PATH: the member event_count of a status page; 0 is left out by proto3 JSON or written as "0".
event_count() {
    request 200 "$1"
    reply '.eventCount // .event_count // 0'
}

check_one_event() {
    local event=$temporary/event.json id text sequence
    gzip -dc -- "${samples[0]}" | head -n 1 >"$event" || true
    id=$(jq -r .id "$event")
    text=$(jq -c .data "$event")

    request 200 -H 'Content-Type: application/cloudevents+json' --data-binary "@$event" /ingest/events
    sequence=$(reply .sequence) || wrong "POST /ingest/events: the answer has no sequence"
    step "POST /ingest/events: $id is stored at position $sequence"

    request 200 --get --data-urlencode "type=$(jq -r .type "$event")" --data-urlencode "min_sequence=$sequence" /query/events
    [ "$(reply '.events | length')" = 1 ] && [ "$(reply '.events[0].event.id')" = "$id" ] || wrong "GET /query/events: $id is not there"
    step "GET /query/events: it is found at once (min_sequence=$sequence)"

    grep -qF -- "\"data\":$text" "$temporary/reply" || wrong "GET /query/events: the data of $id came back changed"
    [ "$(jq -S . "$event")" = "$(jq -S '.events[0].event' "$temporary/reply")" ] || wrong "GET /query/events: attributes of $id came back changed"
    step "its ${#text} bytes of data came back byte by byte, and so did its attributes"

    request 200 -H 'Content-Type: application/json' --data-binary "@$event" /ingest/events
    [ "$(reply .duplicate)" = true ] && [ "$(reply .sequence)" = "$sequence" ] || wrong "POST /ingest/events: the same event again was not recognised"
    step "POST /ingest/events: the same event again is stored once"

    request 400 -H 'Content-Type: application/json' --data-binary '{"specversion":"1.0","source":"/x","type":"t"}' /ingest/events
    grep -q '\bid\b' "$temporary/reply" || wrong "POST /ingest/events: the refusal does not name the field"
    step "POST /ingest/events: an event without id is refused, by name: $(reply .message)"
}

check_all_events() {
    local events count output sequence expected
    events=$(gzip -dc -- "${samples[@]}" | wc -l)
    output=$(scripts/load --url "$url" "${samples[@]}" 2>&1) || wrong "$output"
    step "POST /ingest/events:batch: $output"

    request 200 /ingest/status
    sequence=$(reply '.lastSequence // .last_sequence') || wrong "/ingest/status: no last sequence"
    count=$(event_count /ingest/status)
    [ "$count" = "$events" ] || wrong "/ingest/status: $count events, expected $events"
    request 200 "/query/events:count?min_sequence=$sequence"
    [ "$(reply .total)" = "$events" ] || wrong "/query/events:count: $(reply .total) events, expected $events"
    step "counts: $events in the files, $events in ingest-events, $events in query-events"

    expected=$(gzip -dc -- "${samples[@]}" | jq -r .type | sort | uniq -c | awk '{print $2, $1}' | LC_ALL=C sort)
    output=$(jq -r '.buckets[] | "\(.type) \(.count)"' "$temporary/reply" | awk '{sum[$1] += $2} END {for (type in sum) print type, sum[type]}' | LC_ALL=C sort)
    [ "$output" = "$expected" ] || wrong "/query/events:count: the counts by type are not those of the files"
    step "counts by type: all $(wc -l <<<"$expected") types as in the files"
}

check_restart() {
    local before=$1
    stop_programs || wrong "a program did not stop cleanly"
    step "SIGTERM: the gateway stopped first, then the services, each cleanly"
    start_system "$temporary" 127.0.0.1:0
    [ "$(event_count /ingest/status)" = "$before" ] || wrong "/ingest/status: events were lost over the restart"
    [ "$(event_count /query/status)" = "$before" ] || wrong "/query/status: events were lost over the restart"
    step "started again: all $before events are there"
    stop_programs || wrong "a program did not stop cleanly"
}

run_check() {
    temporary=$(mktemp -d)
    build_release
    say "Checking partie in $temporary:"
    start_system "$temporary" 127.0.0.1:0
    step "$(IFS=' ' && echo "${program_order[*]}") run; the gateway serves $url"
    check_one_event
    check_all_events
    check_restart "$(event_count /ingest/status)"
    rm -rf -- "$temporary"
    step "nothing is left behind"
    say "All steps are right."
}
