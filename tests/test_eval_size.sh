#!/bin/sh
# test_eval_size.sh - eval and predict on data that do not fit into memory, and on one part
# of data that have a split of their own.
set -u
hcelab=${HCELAB:-$(pwd)/hcelab}
parquet=$(cd "${srcdir:-.}/tests/parquet" && pwd)
lab=$(cd "${srcdir:-.}/tests" && pwd)/cli_lab.sh
dir=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-size-XXXXXX")
trap 'rm -rf "$dir"' EXIT
cd "$dir"
. "$lab"

check() { # check TEXT COMMAND...: it succeeds
    text=$1
    shift
    if "$@"; then result 0 "$text"; else result 1 "$text"; fi
}

rows() { # rows FILE.csv: without the header
    tail -n +2 "$1" | wc -l
}

quiet() { # quiet ARGS: hcelab on s.db
    "$hcelab" --store s.db "$@" >out 2>err || result 1 "hcelab $*"
}

# Scores of one evaluation, to the last bit.
scores() {
    "$hcelab" --store s.db sql --csv "SELECT rule, facet, label, class, format('%!.17g', f1),
        support FROM f1 WHERE evaluation = '$1' ORDER BY 1, 2, 3, 4"
}

# --- a folder of many chunks ---
"$hcelab" data simulate atlas.h5ad --cells 3000 --genes 300 >out 2>err
mkdir chunks
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
    "$hcelab" data simulate chunks/chunk_$i.h5ad --cells 250 --genes 300 --seed $i >out 2>err
done
for model in linear mlp; do
    rm -f s.db
    quiet train --data atlas.h5ad --model $model --loss hce --split-by cell \
        --set max_epochs=2 --set batch_size=256
    quiet eval 1 --data chunks --name whole --memory 4G --predictions whole.csv
    check "$model: all chunks are scored" test "$(rows whole.csv)" -gt 1000
    for memory in 200K 1M; do
        quiet eval 1 --data chunks --name some$memory --memory $memory --predictions some.csv
        check "$model, $memory: predictions are those of memory" cmp -s whole.csv some.csv
        scores whole >whole.txt
        scores some$memory >some.txt
        check "$model, $memory: scores are those of memory" cmp -s whole.txt some.txt
        quiet eval 1 --data chunks --name whole --memory $memory
        check "$model, $memory: they are the same cells" test -s out
    done
    for out in csv h5ad; do
        quiet predict 1 --data chunks --out p_whole.$out --memory 4G --force
        quiet predict 1 --data chunks --out p_some.$out --memory 200K --force
    done
    check "$model: predict says the same" cmp -s p_whole.csv p_some.csv
    check "$model: also in .h5ad" cmp -s p_whole.h5ad p_some.h5ad
done
rm -f t.db
"$hcelab" --store t.db train --data atlas.h5ad --memory 1M --split-by cell --eval far=chunks \
    --set max_epochs=1 --set batch_size=256 >out 2>err
"$hcelab" --store t.db log 1 >out
check "an --eval of training is read some cells at a time" grep -q "some are read at a time" out
"$hcelab" --store t.db sql --csv "SELECT evaluation, f1 FROM f1_overall ORDER BY 1, 2" >some.txt
rm -f t.db
"$hcelab" --store t.db train --data atlas.h5ad --split-by cell --eval far=chunks \
    --set max_epochs=1 --set batch_size=256 >out 2>err
"$hcelab" --store t.db sql --csv "SELECT evaluation, f1 FROM f1_overall ORDER BY 1, 2" >whole.txt
check "and scored as in memory" cmp -s whole.txt some.txt

# --- the parts of an scTab store ---
mkdir -p store/train store/val store/test store/categorical_lookup
cp "$parquet/wasm-v1-pages-snappy.parquet" store/train/part.0.parquet
cp "$parquet/wasm-v2-dict-zstd.parquet" store/train/part.1.parquet
cp "$parquet/duckdb-gzip.parquet" store/val/part.0.parquet
cp "$parquet/wasm-v1-plain-none.parquet" store/test/part.0.parquet
cp "$parquet/store-var.parquet" store/var.parquet
cp "$parquet/store-cell_type.parquet" store/categorical_lookup/cell_type.parquet
"$hcelab" data pack store store.hcp >out 2>err
rm -f s.db
quiet train --data store --model linear --loss ce --set max_epochs=1 --set batch_size=8
for data in store store.hcp; do
    for part in train val test all; do
        quiet eval 1 --data $data --part $part --name $data-$part --predictions $part.csv
    done
    cells="$(rows train.csv) $(rows val.csv) $(rows test.csv) $(rows all.csv)"
    # of 160 cells, 60 are not primary data
    check "$data: a part has its cells ($cells)" test "$cells" = "50 25 25 100"
    quiet eval 1 --data $data --name $data --predictions own.csv
    check "$data: the test part is taken" cmp -s test.csv own.csv
    check "$data: which is said" grep -q "the test part of $data (--part all: all cells)" err
    check "$data: no more is said of a part that was asked for" sh -c \
        "! '$hcelab' --store s.db eval 1 --data $data --part test --name $data 2>&1 | grep -q 'part all'"
    quiet predict 1 --data $data --out all.csv --force
    quiet predict 1 --data $data --part val --out val.csv --force
    check "$data: predict takes all cells or a part" test "$(rows all.csv) $(rows val.csv)" = "100 25"
    quiet predict 1 --data $data --part val --out some.csv --memory 1K --force
    check "$data: also some at a time" cmp -s val.csv some.csv
done
scores store-test >whole.txt
scores id >some.txt
check "the test part is the run's own evaluation" cmp -s whole.txt some.txt
fails 2 "--part val: atlas.h5ad has no split of its own" --store s.db predict 1 \
    --data atlas.h5ad --part val --out x.csv
fails 2 "--part mine: .*train.*val.*test.*all" --store s.db eval 1 --data store --part mine --name x
fails 2 "belong to --data" --store s.db eval 1 --part val --name id

echo "1..$n"
exit $bad
