#!/bin/sh
# test_pack_inputs.sh - data pack from every kind of dataset, alone and together: what a
# dataset brings of its own stays, or a warning says that it does not.
srcdir=${srcdir:-.}
hcelab=$(cd "${builddir:-.}" && pwd)/hcelab
srcdir=$(cd "$srcdir" && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-inputs.XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99
unset HCELAB_STORE
# shellcheck source=tests/cli_lab.sh
. "$srcdir/tests/cli_lab.sh"

# --- an scTab store of 160 cells, of files that others wrote ---
# numbers N... : float64 0, 1 and 2.5
numbers() {
    for x; do
        case $x in
        0) printf '\000\000\000\000\000\000\000\000' ;;
        1) printf '\000\000\000\000\000\000\360\077' ;;
        h) printf '\000\000\000\000\000\000\004\100' ;;
        esac
    done
}

# npy SHAPE N...
npy() {
    printf '\223NUMPY\001\000\166\000%-117s\n' \
        "{'descr': '<f8', 'fortran_order': False, 'shape': $1, }"
    shift
    numbers "$@"
}

# put FROM TO
put() {
    cp "$srcdir/tests/parquet/$1" "$2"
}

mkdir -p lab/train lab/val lab/test lab/categorical_lookup lab/cell_type_hierarchy
put wasm-v1-pages-snappy.parquet lab/train/part.0.parquet
put wasm-v2-dict-zstd.parquet lab/train/part.1.parquet
put duckdb-gzip.parquet lab/val/part.0.parquet
put wasm-v1-plain-none.parquet lab/test/part.0.parquet
put store-var.parquet lab/var.parquet
put store-cell_type.parquet lab/categorical_lookup/cell_type.parquet
npy "(6, 6)" 1 1 1 0 0 0 0 1 1 0 0 0 0 0 1 0 0 0 0 0 0 1 0 0 0 0 0 0 1 0 0 0 0 0 0 1 \
    >lab/cell_type_hierarchy/child_matrix.npy
npy "(6,)" 1 h 1 1 1 1 >lab/class_weights.npy

# Lines about the cells, without those that name the file or rest on a guess.
info() {
    "$hcelab" data info --all "$1" 2>/dev/null |
        sed -n '/ cells x /,$p' | sed '/^memory/d; s/density [a-z ]*[0-9.]* %, //'
}
# weights DATA: those of a training on it.
weights() {
    rm -f t.db*
    "$hcelab" --store t.db train --data "$1" --model linear --seed 1 --loss hce \
        --shuffle cells --set max_epochs=1 --set batch_size=16 >out 2>err
    "$hcelab" --store t.db show 1 --json | sed -n 's/.*"weights_sha256": "\([0-9a-f]*\)".*/\1/p' |
        tail -n 1
}

# --- one ---
is 0 "an scTab store" data pack lab lab.hcp
info lab >a.txt
info lab.hcp >b.txt
cmp a.txt b.txt >out 2>err
result $? "is the same as a packed store"
is 0 "data info" data info lab.hcp
says "^split of its own \(obs/split\): train [0-9]+, test [0-9]+, val [0-9]+ cells" "with its split"
says "^ontology: the data's own hierarchy" "with its hierarchy"
weights lab >a.txt
weights lab.hcp >b.txt
[ -s a.txt ] && cmp a.txt b.txt >out 2>err
result $? "and trains to the same bits"
is 0 "it is packed again" data pack lab.hcp two.hcp
weights two.hcp >b.txt
cmp a.txt b.txt >out 2>err
result $? "and trains to the same bits still"

# --- several that bring the same ---
cp -r lab other
is 0 "two scTab stores" data pack lab other two.hcp --force
[ ! -s err ] || ! grep warning err
result $? "without a warning"
is 0 "data info" data info two.hcp
says "^ontology: the data's own hierarchy" "keeps the hierarchy"
says "^split of its own" "and the split"
npy "(6,)" 1 1 1 1 1 1 >other/class_weights.npy
is 0 "with other weights" data pack lab other two.hcp --force
complains "do not bring the same class weights" "says that these go"
npy "(6, 6)" 1 1 1 0 0 0 0 1 0 0 0 0 0 0 1 0 0 0 0 0 0 1 0 0 0 0 0 0 1 0 0 0 0 0 0 1 \
    >other/cell_type_hierarchy/child_matrix.npy
is 0 "with another hierarchy" data pack lab other two.hcp --force
complains "do not bring the same hierarchy" "says that this goes"
is 0 "data info" data info two.hcp
says "^ontology: built-in" "and it is gone"
says "^split of its own" "but not the split"

# --- every kind ---
mkdir chunks
is 0 "an .h5ad file" data unpack lab.hcp lab.h5ad
cp lab.h5ad chunks/1.h5ad
is 0 "data pack --where" data pack lab.h5ad part.hcp --where split=val
is 0 "a chunk" data unpack part.hcp chunks/2.h5ad
is 0 "all at once" data pack lab lab.h5ad lab.hcp chunks all.hcp --shuffle
complains "not all data bring a split of their own" "says that the split goes"
complains "do not bring the same hierarchy" "and the hierarchy"
is 0 "data info" data info all.hcp
# cells DATA: how many have a label.
cells() { "$hcelab" data info --json "$1" 2>/dev/null | sed -n 's/^{"n_cells": \([0-9]*\),.*/\1/p'; }
says "^$((4 * $(cells lab.hcp) + $(cells part.hcp))) cells x 29 genes" "has all cells"
! grep -q '^split of its own' out
result $? "and no split of its own"

# --- into the folder of the inputs ---
is 0 "into the folder that is packed" data pack chunks chunks/all.hcp
fails 1 "chunks/all.hcp is one of the inputs" data pack chunks chunks/all.hcp --force
finish
