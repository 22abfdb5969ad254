#!/bin/bash
# scripts/new-service: from nothing to a tested service, and on, in a copy of the project with a build of its own. Each case goes on where
# the one before ended.
set -u
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=../support/tap.sh
. "$root/tests/support/tap.sh"
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
copy=$folder/partie
service=$copy/services/order-log
contract=$copy/proto/order_log/v1/order_log.proto
export BUILD=$folder/build PARTIE_BIN_DIR=$folder/build/bin
# Those of this test; the suites that it runs write no results.
unset CRITERION_OUTPUTS

mkdir -- "$copy"
tar -C "$root" --exclude=./build --exclude=./var --exclude=./.git -cf - . | tar -C "$copy" -xf -

new_service() {
    "$copy/scripts/new-service" "$@"
}

# built TARGET...
built() {
    cmake --build "$BUILD" --target "$@" >"$scratch/log" 2>&1 || {
        tail -n 40 -- "$scratch/log"
        return 1
    }
}

# suite: the contract suite of order-log; its lines are then in $got, its exit status in $status.
suite() {
    status=0
    built order-log_test
    got=$("$BUILD/tests/contract/order-log_test" --verbose 2>&1) || status=$?
}

# sums: the files of the tree that a run of new-service could have touched.
sums() {
    (cd -- "$copy" && find services/order-log proto/order_log gen tests/contract/gen -type f -exec sha256sum {} + | sort -k 2)
}

# listens PROGRAM ARGUMENT...: starts it in the background; where it listens is then in $url, its process in $process.
listens() {
    "$BUILD/bin/$1" "${@:2}" >"$scratch/$1.out" 2>"$scratch/$1.err" &
    process=$!
    # shellcheck disable=SC2046 # one word a process
    trap 'kill $(jobs -p) 2>/dev/null || true' EXIT # of the case, should it fail
    until url=$(sed -n 's/^listening //p' "$scratch/$1.out") && [ -n "$url" ]; do
        kill -0 "$process"
        sleep 0.02
    done
}

refuses_names() {
    local name
    for name in Order order_log 1st -x- a--b ../x; do
        expect 2 new_service -- "$name"
        has 'not a name for a service'
    done
    expect 2 new_service test
    has 'the build has a target of this name'
    expect 2 new_service time
    has 'a header of the system'
    expect 2 new_service
    expect 0 new_service --help
    has 'five minutes'
    [ ! -e "$copy/proto/order_log" ]
}

makes_a_service() {
    expect 0 new_service order-log
    has 'proto/order_log/v1/order_log.proto: a sample'
    has 'services/order-log: made'
    [ -f "$service/handler.c" ] && [ -f "$service/gen/handlers.h" ] && [ -f "$copy/gen/order_log/v1/order_log.rpc.h" ]
    [ -z "$(find "$copy" -name '.order-log.*')" ]
    expect 0 "$copy/scripts/generate" --check
    built order-log partie-cli partie-gateway
}

serves_before_it_is_written() {
    local service_process
    listens order-log --data "$scratch"
    service_process=$process
    expect 0 "$BUILD/bin/partie" health "$url"
    equals SERVING
    expect 1 "$BUILD/bin/partie" call "$url" GetEntry '{"id":"42"}'
    has 'order_log.v1.OrderLogService/GetEntry is not written yet'
    listens partie-gateway --listen 127.0.0.1:0 --backend "$url"
    until got=$(curl -sS -w ' %{http_code}' "$url/order-log/entries/42") && [[ $got != *' 404' && $got != *' 503' ]]; do sleep 0.02; done
    has 'order_log.v1.OrderLogService/GetEntry is not written yet'
    has ' 501'
    kill "$process" "$service_process"
    wait "$process"
    wait "$service_process"
}

skips_what_is_not_written() {
    suite
    [ "$status" -eq 0 ]
    has 'GetEntry_answers: order_log.v1.OrderLogService/GetEntry is not written yet'
    has 'AddEntry_rest_equals_rpc: order_log.v1.OrderLogService/AddEntry is not written yet'
    lacks '[FAIL]'
}

again_changes_nothing() {
    local before
    before=$(sums)
    expect 0 new_service order-log
    has 'services/order-log: up to date with its contract'
    got=$(sums)
    equals "$before"
}

# write_handler CODE: what GetEntry does.
write_handler() {
    sed -i "s|^ *return .*GetEntry is not written yet.*|$1|" "$service/handler.c"
}

keeps_what_a_person_wrote() {
    local before
    # shellcheck disable=SC2016 # C
    write_handler '    // mine: add_entry( } "\n    if (!request->id[0]) return pt_server_call_fail(call, PT_INVALID_ARGUMENT, "id: must not be empty");\n    reply->entry = pt_arena_alloc(pt_server_call_arena(call), sizeof *reply->entry);\n    if (!reply->entry) return pt_server_call_fail(call, PT_RESOURCE_EXHAUSTED, "out of memory");\n    order_log__v1__entry__init(reply->entry);\n    reply->entry->id = request->id;\n    return PT_OK;'
    echo '/* my notes: order_log_service__list_entries(void) { } */' >>"$service/handler.c"
    echo 'int mine;' >>"$service/order_log.c"
    cp -r -- "$service" "$folder/before"
    sed -i 's|^service .*|&\n  // All of them.\n  rpc ListEntries(ListEntriesRequest) returns (ListEntriesResponse) {\n    option idempotency_level = NO_SIDE_EFFECTS;\n    option (google.api.http) = {get: "/order-log/entries"};\n  }|' "$contract"
    printf '\nmessage ListEntriesRequest {}\n\nmessage ListEntriesResponse {\n  repeated Entry entries = 1;\n}\n' >>"$contract"
    expect 0 new_service order-log
    has 'services/order-log/handler.c: added order_log_service__list_entries'
    lacks 'added order_log_service__get_entry'
    before=$folder/before
    cmp -n "$(stat -c %s "$before/handler.c")" -- "$before/handler.c" "$service/handler.c"
    [ "$(grep -c '^pt_code order_log_service__list_entries(' "$service/handler.c")" = 1 ]
    for file in main.c order_log.c order_log.h CMakeLists.txt service.conf README.md; do cmp -- "$before/$file" "$service/$file"; done
}

tests_what_is_written() {
    suite
    [ "$status" -eq 0 ]
    for check in answers round_trips refuses_truncated refuses_ill_typed refuses_oversize keeps_deadline rest_equals_rpc; do
        has "[PASS] order_log__v1__order_log_service::GetEntry_$check"
    done
    has 'ListEntries_answers: order_log.v1.OrderLogService/ListEntries is not written yet'
}

fails_what_is_wrong() {
    sed -i 's|^    reply->entry->id = request->id;|    if (request->id[0]) return PT_INTERNAL;\n&|' "$service/handler.c"
    suite
    [ "$status" -ne 0 ]
    has '[FAIL] order_log__v1__order_log_service::GetEntry_'
    has 'order_log.v1.OrderLogService/GetEntry answered INTERNAL'
}

reports_what_is_gone() {
    local line
    sed -i '/^  \/\/ All of them/,/^  }/d' "$contract"
    line=$(grep -n 'pt_code order_log_service__list_entries' "$service/handler.c" | cut -d: -f1)
    cp -- "$service/handler.c" "$folder/handler.c"
    expect 0 new_service order-log
    has "services/order-log/handler.c:$line: order_log_service__list_entries is no longer in the contract"
    cmp -- "$folder/handler.c" "$service/handler.c"
}

# refused_contract TEXT: `wrong` has this contract, and is refused.
refused_contract() {
    mkdir -p -- "$copy/proto/wrong/v1"
    printf '%b' "$1" >"$copy/proto/wrong/v1/wrong.proto"
    expect 1 new_service wrong
    [ ! -e "$copy/services/wrong" ] && [ ! -e "$copy/gen/wrong" ]
    rm -r -- "$copy/proto/wrong"
}

# shellcheck disable=SC2016 # backticks as they are printed
refuses_contracts() {
    refused_contract 'syntax = "proto3";\npackage wrong.v1;\nmessage A {\n  strin g = 1;\n}\n'
    has 'proto/wrong/v1/wrong.proto:4:3: "strin" is not defined'
    has 'mend it and run this again'
    refused_contract 'syntax = "proto3";\n\npackage other.v1;\nmessage A {}\nservice S {\n  rpc B(A) returns (A);\n}\n'
    has 'proto/wrong/v1/wrong.proto:3: the package is `other.v1`'
    has 'write `package wrong.v1;`'
    refused_contract 'syntax = "proto3";\npackage wrong.v1;\nmessage A {}\n'
    has 'proto/wrong/v1/wrong.proto:1: there is no service in it'
}

refuses_foreign_folders() {
    mkdir -p -- "$copy/services/wrong"
    echo mine >"$copy/services/wrong/notes.txt"
    expect 1 new_service wrong
    has 'services/wrong is there already, with files that this did not make (such as notes.txt)'
    [ "$(ls -A "$copy/services/wrong")" = notes.txt ]
    [ ! -e "$copy/proto/wrong" ]
    rm -r -- "$copy/services/wrong"
}

takes_several_services_and_notes_streams() {
    mkdir -p -- "$copy/proto/two_parts/v1"
    printf '%b' 'syntax = "proto3";\npackage two_parts.v1;\nmessage A {}\nservice First {\n  rpc Get(A) returns (A);\n}\n' \
        'service Second {\n  rpc Get(A) returns (A);\n  rpc Watch(A) returns (stream A);\n}\n' >"$copy/proto/two_parts/v1/two_parts.proto"
    expect 0 new_service two-parts
    has 'proto/two_parts/v1/two_parts.proto:9: note: Watch streams'
    grep -q '^pt_code first__get(' "$copy/services/two-parts/handler.c"
    grep -q '^pt_code second__get(' "$copy/services/two-parts/handler.c"
    built two-parts
}

check 'refuses names that are none' refuses_names
check 'without a contract: writes a sample, makes a service, which builds' makes_a_service
check 'it starts, is healthy, and is reached through the gateway: 501 naming the rpc' serves_before_it_is_written
check 'its contract tests skip what is not written, by name' skips_what_is_not_written
check 'run again it changes nothing' again_changes_nothing
check 'a new rpc gets its handler, and nothing that a person wrote is touched' keeps_what_a_person_wrote
check 'the contract tests of what is written pass' tests_what_is_written
check 'and fail when it is wrong' fails_what_is_wrong
check 'an rpc that is gone is reported, and nothing deleted' reports_what_is_gone
check 'refuses contracts with file, line and next step, and leaves nothing' refuses_contracts
check 'refuses a folder that it did not make' refuses_foreign_folders
check 'takes several services in a contract, and says what streams' takes_several_services_and_notes_streams
finish_checks
