#!/bin/bash
# scripts/run: starts, stops, and says what is in its way; with the programs of this build.
set -u
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=../support/tap.sh
. "$root/tests/support/tap.sh"
build=${PARTIE_BIN_DIR%/bin}

# start FOLDER [ARGUMENT...]: scripts/run in the background, with its data there; its output goes to FOLDER.out, its process is $run, its
# gateway is at $url.
start() {
    local folder=$1
    shift
    # In a process group of its own, so that it can be given a Ctrl-C as a terminal gives it.
    set -m
    "$root/scripts/run" --build "$build" --data "$folder" --port 0 "$@" >"$folder.out" 2>&1 &
    run=$!
    set +m
    until grep -qs '^partie is running' "$folder.out"; do
        kill -0 "$run" 2>/dev/null || {
            cat -- "$folder.out"
            return 1
        }
        sleep 0.05
    done
    until url=$(sed -n 's/^  gateway *//p' "$folder.out") && grep -q '^Try:' "$folder.out"; do sleep 0.05; done
}

# ctrl_c: to the whole group, as a terminal does.
ctrl_c() {
    kill -INT -- "-$run"
}

# ends STATUS: the script that start started ends so.
ends() {
    local status=0
    wait "$run" || status=$?
    [ "$status" -eq "$1" ] || {
        printf 'ended with %d instead of %d\n' "$status" "$1"
        return 1
    }
}

# programs FOLDER: the processes that work there.
programs() {
    pgrep -f -- "--db $1/data/|$root/scripts/run.*--data $1 " || true
}

# gone FOLDER: no process works there any more, soon.
gone() {
    local i
    for ((i = 0; i < 200; i++)); do
        [ -n "$(programs "$1")" ] || return 0
        sleep 0.05
    done
    printf 'still there: %s\n' "$(programs "$1")"
    return 1
}

check_command() {
    mkdir -- "$scratch/tmp"
    expect 0 env TMPDIR="$scratch/tmp" "$root/scripts/run" --check --build "$build"
    has 'counts: 2036 in the files, 2036 in ingest-events, 2036 in query-events'
    has 'All steps are right.'
    lacks '✗'
    [ -z "$(ls -A "$scratch/tmp")" ]
    gone "$scratch/tmp"
}

starts_and_stops() {
    start "$scratch/var"
    got=$(curl -fsS "$url/query/events:count" | jq -r .total)
    equals 2036
    ctrl_c
    ends 0
    gone "$scratch/var"
    got=$(cat "$scratch/var.out")
    has 'Stopping'
    lacks 'ended with'
}

tries_what_it_prints() {
    start "$scratch/var"
    # The three curl lines, as a person would paste them.
    sed -n 's/^  curl/curl -fsS/p' "$scratch/var.out" >"$scratch/lines"
    [ "$(wc -l <"$scratch/lines")" -eq 3 ]
    while read -r line; do
        expect 0 bash -c "$line"
        has '{'
    done <"$scratch/lines"
    ctrl_c
    ends 0
}

loads_samples_once() {
    start "$scratch/var"
    kill -TERM "$run"
    ends 0
    got=$(cat "$scratch/var.out")
    has '2036 stored'
    start "$scratch/var"
    got=$(curl -fsS "$url/ingest/status" | jq -r .eventCount)
    equals 2036
    got=$(cat "$scratch/var.out")
    lacks 'Loading'
    kill -TERM "$run"
    ends 0
}

names_the_program_that_died() {
    start "$scratch/var" --no-samples
    pkill -KILL -f -- "--db $scratch/var/data/query-events/query-events.db"
    ends 1
    gone "$scratch/var"
    got=$(cat "$scratch/var.out")
    has 'query-events has ended by itself (signal KILL)'
    has 'The last lines of'
    has 'following the log'
}

leaves_nothing_when_killed() {
    start "$scratch/var" --no-samples
    kill -KILL "$run"
    gone "$scratch/var"
}

port_taken() {
    start "$scratch/var" --no-samples
    expect 1 "$root/scripts/run" --build "$build" --data "$scratch/other" --port "${url##*:}"
    has "port ${url##*:} is taken by partie-gateway (process "
    has 'scripts/run --port'
    [ ! -e "$scratch/other" ]
    ctrl_c
    ends 0
}

runs_already() {
    start "$scratch/var" --no-samples
    expect 1 "$root/scripts/run" --build "$build" --data "$scratch/var" --port 0
    has "runs already with the data in $scratch/var (process $run)"
    ctrl_c
    ends 0
}

wrong_use() {
    expect 2 "$root/scripts/run" --nonsense
    has '--nonsense: no such option'
    expect 2 "$root/scripts/run" --port 70000
    has 'not a port number'
    expect 2 "$root/scripts/run" --port
    expect 1 "$root/scripts/run" --data /proc/none --port 0
    has '/proc/none: cannot be made'
    expect 1 "$root/scripts/run" --build "$scratch" --data "$scratch/var" --port 0
    has 'no programs in its bin/'
    expect 0 "$root/scripts/run" --help
    has 'Ctrl-C stops everything'
}

check 'run --check walks the whole way and leaves nothing behind' check_command
check 'runs until Ctrl-C, stops all in order' starts_and_stops
check 'the curl lines that it prints work' tries_what_it_prints
check 'loads the samples on the first start only' loads_samples_once
check 'names a program that died, shows its log, stops the others' names_the_program_that_died
check 'leaves no process behind when it is killed itself' leaves_nothing_when_killed
check 'says who holds the port and offers another' port_taken
check 'says that it runs already' runs_already
check 'says what is wrong with its options and folders' wrong_use
finish_checks
