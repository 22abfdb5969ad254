# Test cases in shell: sourced by tests/e2e/*_test.sh.
# shellcheck shell=bash
#
#     check 'name of the case' function_that_fails_when_it_is_wrong
#     ...
#     finish_checks
#
# Each case runs in a subshell under `set -e` with a folder of its own, $scratch. Results go to stdout and, as TAP, to the file that $PARTIE_TAP names.

tap_count=0
tap_failed=0
: >"${PARTIE_TAP:=/dev/null}"

# check NAME COMMAND...: one case; its output is shown when it fails.
check() {
    local name=$1 output status=0 scratch verdict=ok
    shift
    tap_count=$((tap_count + 1))
    scratch=$(mktemp -d)
    set +e
    output=$(
        set -eu
        # shellcheck disable=SC2030 # for the case
        export scratch
        "$@" 2>&1
    )
    status=$?
    rm -rf -- "$scratch"
    if [ "$status" -ne 0 ]; then
        verdict='not ok'
        tap_failed=$((tap_failed + 1))
        printf '%s\n' "$output"
    fi
    printf '%s - %s\n' "$verdict" "$name" | tee -a -- "$PARTIE_TAP"
}

# finish_checks: the last line of a test script.
finish_checks() {
    echo "1..$tap_count" >>"$PARTIE_TAP"
    [ "$tap_failed" -eq 0 ]
    exit
}

# expect STATUS COMMAND...: runs it; its output is then in $got. Wrong when it ends with another status.
expect() {
    local wanted=$1 status=0
    shift
    got=$("$@" 2>&1) || status=$?
    [ "$status" -eq "$wanted" ] || {
        printf '%s\n-- ended with %d instead of %d: %s\n' "$got" "$status" "$wanted" "$*"
        return 1
    }
}

# has TEXT: $got contains it.
has() {
    [[ $got == *"$1"* ]] || {
        printf '%s\n-- lacks: %s\n' "$got" "$1"
        return 1
    }
}

# lacks TEXT: $got does not contain it.
lacks() {
    [[ $got != *"$1"* ]] || {
        printf '%s\n-- has: %s\n' "$got" "$1"
        return 1
    }
}

# equals TEXT: $got is that.
equals() {
    [ "$got" = "$1" ] || {
        printf '%s\n-- instead of --\n%s\n' "$got" "$1"
        return 1
    }
}
