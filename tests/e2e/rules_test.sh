#!/bin/bash
# scripts/check-includes and scripts/check-banned find what is planted, and nothing in a tree that keeps the rules.
set -u
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=../support/tap.sh
. "$root/tests/support/tap.sh"

# plant FILE LINE...: a file in the scratch tree.
plant() {
    local file=$scratch/$1
    shift
    mkdir -p -- "$(dirname -- "$file")"
    printf '%s\n' "$@" >"$file"
}

includes_refused() {
    plant "$1" "#include $2"
    expect 1 "$root/scripts/check-includes" "$scratch"
    has "$1:1: "
    has "must not include $3"
}

includes_allowed() {
    plant "$1" '#include <stdio.h>' "#include $2"
    expect 0 "$root/scripts/check-includes" "$scratch"
    equals ''
}

refused() { check "$1 must not include $2" includes_refused "$@"; }
allowed() { check "$1 may include $2" includes_allowed "$@"; }

refused runtime/include/partie/x.h '<nng/nng.h>' '<nng>'
refused runtime/src/core/x.c '"json/read.h"' runtime/src/json
refused runtime/src/rpc/x.c '<nng/nng.h>' '<nng>'
refused runtime/src/rpc/x.c '<partie/kit/log.h>' kit/include
refused runtime/src/json/x.c '"events/v1/events.pb.h"' gen
refused compiler/src/x.c '"core/utf8.h"' runtime/src/core
refused gen/x/v1/x.pb.h '"partie/kit/log.h"' kit/include
refused kit/src/x.c '"events/v1/events.pb.h"' gen
refused kit/src/x.c '<nng/nng.h>' '<nng>'
refused gateway/src/x.c '"services/a/a.h"' services
refused gateway/src/x.c '"events/v1/events.pb.h"' gen
refused gateway/src/program/x.c '"core/utf8.h"' runtime/src/core
refused cli/src/x.c '<sqlite3.h>' '<sqlite3>'
refused services/a-b/a_b.c '"events/v1/events.pb.h"' gen
refused services/a-b/a_b.c '<sqlite3.h>' '<sqlite3>'
refused services/a-b/handler.c '<sqlite3.h>' '<sqlite3>'
refused services/a-b/store_sqlite.c '"events/v1/events.pb.h"' gen
refused services/a-b/main.c '"../c/c.h"' 'a path with ..'
refused services/a-b/main.c '"c.h"' 'a header that is not in this service'
refused tests/contract/x.c '"core/wire.h"' runtime/src/core
refused tests/e2e/x_test.c '<nng/nng.h>' '<nng>'
allowed runtime/src/transport/x.c '<nng/nng.h>'
allowed runtime/src/rpc/x.c '"google/rpc/status.pb.h"'
allowed runtime/src/core/x_test.c '<criterion/criterion.h>'
allowed services/a-b/store_sqlite.c '<sqlite3.h>'
allowed services/a-b/handler.c '"a_b/v1/a_b.rpc.h"'
allowed services/a-b/a_b.h '"partie/status.h"'
allowed gateway/src/x.c '"partie/kit/log.h"'
allowed compiler/src/x.c '"partie/wire.h"'

banned() {
    plant kit/src/x.c "$1"
    expect 1 "$root/scripts/check-banned" "$scratch"
    has "kit/src/x.c:1:$1"
}

not_banned() {
    plant kit/src/x.c 'snprintf(a, 1, ""); my_strcpy(a); x->rand(1); x.gets(2); // rand is not a call' 'strtok_r(a, b, c);'
    expect 0 "$root/scripts/check-banned" "$scratch"
    equals ''
}

too_long() {
    mkdir -p -- "$scratch/kit"
    yes 'int x;' | head -n 501 >"$scratch/kit/x.c"
    expect 1 "$root/scripts/check-banned" "$scratch"
    has 'kit/x.c: 501 lines'
}

for call in strcpy strcat sprintf vsprintf atoi atol strtok gets rand alloca; do check "$call is banned" banned "    $call(x);"; done
check 'what is left for later is banned' banned "/* TO""DO: later */"
check 'names that only look like it are not' not_banned
check 'a file of 501 lines is too long' too_long
finish_checks
