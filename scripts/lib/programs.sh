# Starts and stops the programs of the system: sourced after common.sh by commands that run it.
# shellcheck shell=bash
#
# File 9 is the lock of the command that sources this; programs do not keep it.
#
# Each program is a child of this shell in a process group of its own, so that Ctrl-C reaches the shell alone and the programs are stopped in
# order. Should the shell be killed, the kernel sends them SIGTERM.

declare -A program_pid=() # by name
declare -A program_log=()
declare -A program_url=()
program_order=() # as started; stopped the other way round

# show_log NAME: the last lines that a program logged, on stderr.
show_log() {
    printf 'The last lines of %s:\n' "${program_log[$1]}" >&2
    tail -n 10 -- "${program_log[$1]}" | sed 's/^/    /' >&2
}

# start_program FOLDER NAME ARGUMENT...: starts bin/NAME of $build, logging to FOLDER/NAME.log, and waits until it listens. The URL that it
# prints comes into program_url[NAME].
start_program() {
    local folder=$1 name=$2 output deadline=$((SECONDS + 20))
    shift 2
    program_log[$name]=$folder/$name.log
    output=$folder/$name.listening
    [ ! -e "${program_log[$name]}" ] || mv -f -- "${program_log[$name]}" "${program_log[$name]}.1"
    set -m
    setpriv --pdeathsig=TERM "$build/bin/$name" "$@" >"$output" 2>"${program_log[$name]}" 9>&- &
    program_pid[$name]=$!
    set +m
    program_order+=("$name")
    until grep -qs '^listening ' -- "$output"; do
        kill -0 "${program_pid[$name]}" 2>/dev/null || {
            show_log "$name"
            fail "$name did not start$(disk_hint "$folder")"
        }
        [ "$SECONDS" -lt "$deadline" ] || {
            show_log "$name"
            fail "$name did not listen within 20 s"
        }
        sleep 0.02
    done
    program_url[$name]=$(sed -n 's/^listening //p;T;q' -- "$output")
    rm -f -- "$output"
}

# stop_program NAME: SIGTERM, and SIGKILL when it has not ended 20 s later. Returns its exit status.
stop_program() {
    local pid=${program_pid[$1]} status=0 deadline=$((SECONDS + 20))
    kill -TERM "$pid" 2>/dev/null
    while kill -0 "$pid" 2>/dev/null; do
        if [ "$SECONDS" -ge "$deadline" ]; then
            printf '%s: %s did not stop within 20 s; killed\n' "$me" "$1" >&2
            kill -KILL "$pid" 2>/dev/null
            break
        fi
        sleep 0.02
    done
    wait "$pid" 2>/dev/null || status=$?
    unset "program_pid[$1]"
    return "$status"
}

# stop_programs: all of them, last started first. Fails when one did not end with 0.
stop_programs() {
    local i name bad=0 status
    for ((i = ${#program_order[@]} - 1; i >= 0; i--)); do
        name=${program_order[i]}
        [ -n "${program_pid[$name]-}" ] || continue
        status=0
        stop_program "$name" || status=$?
        [ "$status" -eq 0 ] || {
            printf '%s: %s ended with status %s\n' "$me" "$name" "$status" >&2
            bad=1
        }
    done
    program_order=()
    return "$bad"
}

# start_system FOLDER ADDRESS:PORT: the two services, with their data in FOLDER/data, and the gateway.
start_system() {
    local folder=$1 address=$2
    mkdir -p -- "$folder/log" "$folder/data"
    start_program "$folder/log" ingest-events --listen tcp://127.0.0.1:0 --db "$folder/data/ingest-events.db"
    start_program "$folder/log" query-events --listen tcp://127.0.0.1:0 --db "$folder/data/query-events.db" \
        --ingest-events "${program_url[ingest-events]}"
    start_program "$folder/log" partie-gateway --listen "$address" \
        --backend "${program_url[ingest-events]}" --backend "${program_url[query-events]}"
    url=${program_url[partie-gateway]%/}
    wait_ready
}

# wait_ready: until the gateway has the services' routes and the read copy has all that there is.
wait_ready() {
    local deadline=$((SECONDS + 20))
    until curl -fsS -m 5 "$url/query/status" 2>/dev/null | grep -q 'FOLLOW_STATE_CURRENT'; do
        [ "$SECONDS" -lt "$deadline" ] || {
            show_log partie-gateway
            fail "the gateway at $url does not reach the services"
        }
        sleep 0.05
    done
}
