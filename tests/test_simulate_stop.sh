#!/bin/sh
# test_simulate_stop.sh - a simulation that is stopped leaves nothing, whatever stops it.
srcdir=${srcdir:-.}
hcelab=$(cd "${builddir:-.}" && pwd)/hcelab
srcdir=$(cd "$srcdir" && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-stop.XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99
unset HCELAB_STORE
# shellcheck source=tests/cli_lab.sh
. "$srcdir/tests/cli_lab.sh"

for signal in TERM HUP; do
    "$hcelab" data simulate big.hcp --cells 5000000 --genes 300 >out 2>err &
    pid=$!
    for _ in $(seq 300); do
        ls big.hcp.tmp-* >/dev/null 2>&1 && break
        sleep 0.1
    done
    ls big.hcp.tmp-* >out 2>err
    result $? "a simulation has begun to write"
    kill -$signal $pid
    wait $pid 2>/dev/null
    ls >out
    ! grep big out >err
    result $? "and leaves nothing when it is stopped by SIG$signal"
done
is 0 "one that is not stopped" data simulate small.hcp --cells 50 --genes 20 --types 4
result "$([ -s small.hcp ] && echo 0 || echo 1)" "is whole"
finish
