# Shared by the commands in scripts/: sourced, never run. Sets `root` and goes there.
# shellcheck shell=bash

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
me=scripts/$(basename -- "$0")
caller=$PWD
cd -- "$root" || exit 1

# from_caller PATH: what a path that the person gave means, now that we have left the folder that they gave it in.
from_caller() {
    case $1 in
    /*) printf '%s' "$1" ;;
    *) printf '%s' "$caller/$1" ;;
    esac
}

# say TEXT...: a line for the person.
say() {
    printf '%s\n' "$*"
}

# fail TEXT...: what failed and how to mend it, on stderr; ends the command with 1.
fail() {
    printf '%s: %s\n' "$me" "$*" >&2
    exit 1
}

# wrong_usage TEXT...: ends the command with 2.
wrong_usage() {
    printf '%s: %s; see %s --help\n' "$me" "$*" "$me" >&2
    exit 2
}

# configure PRESET BUILD [-DNAME=VALUE...]: configures a build folder. Quiet unless it fails.
configure() {
    local preset=$1 build=$2 output
    shift 2
    output=$(cmake --preset "$preset" -B "$build" "$@" 2>&1) || {
        printf '%s\n' "$output" >&2
        fail "cmake cannot configure $build; if the folder is from another compiler or place, remove it and try again"
    }
}

# compile BUILD [TARGET...]: builds with a progress line on a terminal, and in silence elsewhere.
compile() {
    local build=$1 output status=0
    shift
    if [ -t 1 ]; then
        ninja -C "$build" "$@" || status=$?
    else
        output=$(ninja -C "$build" --quiet "$@" 2>&1) || status=$?
        [ "$status" -eq 0 ] || printf '%s\n' "$output" >&2
    fi
    [ "$status" -eq 0 ] || fail "the build in $build failed; the first error stands above$(disk_hint "$build")"
}

# disk_hint FOLDER: says so where the disk of FOLDER is as good as full.
disk_hint() {
    local free
    free=$(df --output=avail -k -- "$1" 2>/dev/null | tail -n 1) || return 0
    [ "${free:-999999}" -ge 20480 ] || printf ' (the disk of %s is full: %s KiB are left; make room)' "$1" "$((free))"
}
