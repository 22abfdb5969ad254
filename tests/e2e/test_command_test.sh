#!/bin/bash
# scripts/test counts right, whatever a test program does: with a made-up cmake, ninja and ctest.
set -u
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=../support/tap.sh
. "$root/tests/support/tap.sh"

# run_tests STATUS NAME...: scripts/test, where ctest knows tests of these names, leaves what $scratch/made holds as results and ends with STATUS.
run_tests() {
    local status=$1 names
    shift
    names=$(printf '{"name":"%s"},' "$@")
    mkdir -p -- "$scratch/bin" "$scratch/made" "$scratch/build/results"
    printf '#!/bin/sh\n' | tee "$scratch/bin/cmake" >"$scratch/bin/ninja"
    cat >"$scratch/bin/ctest" <<SH
#!/bin/sh
case "\$*" in
*show-only*) echo '{"tests":[${names%,}]}' ;;
*) cp $scratch/made/* $scratch/build/results/ 2>/dev/null; exit $status ;;
esac
SH
    chmod +x -- "$scratch"/bin/*
    PARTIE_SKIP_SETUP=1 PATH="$scratch/bin:$PATH" "$root/scripts/test" --build "$scratch/build"
}

# made NAME LINE...: what a test program leaves.
made() {
    local name=$1
    shift
    mkdir -p -- "$scratch/made"
    printf '%s\n' "$@" >"$scratch/made/$name"
}

# closes LINE: that is the last line of what it wrote.
closes() {
    got=$(tail -n 1 <<<"$got")
    equals "$1"
}

all_pass() {
    made unit.a.tap '1..2' 'ok - x::one  (0.00s)' 'ok - x::two  (0.00s)'
    made unit.b.tap 'ok - one' '1..1'
    expect 0 run_tests 0 unit.a unit.b
    closes '3 passed, 0 failed'
}

one_fails() {
    made unit.a.tap '1..2' 'ok - x::one  (0.00s)' 'not ok - x::two  (0.00s)' '  ---' '  assertions: 1' '  ...'
    expect 1 run_tests 8 unit.a
    has 'unit.a: x::two'
    has 'scripts/test --preset dev --filter'
    closes '1 passed, 1 failed'
}

skipped() {
    made unit.a.tap '1..2' 'ok - x::one  (0.00s)' 'ok - x::two  # SKIP not written: Foo'
    expect 0 run_tests 0 unit.a
    has 'unit.a: x::two: not written: Foo'
    closes '1 passed, 0 failed, 1 skipped'
}

crashed_before_reporting() {
    made unit.a.tap '1..2' 'ok - one' 'ok - two # SKIP later'
    expect 1 run_tests 8 unit.a unit.b
    has 'unit.b: crashed or hung'
    closes '1 passed, 1 failed, 1 skipped'
}

crashed_half_way() {
    made unit.a.tap '1..3' 'ok - one'
    expect 1 run_tests 8 unit.a
    has '1 of 3 cases reported'
    closes '1 passed, 1 failed'
}

failed_after_the_last_case() {
    made unit.a.tap '1..1' 'ok - one'
    expect 1 run_tests 8 unit.a
    closes '1 passed, 1 failed'
}

leaked() {
    made unit.a.tap '1..1' 'ok - one'
    made unit.a.memory.17 'ERROR: LeakSanitizer: detected memory leaks'
    expect 1 run_tests 0 unit.a
    has 'detected memory leaks'
    closes '1 passed, 1 failed'
}

old_results_do_not_count() {
    mkdir -p -- "$scratch/build/results"
    printf '1..1\nok - old\n' >"$scratch/build/results/unit.a.tap"
    expect 1 run_tests 8 unit.a
    closes '0 passed, 1 failed'
}

no_such_test() {
    expect 2 "$root/scripts/test" nonsense
    has 'neither a suite nor an option'
    expect 2 "$root/scripts/test" --preset nonsense
}

check 'adds up the cases of all programs' all_pass
check 'names the case that failed' one_fails
check 'counts and names what was skipped' skipped
check 'a program that reports nothing is a failed case' crashed_before_reporting
check 'so is one that stops half-way' crashed_half_way
check 'so is one that fails at its end' failed_after_the_last_case
check 'a leak is a failed case though the program passed' leaked
check 'results of an earlier run do not count' old_results_do_not_count
check 'refuses a suite and a preset that there are not' no_such_test
finish_checks
