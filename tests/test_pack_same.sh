#!/bin/sh
# test_pack_same.sh - a packed store in the experiment of what it was packed from: taken for
# the same cells where it is, refused with the reason where it is not; data info tells.
srcdir=${srcdir:-.}
case ${builddir:-.} in
/*) hcelab=${builddir}/hcelab ;;
*) hcelab=$(pwd)/${builddir:-.}/hcelab ;;
esac
lab=$(cd "$srcdir" && pwd)/tests/cli_lab.sh
dir=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-same.XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99
unset HCELAB_STORE
# shellcheck source=tests/cli_lab.sh
. "$lab"

"$hcelab" data simulate a.h5ad --cells 900 --genes 300 --seed 1 >out 2>err
"$hcelab" data simulate b.h5ad --cells 300 --genes 300 --seed 2 >out 2>err
is 0 "a packed copy" data pack a.h5ad a.hcp
is 0 "a shuffled one" data pack a.h5ad mixed.hcp --shuffle --seed 3

# --- what data info says ---
is 0 "data info" data info a.hcp
says 'packed store, version 1: values counts; [01]\.[0-9]+ bytes per value, [0-9]+ per cell' \
    "version, values and size"
says 'order of the cells: not shuffled' "order"
says 'packed from "a.h5ad"$' "inputs"
says 'counts as the same data as what it was packed from' "it counts as them"
is 0 "data info" data info mixed.hcp
says 'order of the cells: shuffled, seed 3' "order and seed"
says 'counts as other data than .*: its cells lie in another order' "and why it does not count"
is 0 "data info" data info a.hcp --layer X
says 'counts as other data than .*--layer' "nor of a matrix that is named"
"$hcelab" data simulate drawn.hcp --cells 100 --genes 50 >out 2>err
is 0 "data info of a store that was simulated" data info drawn.hcp
says 'packed store, version 1: values counts' "says what it is"
! grep -q 'packed from' out
result $? "not packed from anything"
is 0 "data info" data info a.h5ad
! grep -q 'packed' out
result $? "an .h5ad file is no packed store"
"$hcelab" data info mixed.hcp --json >out 2>err
grep -q '"packed": {"version": 1, "bytes": [0-9]*, .*"order": "shuffled, seed 3", "inputs": \["a.h5ad"\], "inputs_digest": null, "counts_as_inputs": false}' out
result $? "the same in JSON"
"$hcelab" data info a.h5ad --json >out 2>err
grep -q '"packed": null' out
result $? "null of others"

# --- in one experiment ---
train() { # train STATUS TEXT OPTIONS
    want=$1 text=$2
    shift 2
    is "$want" "$text" train --experiment one --model linear --split-by cell --set max_epochs=1 \
        --set batch_size=128 "$@"
}
train 0 "CE on the file" --loss ce --data a.h5ad
train 0 "HCE on its packed copy" --loss hce --data a.hcp
equal "$(value "SELECT COUNT(DISTINCT cells_digest) FROM run_evaluation")" 1 "of the same cells"
equal "$(value "SELECT COUNT(DISTINCT data_digest) || COUNT(DISTINCT split_digest) FROM run")" \
    11 "and parts"
equal "$(value "SELECT COUNT(DISTINCT pair_key) FROM run")" 2 "but no pair: their orders differ"
fails 1 '--baseline .*/ce --pair-key .* compares them' compare
train 0 "HCE on the file, as its CE run" --loss hce --data a.h5ad
is 0 "compare what is a pair" compare
grep -qE 'no pairs: linear [0-9a-f]{12} \(0 CE and 1 HCE done\); --baseline compares groups' err
result $? "and say what is none"
train 0 "HCE on the file" --loss hce --data a.h5ad --eval b=b.h5ad
is 0 "a packed copy of other cells" data pack b.h5ad b.hcp
train 0 "and on the packed copy, with that as evaluation" --loss ce --data a.hcp --eval b=b.hcp
train 1 "not on the shuffled one" --loss ce --data mixed.hcp
grep -qE "other cells in run 1 .*data is '.*/a.h5ad' there and '.*/mixed.hcp' here \(a packed store counts as .*in their order.*data of its own\); choose another --experiment" err
result $? "which names both files, and says why and what to do"
is 0 "eval of the file's run on the copy, as the same cells" eval 1 --data a.hcp --name all
is 0 "and on the file" eval 2 --data a.h5ad --name all
is 0 "a comparison of what the two made" compare --eval all --loss hce --pair-key \
    "$(value "SELECT pair_key FROM run WHERE run_id = 2")" --baseline \
    "$(value "SELECT substr(pair_key, 1, 12) FROM run WHERE run_id = 1")/ce"
! grep -q 'not fair' out
result $? "is fair: the same cells, parts and training data"
"$hcelab" data simulate few.h5ad --cells 300 --genes 200 --seed 2 >out 2>err
is 0 "eval on data with fewer genes" eval 1 --data few.h5ad --name few
grep -q "few.h5ad: 100 of the model's 300 genes are missing and read as 0" err
result $? "says so"
finish
