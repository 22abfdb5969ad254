#!/bin/bash
# All sample events through the running system: what comes back is what jq finds in the files.
set -u
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=../support/tap.sh
. "$root/tests/support/tap.sh"
# shellcheck source=../../scripts/lib/common.sh
. "$root/scripts/lib/common.sh"
# shellcheck source=../../scripts/lib/programs.sh
. "$root/scripts/lib/programs.sh"

build=${PARTIE_BIN_DIR%/bin}
folder=$(mktemp -d)
trap 'stop_programs; rm -rf -- "$folder"' EXIT
samples=("$root"/examples/data/*.ndjson.gz)
gzip -dc -- "${samples[@]}" >"$folder/events"
start_system "$folder" 127.0.0.1:0

# get PATH [NAME=VALUE...]: the answer to a query.
get() {
    local path=$1 parameter parameters=()
    shift
    for parameter; do parameters+=(--data-urlencode "$parameter"); done
    curl -fsS -m 60 --get "${parameters[@]}" "$url$path"
}

# same FILE FILE: both hold the same lines.
same() {
    diff -- "$1" "$2" | cut -c 1-300 | head -n 6
    cmp -s -- "$1" "$2"
}

load_all() {
    expect 0 scripts/load --url "$url" "${samples[@]}"
    equals '2036 events sent: 2036 stored, 0 were there before'
}

load_again() {
    expect 0 scripts/load --url "$url" "${samples[@]}"
    equals '2036 events sent: 0 stored, 2036 were there before'
}

wait_for_the_copy() {
    local last
    last=$(get /ingest/status | jq -r .lastSequence)
    [ "$(get /query/events:count "min_sequence=$last" | jq -r .total)" = 2036 ]
}

# walk SIZE [NAME=VALUE...]: all events that match, over pages of SIZE, as they were loaded; `time` and all else included.
walk() {
    local size=$1 token='' page
    shift
    while :; do
        page=$(get /query/events "page_size=$size" "page_token=$token" "$@") || return 1
        jq -c '.events[].event' <<<"$page"
        token=$(jq -r '.nextPageToken // ""' <<<"$page")
        [ -n "$token" ] || return 0
    done
}

paging_gives_everything_once() {
    walk "$1" | jq -cS . >"$scratch/got"
    jq -cS . "$folder/events" >"$scratch/want"
    same "$scratch/got" "$scratch/want"
}

paging_is_stable_while_events_arrive() {
    local token='' page pages=0
    while :; do
        page=$(get /query/events type=com.github.push page_size=2 "page_token=$token")
        jq -r '.events[].event.id' <<<"$page" >>"$scratch/got"
        token=$(jq -r '.nextPageToken // ""' <<<"$page")
        pages=$((pages + 1))
        [ -n "$token" ] || break
        [ "$pages" -lt 10 ] || return 1
        curl -fsS -o "$scratch/reply" -H 'Content-Type: application/json' "$url/ingest/events" \
            -d "{\"specversion\":\"1.0\",\"id\":\"between-$pages\",\"source\":\"/between\",\"type\":\"between\"}"
    done
    jq -r 'select(.type == "com.github.push") | .id' "$folder/events" >"$scratch/want"
    same "$scratch/got" "$scratch/want"
}

conditions_hold_together() {
    walk 100 source=https://earthquake.usgs.gov type=gov.usgs.explosion | jq -r .id >"$scratch/got"
    jq -r 'select(.type == "gov.usgs.explosion") | .id' "$folder/events" >"$scratch/want"
    same "$scratch/got" "$scratch/want"
    walk 100 subject=Codertocat/Hello-World type=com.github.push | jq -r .id >"$scratch/got"
    jq -r 'select(.type == "com.github.push" and .subject == "Codertocat/Hello-World") | .id' "$folder/events" >"$scratch/want"
    [ -s "$scratch/want" ]
    same "$scratch/got" "$scratch/want"
}

time_ranges_are_half_open() {
    local from=2018-02-05T00:00:00Z to=2018-02-05T06:00:00Z at
    walk 100 source=https://earthquake.usgs.gov "start_time=$from" "end_time=$to" | jq -r .id >"$scratch/got"
    jq -r --arg from "$from" --arg to "$to" \
        'select(.source == "https://earthquake.usgs.gov" and .time[:19] + "Z" >= $from and .time[:19] + "Z" < $to) | .id' "$folder/events" >"$scratch/want"
    [ -s "$scratch/want" ]
    same "$scratch/got" "$scratch/want"
    # An event's own time is within a range that starts there and not within one that ends there.
    at=$(jq -r 'select(.source == "https://earthquake.usgs.gov") | .time' "$folder/events" | head -n 1)
    [ "$(walk 10 source=https://earthquake.usgs.gov "start_time=$at" | jq -r .time | grep -cxF -- "$at")" = 1 ]
    [ "$(walk 1000 source=https://earthquake.usgs.gov "end_time=$at" | jq -r .time | grep -cxF -- "$at")" = 0 ]
}

counts_by_type_and_hour() {
    get /query/events:count source=https://earthquake.usgs.gov | jq -r '.buckets[] | "\(.type) \(.hour) \(.count)"' >"$scratch/got"
    jq -r 'select(.source == "https://earthquake.usgs.gov") | "\(.type) \(.time[:13]):00:00Z"' "$folder/events" |
        LC_ALL=C sort | uniq -c | awk '{print $2, $3, $1}' >"$scratch/want"
    [ "$(wc -l <"$scratch/want")" -gt 100 ]
    same "$scratch/got" "$scratch/want"
}

one_event_by_id() {
    jq -c 'select(.id == "push-0")' "$folder/events" >"$scratch/want"
    get /query/events/push-0 | jq -c .event >"$scratch/got"
    [ "$(jq -S . "$scratch/got")" = "$(jq -S . "$scratch/want")" ]
}

loading_refuses_what_is_no_event() {
    echo '{"specversion":"1.0","id":"no-source","type":"t"}' >"$scratch/bad.ndjson"
    expect 1 scripts/load --url "$url" "$scratch/bad.ndjson"
    has source
    has 'HTTP 400'
    expect 1 scripts/load --url "$url" "$scratch/none"
    has 'cannot be read'
    expect 1 scripts/load --url http://127.0.0.1:1 "${samples[0]}"
    has 'is it running?'
}

check 'all events are stored' load_all
check 'loading them again stores none twice' load_again
check 'the read copy gets all of them' wait_for_the_copy
check 'pages of 1,000 give every event once, unchanged and in order' paging_gives_everything_once 1000
check 'pages of 97 do so too' paging_gives_everything_once 97
check 'conditions hold together' conditions_hold_together
check 'time ranges include their start and exclude their end' time_ranges_are_half_open
check 'counts by type and hour are those of jq' counts_by_type_and_hour
check 'one event is found by its id' one_event_by_id
check 'pages stay stable while events arrive' paging_is_stable_while_events_arrive
check 'scripts/load says what is wrong with a file' loading_refuses_what_is_no_event
finish_checks
