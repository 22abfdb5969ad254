#!/bin/bash
# scripts/setup against a made-up package system: what it installs, and what it says when it cannot.
set -u
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=../support/tap.sh
. "$root/tests/support/tap.sh"
unset PARTIE_SKIP_SETUP

# fake NAME LINE...: a command of that name, in front of all others.
fake() {
    local name=$1
    shift
    mkdir -p -- "$scratch/bin"
    printf '%s\n' '#!/bin/sh' "$@" >"$scratch/bin/$name"
    chmod +x -- "$scratch/bin/$name"
}

# A system where everything but $1 is installed, the user is $2 (a number), and apt-get notes how it was called.
# shellcheck disable=SC2016 # for the made-up command to expand
system() {
    fake dpkg-query 'for name; do case $name in -*) ;; '"$1"') ;; *) echo "ii $name" ;; esac; done'
    fake id "echo $2"
    fake apt-get "echo \"\$*\" >>$scratch/apt" "${3:-exit 0}"
    fake sudo "echo sudo >>$scratch/apt" 'exec "$@"'
}

# setup [ARGUMENT...]: scripts/setup in it.
setup() {
    PATH="$scratch/bin:$PATH" "$root/scripts/setup" "$@"
}

nothing_to_do() {
    system none 0
    expect 0 setup tools
    equals ''
    [ ! -e "$scratch/apt" ]
}

installs_what_is_lacking() {
    system 'gcc|jq' 0
    expect 0 setup run
    has 'gcc (the C compiler)'
    has 'jq (checks the answers)'
    lacks curl
    got=$(grep -c install "$scratch/apt")
    equals 1
    got=$(grep install "$scratch/apt")
    has '--no-install-recommends --no-upgrade --no-remove gcc jq'
}

sets_grow() {
    system '*' 0
    expect 0 setup --print run
    lacks criterion
    lacks valgrind
    expect 0 setup --print test
    has libcriterion-dev
    lacks valgrind
    expect 0 setup --print tools
    has valgrind
    lacks grpc
    expect 0 setup --print bench
    has libgrpc++-dev
    lacks criterion
    [ ! -e "$scratch/apt" ]
}

uses_sudo() {
    system jq 1000
    expect 0 setup run
    got=$(cat "$scratch/apt")
    has sudo
}

without_root_and_sudo() {
    system jq 1000
    rm -- "$scratch/bin/sudo"
    ln -s -- "$(command -v true)" "$scratch/bin/true"
    for tool in bash awk dirname basename cat grep tail rm mktemp env; do ln -sf -- "$(command -v "$tool")" "$scratch/bin/$tool"; done
    expect 1 env PATH="$scratch/bin" "$(command -v bash)" "$root/scripts/setup" run
    has 'run as root: apt-get install jq'
}

without_apt() {
    mkdir -p -- "$scratch/bin"
    for tool in bash dirname basename cat; do ln -sf -- "$(command -v "$tool")" "$scratch/bin/$tool"; done
    expect 1 env PATH="$scratch/bin" "$(command -v bash)" "$root/scripts/setup" run
    has 'no apt-get here'
    has 'libnng-dev (transport between services)'
    has PARTIE_SKIP_SETUP=1
}

tries_once_more() {
    # The first install meets lists that have gone stale.
    system jq 0 "case \"\$*\" in *update*) touch $scratch/fresh ;; *install*) [ -e $scratch/fresh ] ;; esac"
    expect 0 setup run
}

says_why() {
    system jq 0 "case \"\$*\" in *install*) echo '$1'; exit 100 ;; esac"
    expect 1 setup run
    has "$2"
    has "$1"
}

without_network() {
    system jq 0 "echo \"Temporary failure resolving 'packages.example'\"; exit 100"
    expect 1 setup run
    has 'cannot be reached'
}

refuses_nonsense() {
    expect 2 setup all
    has 'all: not a set of packages'
}

check 'says and does nothing when nothing is lacking' nothing_to_do
check 'installs just what is lacking, in one transaction, and says why' installs_what_is_lacking
check 'run, test and tools each add to the one before; bench to run' sets_grow
check 'uses sudo when not root' uses_sudo
check 'says what root must do when there is no sudo' without_root_and_sudo
check 'lists the packages where there is no apt-get' without_apt
check 'refreshes the lists and tries once more' tries_once_more
check 'says that the disk is full' says_why 'E: You do not have enough free space: No space left on device' 'the disk is full'
check 'says that another program installs' says_why 'E: Could not get lock /var/lib/dpkg/lock-frontend' 'another program is installing'
check 'says that the lists lack a package' says_why 'E: Unable to locate package jq' 'made for Debian 12'
check 'says that the network is away' without_network
check 'refuses a set that there is not' refuses_nonsense
finish_checks
