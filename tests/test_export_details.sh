#!/bin/sh
# test_export_details.sh - what a model says of each cell, with the published columns:
# eval --details, and export --details for a run's own cells.
srcdir=${srcdir:-.}
case ${builddir:-.} in
/*) hcelab=${builddir}/hcelab ;;
*) hcelab=$(pwd)/${builddir:-.}/hcelab ;;
esac
lab=$(cd "$srcdir" && pwd)/tests/cli_lab.sh
dir=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-details.XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99
unset HCELAB_STORE
# shellcheck source=tests/cli_lab.sh
. "$lab"

is 0 "an atlas" data simulate a.h5ad --cells 600 --genes 100 --seed 2
is 0 "other cells" data simulate b.h5ad --cells 200 --genes 100 --seed 2
spec="--data a.h5ad --ood dataset_id=heldout_1 --set batch_size=64 --set max_epochs=2"
# shellcheck disable=SC2086
is 0 "train" train $spec --eval own=b.h5ad
is 0 "propagated" eval 1 --name ood --decode propagated
is 0 "cells of others" eval 1 --data b.h5ad --name theirs --details theirs.csv \
    --predictions said.csv
head -n 1 theirs.csv >out
says '^cell,y_true,y_pred,cell_type,soma_joinid,assay,dataset_id,donor_id,development_stage,disease,tissue,tissue_general,y_probs$' \
    "the published columns"

# The first three fields, whose labels may have commas.
three() { sed '1d' "$1" | sed -E 's/^([^,]*),("[^"]*"|[^,]*),("[^"]*"|[^,]*),.*/\1|\2|\3/'; }
# same DETAILS PREDICTIONS TEXT
same() {
    three "$1" | sort >got
    three "$2" | sort >want
    [ "$(wc -l <want)" -gt 20 ] && cmp want got >out 2>err
    result $? "$3"
}
same theirs.csv said.csv "cells, labels and what was said are those of --predictions"
awk -F'"\\[' 'NR > 1 { n = split($2, p, ","); s = 0; for (i = 1; i <= n; i++) s += p[i]
    if (s < .999 || s > 1.001) bad++ } END { exit bad || NR < 20 }' theirs.csv >out 2>err
result $? "probabilities sum to 1"

is 0 "export --details" export 1 tree --details
complains 'no detailed results of theirs, whose data the run does not know' "says what it cannot know"
v=tree/tb_logs/linear/default/version_0
equal "$(find tree -name '*_detailed_results.csv' | sed 's,/val_f1[^/]*,,; s,.*version_0/,,' | sort | tr '\n' ' ')" \
    "checkpoints/linear_detailed_results.csv evaluations/ood+propagated/linear_detailed_results.csv evaluations/own/linear_detailed_results.csv sctab_test/linear_detailed_results.csv " \
    "a file for each evaluation of the run's own data"
for place in checkpoints:ood sctab_test:id evaluations/own:own; do
    is 0 "predictions of ${place#*:}" --read-only eval 1 --name "${place#*:}" --predictions said.csv
    same "$(find "$v/${place%:*}" -name '*_detailed_results.csv')" said.csv "${place#*:} is the same"
done
is 0 "export again" export 1 tree --details
equal "$(value 'SELECT COUNT(*) FROM f1_overall')" 10 "nothing was stored"
is 0 "import" --store back.db import tree
says '^runs: 1 added, 0 updated, 0 there already; not readable: 0' "is not disturbed by them"

# --- what cannot be done ---
mv a.h5ad away.h5ad
fails 1 'a.h5ad' export 1 gone --details
[ ! -e gone/tb_logs/linear/default/version_0 ]
result $? "without the data there is no folder"
is 0 "and without details" export 1 gone
fails 2 '--details: is for export RUN' export f1 --details
fails 2 '--details holds the cells of one run' eval 1 1 --data b.h5ad --name x --details x.csv
finish
