#!/bin/sh
# test_export_back.sh - a run of ours, exported and imported into an empty store, is the same
# in every view, and its weights work there; genes and classes come from the export.
srcdir=${srcdir:-.}
case ${builddir:-.} in
/*) hcelab=${builddir}/hcelab ;;
*) hcelab=$(pwd)/${builddir:-.}/hcelab ;;
esac
lab=$(cd "$srcdir" && pwd)/tests/cli_lab.sh
torch=$(cd "$srcdir" && pwd)/tests/torch
dir=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-back.XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99
unset HCELAB_STORE
# shellcheck source=tests/cli_lab.sh
. "$lab"

# --- runs ---
is 0 "an atlas" data simulate a.h5ad --cells 1200 --genes 150 --seed 2
is 0 "other cells" data simulate b.h5ad --cells 300 --genes 150 --seed 2
spec="--data a.h5ad --ood dataset_id=heldout_1 --set batch_size=128 --set max_epochs=3
    --set log_every_n_steps=2 --experiment back --set save_top_k=2"
# shellcheck disable=SC2086
{
    is 0 "train linear" train $spec --loss ce --name 'a "name", with a comma'
    is 0 "train mlp" train $spec --model mlp --loss hce --set hidden_size=16 \
        --set n_hidden=2 --seed 3
    is 0 "train tabnet" train $spec --model tabnet --loss hce --set n_d=8 --set n_a=4 \
        --set n_steps=2 --set virtual_batch_size=32
}
is 0 "another evaluation" eval 2 --data b.h5ad --name others
is 0 "of probabilities that are propagated" eval 2 --data b.h5ad --name others --decode propagated
is 0 "of another checkpoint" eval 1 --data b.h5ad --name others --checkpoint last

# --- there and back ---
is 0 "export --all" export --all tree
is 0 "import into an empty store" --store back.db import tree
says '^runs: 3 added, 0 updated, 0 there already; not readable: 0' "takes every run"
# same VIEW COLUMNS: the rows of a view without what is of one machine.
same() {
    query="SELECT r.uuid, $2 FROM $1 AS v JOIN (SELECT run_id AS id, uuid FROM run_summary) AS r
        ON r.id = v.run_id ORDER BY $2, r.uuid"
    "$hcelab" sql --csv "$query" >want.csv
    "$hcelab" --store back.db sql --csv "$query" >got.csv
    [ "$(wc -l <want.csv)" -gt "$3" ] && diff want.csv got.csv >out 2>err
    result $? "$1 is the same"
}
same run_summary "v.pair_key, v.name, v.experiment, v.model, v.loss, v.seed, v.state,
    v.end_reason, v.epoch, v.max_epochs, v.step, v.train_loss, v.val_loss, v.val_f1_macro,
    v.best_val_f1_macro, v.best_epoch, v.cells_per_s, v.created_at, v.started_at, v.ended_at,
    v.weights_sha256, v.best_weights_sha256, v.cpu_path, v.blas_core, v.cell_order, v.duration_s, v.n_train,
    v.n_val, v.n_test, v.n_ood, v.data_digest, v.split_digest, v.class_digest, v.origin" 3
same curve "v.metric, v.step, v.epoch, v.wall_s, v.value, v.nonfinite, v.averages_over" 50
same f1 "v.evaluation, v.checkpoint, v.is_primary, v.rule, v.facet, v.label, v.class,
    v.precision, v.recall, v.f1, v.f1_weighted, v.f1_micro, v.accuracy, v.support, v.n_classes,
    v.origin" 1000
same confusion "v.evaluation, v.checkpoint, v.true_label, v.predicted_label, v.n, v.relation,
    v.is_primary" 100
same gene_importance "v.class, v.gene_id, v.gene_name, v.rank, v.importance" 50
same run_label "v.class_index, v.label, v.term_id, v.n_ancestors, v.n_descendants" 30
same run_ontology "v.source, v.version, v.digest, v.n_terms, v.n_classes, v.n_ancestor_pairs" 2
same run_ontology_term "v.term_index, v.term_id, v.name, v.label" 50
same run_ontology_edge "v.child_id, v.parent_id" 50
same ontology_f1 "v.evaluation, v.checkpoint, v.rule, v.term_id, v.n_classes, v.f1, v.support" 50
for store in hcelab.db back.db; do
    "$hcelab" --store $store sql --csv "SELECT COUNT(*) FROM run_source_param" | tail -n 1
done >out 2>err
equal "$(tr '\n' ' ' <out)" "0 0 " "and nothing says that another program made them"
the() { "$hcelab" --store "$1" sql --csv "SELECT run_id FROM run_summary WHERE model = '$2'" | tail -n 1; }
params() { "$hcelab" --store "$1" show "$(the "$1" "$2")" --json | grep '"spec"'; }
for model in linear mlp tabnet; do
    params hcelab.db $model >want
    params back.db $model >got
    [ -s want ] && diff want got >out 2>err
    result $? "$model has the same parameters"
done
is 0 "import again" --store back.db import tree
says '^runs: 0 added, 0 updated, 3 there already; not readable: 0' "changes nothing"
is 0 "import into the store that it is from" import tree
says '^runs: 0 added, 0 updated, 3 there already; not readable: 0' "changes nothing"

# --- weights ---
for model in linear mlp tabnet; do
    is 0 "predict $model" predict "$(the hcelab.db $model)" --data b.h5ad --out want.csv --force
    is 0 "predict what came back" --store back.db predict "$(the back.db $model)" --data b.h5ad \
        --out got.csv --force
    cmp want.csv got.csv >out 2>err
    result $? "says the same of each cell"
done
is 0 "score what came back" --store back.db eval "$(the back.db mlp)" --data b.h5ad --name again \
    --checkpoint last
equal "$(ls tree/tb_logs/linear/default/version_0/checkpoints/*.safetensors | wc -l)" 3 \
    "two of the best and the last were exported"
is 0 "export of what came back" --store back.db export --all again
diff -r tree again -x parameters.json -x evaluations -x hcelab -x 'events*' >out 2>err
result $? "is the same"
for f in f1 confusion curves class_edges; do
    (cd tree && find . -path "*linear*/hcelab/$f.csv" -exec cmp {} ../again/{} \;)
done >out 2>err
[ ! -s out ]
result $? "with the tables of ours"
is 0 "without weights" --store bare.db import tree --no-checkpoints
fails 1 'has no checkpoint' --store bare.db predict mlp-hce-s3 --data b.h5ad --out no.csv
is 0 "and then with them" --store bare.db import tree --all
says '^updated +run +mlp-hce-s3' "adds them"
says '^updated +checkpoint +mlp-hce-s3 .*last, epoch 2' "file by file"
is 0 "predict" --store bare.db predict mlp-hce-s3 --data b.h5ad --out got.csv --force

# --- a folder that grew ---
is 0 "scored once more" eval 2 --data a.h5ad --name more
is 0 "export" export 2 tree
is 0 "import" --store bare.db import tree
says '^runs: 0 added, 1 updated, 2 there already' "renews that run"
equal "$("$hcelab" --store bare.db sql --csv "SELECT COUNT(*) > 1 FROM f1 WHERE evaluation = 'more'" | tail -n 1)" 1 \
    "which has the new evaluation"

# --- what is wrong with weights ---
cp -r tree broken
w=$(ls broken/tb_logs/linear/default/version_0/checkpoints/last*.safetensors)
printf 'xx' | dd of="$w" bs=1 seek="$(($(wc -c <"$w") - 2))" conv=notrunc 2>err
is 1 "a file whose values are others" --store broken.db import broken
says 'unreadable +checkpoint .*last.*not those that it says' "is named"
sed -i '2d' broken/tb_logs/linear/default/version_0/genes.csv
is 1 "genes that are others" --store broken2.db import broken
says 'unreadable +checkpoint .*genes.csv has 149' "are no genes of the model"
rm -r broken/tb_logs/linear/default/version_0/checkpoints
is 0 "no weights at all" --store broken3.db import broken/tb_logs/linear

# --- whose genes? ---
fails 1 "no run.*'nosuch'|nosuch" --store like.db import tree --like nosuch
[ "$("$hcelab" --store like.db sql --csv 'SELECT COUNT(*) FROM run_summary' | tail -n 1)" = 0 ]
result $? "--like of no run: nothing is imported"
is 0 "--like of a run" import "$torch/linear.ckpt" --genes "$torch/genes.txt" \
    --labels "$torch/labels.txt" --name theirs

# --- checkpoints that were imported ---
is 0 "export of a run made of a file" export theirs tree
is 0 "import" --store back.db import tree
is 0 "predict" predict theirs --data "$torch/cells.h5ad" --out want.csv --force
is 0 "predict what came back" --store back.db predict theirs --data "$torch/cells.h5ad" \
    --out got.csv --force
cmp want.csv got.csv >out 2>err
result $? "says the same"
finish
