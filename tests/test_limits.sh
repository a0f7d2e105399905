#!/bin/sh
# test_limits.sh - with little address space commands do their work or say what they lack;
# none waits for ever.
srcdir=$(cd "${srcdir:-.}" && pwd)
hcelab=$(cd "${builddir:-.}" && pwd)/hcelab
tmp=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-limits.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 99
unset HCELAB_STORE OPENBLAS_NUM_THREADS
# shellcheck source=tests/cli_lab.sh
. "$srcdir/tests/cli_lab.sh"
is 0 "cells" data simulate atlas.h5ad --cells 900 --genes 200 --types 8 --studies 4 \
    --heldout 1 --donors 4

# limited KIB ARGS...: hcelab ARGS with so much address space, for a minute at most.
limited() {
    kib=$1
    shift
    (ulimit -v "$kib" && exec timeout 60 "$hcelab" "$@" >out 2>err </dev/null)
    rc=$?
}

for kib in 1000000 200000; do
    limited $kib --version
    [ $rc -eq 0 ]
    result $? "$kib KiB: --version"
    limited $kib --store $kib.db train --data atlas.h5ad --set max_epochs=2 \
        --set batch_size=64 --threads 1
    [ $rc -eq 0 ]
    result $? "$kib KiB: train"
done
# From here on something is missing, sooner or later; what, depends on the libraries.
for kib in 160000 120000 80000 40000; do
    limited $kib --store $kib.db train --data atlas.h5ad --set max_epochs=2 \
        --set batch_size=64 --threads 1
    # 124: only the minute ended it
    [ $rc -eq 0 ] || { [ $rc -ne 124 ] && [ -s err ]; }
    result $? "$kib KiB: train ends"
done
finish
