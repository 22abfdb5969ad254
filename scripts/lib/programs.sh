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

# service_conf NAME KEY: a value of services/NAME/service.conf, whose form docs/new-service.md describes.
service_conf() {
    sed -n "s/^[[:space:]]*$2[[:space:]]*=[[:space:]]*//p" -- "$root/services/$1/service.conf"
}

# start_service FOLDER NAME: one service, with its data in a folder of its own below FOLDER/data.
start_service() {
    local folder=$1 name=$2 words=() arguments=() word other
    mkdir -p -- "$folder/data/$name" || fail "$folder/data/$name: cannot be made$(disk_hint "$folder")"
    read -ra words <<<"$(service_conf "$name" args)"
    for word in "${words[@]}"; do
        word=${word//'{data}'/$folder/data/$name}
        for other in "${!program_url[@]}"; do word=${word//"{url:$other}"/${program_url[$other]}}; done
        arguments+=("$word")
    done
    start_program "$folder/log" "$name" --listen tcp://127.0.0.1:0 "${arguments[@]}"
}

# start_services FOLDER: every service of the project, those that others need before them.
start_services() {
    local waiting=() later=() conf name need
    for conf in "$root"/services/*/service.conf; do
        conf=${conf%/*}
        waiting+=("${conf##*/}")
    done
    while [ ${#waiting[@]} -gt 0 ]; do
        later=()
        for name in "${waiting[@]}"; do
            for need in $(service_conf "$name" needs); do
                [ -n "${program_pid[$need]-}" ] || {
                    later+=("$name")
                    continue 2
                }
            done
            start_service "$1" "$name"
        done
        [ ${#later[@]} -lt ${#waiting[@]} ] || fail "services/*/service.conf: ${later[*]} need each other, or one that there is not"
        waiting=("${later[@]}")
    done
}

# start_system FOLDER ADDRESS:PORT: all services, and the gateway in front of them, whose URL comes into $url.
start_system() {
    local folder=$1 address=$2 name backends=()
    mkdir -p -- "$folder/log" || fail "$folder/log: cannot be made$(disk_hint "$folder")"
    program_url=()
    start_services "$folder"
    for name in "${program_order[@]}"; do backends+=(--backend "${program_url[$name]}"); done
    start_program "$folder/log" partie-gateway --listen "$address" "${backends[@]}"
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
