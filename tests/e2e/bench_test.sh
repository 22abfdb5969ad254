#!/bin/bash
# scripts/bench with what the tests' own build has of it: that it measures, compares and writes what it promises. The figures mean nothing here.
# shellcheck disable=SC2016 # variables of jq
set -u
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=../support/tap.sh
. "$root/tests/support/tap.sh"
build=${PARTIE_BIN_DIR:-$root/build/dev/bin}
build=${build%/bin}

# bench ARGUMENT...: scripts/bench, with a temporary folder of this case.
bench() {
    mkdir -p -- "$scratch/tmp"
    TMPDIR=$scratch/tmp "$root/scripts/bench" --build "$build" "$@"
}

# holds FILTER: jq finds that true of the JSON that was written.
holds() {
    jq -e "$1" "$scratch/out.json" >"$scratch/jq" || {
        printf -- '-- not true: %s\n' "$1"
        cat -- "$scratch/out.json"
        return 1
    }
}

# nothing_left: neither sockets nor processes.
nothing_left() {
    [ -z "$(ls -A "$scratch/tmp")" ]
    got=$(pgrep -af -- "^$build/bench/bin/rpc-" || true)
    equals ''
}

rpc_compares() {
    expect 0 bench rpc --seconds 0.2 --rounds 1 --peers partie,raw --depths 1,16 --json "$scratch/out.json"
    has 'tcp/16'
    has 'Medians of 1 rounds'
    holds '.benchmark == "rpc" and (.machine.cpus | type == "number") and .rounds == 1'
    for transport in tcp unix; do
        for depth in 1 16; do
            for metric in throughput p99 cpu; do holds ".ratios[\"raw/$transport/$depth/$metric\"] > 0"; done
            for peer in partie raw; do
                holds "[.results[] | select(.peer == \"$peer\" and .case == \"$transport/$depth\")
                        | .calls_per_second > 0 and .p50_us > 0 and .p99_us >= .p50_us and .cpu_s_per_million > 0
                          and .server_rss_kib > 0 and .first_answer_ms > 0
                          and .spread.p50_us[0] <= .p50_us and .p50_us <= .spread.p50_us[1]] == [true]"
            done
        done
    done
    holds '(.results | length) == 8 and (.ratios | length) == 12'
    # One is the other's quotient, up to rounding.
    holds '[.results[] | select(.case == "tcp/1").calls_per_second] as [$ours, $theirs]
           | (.ratios["raw/tcp/1/throughput"] * $theirs / $ours - 1 | fabs) < 0.01'
    nothing_left
}

rpc_takes_medians() {
    expect 0 bench rpc --seconds 0.05 --rounds 3 --peers nng,raw-single,partie-pool --transports tcp --depths 4 --json "$scratch/out.json"
    has 'round 3 of 3'
    # Without partie there is nothing to compare with.
    holds '.rounds == 3 and .ratios == {} and ([.results[].peer] | sort) == ["nng", "partie-pool", "raw-single"]'
    holds '[.results[] | .calls_per_second as $x | .spread.calls_per_second | .[0] <= $x and $x <= .[1]] == [true, true, true]'
    nothing_left
}

rpc_reports_a_program_that_fails() {
    mkdir -p -- "$scratch/build/bench/bin" "$scratch/tmp"
    cp -- "$build"/bench/bin/rpc* "$scratch/build/bench/bin/"
    printf '%s\n' '#!/bin/sh' 'echo "no such luck" >&2' 'exit 3' >"$scratch/build/bench/bin/rpc-raw-server"
    expect 1 env TMPDIR="$scratch/tmp" "$root/scripts/bench" --build "$scratch/build" rpc --peers raw --depths 1
    has 'no such luck'
    has 'rpc: tcp/1 raw: rpc-raw-server has ended'
    nothing_left
}

rpc_stops_when_told() {
    mkdir -p -- "$scratch/tmp"
    TMPDIR=$scratch/tmp "$root/scripts/bench" --build "$build" rpc --seconds 20 --peers raw --depths 1 2>"$scratch/err" &
    local driver=$! status=0
    until pgrep -P "$driver" -f rpc-raw-server >"$scratch/server"; do
        kill -0 "$driver"
        sleep 0.02
    done
    kill -TERM "$driver"
    wait "$driver" || status=$?
    [ "$status" -eq 1 ]
    got=$(cat "$scratch/err")
    has 'interrupted'
    [ ! -e "/proc/$(cat "$scratch/server")" ]
    nothing_left
}

json_measures() {
    expect 0 bench json --seconds 0.001 --rounds 2 --json "$scratch/out.json"
    has 'MB/s'
    holds '.benchmark == "json" and .rounds == 2'
    holds '[.results[] | select(.peer == "partie" and .ns > 0 and .mb_per_s > 0).case] | sort
           == ["bars/parse", "bars/print", "event/parse", "event/print"]'
}

wrong_use() {
    expect 2 "$root/scripts/bench"
    has 'no subject given'
    expect 2 "$root/scripts/bench" everything
    has 'everything: no such subject'
    expect 0 "$root/scripts/bench" --help
    has 'SUBJECT --help'
    expect 0 bench rpc --help
    has '--depths'
    expect 2 bench rpc --peers partie,avian-carriers
    has 'avian-carriers'
    expect 2 bench rpc --depths 0
    has 'neither a number from 1 to 1024'
    expect 2 bench rpc --seconds -1
    expect 2 bench rpc --rounds
    has 'a value must follow'
    expect 2 bench json --transports tcp
    has 'no such option'
    expect 1 "$root/scripts/bench" --build "$scratch" rpc
    has 'no benchmark is built there'
    expect 1 bench json --seconds 0.001 --rounds 1 --json "$scratch/none/out.json"
    has 'cannot be written'
}

check 'rpc: a table, and JSON with ratios for every cell' rpc_compares
check 'rpc: medians over rounds, of the peers that were asked for' rpc_takes_medians
check 'rpc: a program that fails ends it, with its own words' rpc_reports_a_program_that_fails
check 'rpc: SIGTERM ends it and the programs that it started' rpc_stops_when_told
check 'json: all four figures of our own' json_measures
check 'says what is wrong with subject and options' wrong_use
finish_checks
