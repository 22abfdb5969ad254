#!/bin/bash
# README.md keeps its word: every command in its ```sh blocks is run, in order, and where a ```json block follows, that is the answer. The
# commands are run in a copy of the project, as a newcomer's; `scripts/run` uses the programs of this build, and the rest of the page then talks to
# it. `scripts/test` cannot run within itself: it must be there and know itself.
set -u
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=../support/tap.sh
. "$root/tests/support/tap.sh"
build=${PARTIE_BIN_DIR%/bin}
folder=$(mktemp -d)
copy=$folder/partie
run=
trap 'stop_run; rm -rf -- "$folder"' EXIT

# copy_project: all but what was built or kept.
copy_project() {
    mkdir -- "$copy"
    tar -C "$root" --exclude=./build --exclude=./var --exclude=./.git -cf - . | tar -C "$copy" -xf -
}

# blocks: README's blocks as lines KIND<tab>LINE; KIND is sh, json, or end after each block.
blocks() {
    awk '/^```(sh|json)$/ {kind = substr($0, 4); next}
         /^```/ && kind   {print "end\t" kind; kind = ""; next}
         kind             {print kind "\t" $0}' "$copy/README.md"
}

# start_run BUILD: `scripts/run` of the copy, on a free port, with the programs of BUILD.
start_run() {
    stop_run
    rm -f -- "$folder/out"
    "$copy/scripts/run" --build "$1" --data "$copy/var" --port 0 >"$folder/out" 2>&1 &
    run=$!
    until grep -qs '^Try:' "$folder/out"; do
        kill -0 "$run" || {
            cat -- "$folder/out"
            return 1
        }
        sleep 0.05
    done
    url=$(sed -n 's/^  gateway *//p' "$folder/out")
}

stop_run() {
    [ -z "$run" ] || {
        kill -TERM "$run" && wait "$run"
        run=
    } 2>/dev/null
}

# make_service COMMAND: scripts/new-service in the copy, its service built there, and the system started again with it.
make_service() {
    local name=${1##* } built=$folder/build
    (cd -- "$copy" && BUILD=$built bash -c "$1") && ninja -C "$built" --quiet "$name" ingest-events query-events partie-gateway &&
        start_run "$built"
}

# follow COMMAND: does what the line says; a curl's answer comes into $answer.
follow() {
    local command=$1
    answer=
    case $command in
    scripts/run) start_run "$build" ;;
    'scripts/run --check') (cd -- "$copy" && scripts/run --check --build "$build") ;;
    scripts/test) [ -x "$copy/scripts/test" ] && (cd -- "$copy" && scripts/test --help) ;;
    'scripts/new-service '*) make_service "$command" ;;
    'curl '*) answer=$(bash -c "curl -sS ${command#curl }" <<<'' | cat) && [ -n "$answer" ] ;;
    *)
        printf 'this test does not know how to follow: %s\n' "$command"
        return 1
        ;;
    esac
}

# answers JSON: the last answer is that.
answers() {
    diff <(jq -S . <<<"$answer") <(jq -S . <<<"$1")
}

# The cases must share a shell, since each goes on where the one before ended.
report() {
    tap_count=$((tap_count + 1))
    if [ "$2" -ne 0 ]; then
        tap_failed=$((tap_failed + 1))
        cat -- "$folder/log"
        echo "not ok - $1" | tee -a -- "$PARTIE_TAP"
    else
        echo "ok - $1" | tee -a -- "$PARTIE_TAP"
    fi
}

commands=0
json=
answer=
copy_project
while IFS=$'\t' read -r kind line <&3; do
    case $kind in
    sh)
        commands=$((commands + 1))
        status=0
        follow "${line//http:\/\/127.0.0.1:8080/${url-}}" >"$folder/log" 2>&1 || status=$?
        report "${line:0:100}" "$status"
        ;;
    json) json+=$line ;;
    end)
        [ "$line" = json ] || continue
        status=0
        answers "$json" >"$folder/log" 2>&1 || status=$?
        report "its answer is ${json:0:60}" "$status"
        json=
        ;;
    esac
done 3< <(blocks)
# links_lead_somewhere: every relative link of the page.
links_lead_somewhere() {
    local link bad=0
    while read -r link; do
        [ -e "$copy/$link" ] || {
            printf '%s is not there\n' "$link"
            bad=1
        }
    done < <(grep -oE '\]\([^)#:]+\)' "$copy/README.md" | sed 's/^](//; s/)$//')
    return "$bad"
}

check 'its links lead somewhere' links_lead_somewhere
check 'the page has its commands' test "$commands" -ge 8
finish_checks
