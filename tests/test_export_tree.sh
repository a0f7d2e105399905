#!/bin/sh
# test_export_tree.sh - export RUN... DIR and export --all DIR: the files, that their numbers
# are those of the store, that a folder is there whole or not at all, and what is replaced.
# Independent readers look at the same files in check_export.py.
srcdir=${srcdir:-.}
case ${builddir:-.} in
/*) hcelab=${builddir}/hcelab ;;
*) hcelab=$(pwd)/${builddir:-.}/hcelab ;;
esac
lab=$(cd "$srcdir" && pwd)/tests/cli_lab.sh
dir=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-tree.XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99
unset HCELAB_STORE
# shellcheck source=tests/cli_lab.sh
. "$lab"

spec="--data a.h5ad --ood dataset_id=heldout_1 --set batch_size=128 --set max_epochs=3
    --set log_every_n_steps=2 --experiment tree"
is 0 "an atlas" data simulate a.h5ad --cells 1500 --genes 200 --seed 1
# shellcheck disable=SC2086
{
    is 0 "train linear" train $spec --loss ce
    is 0 "train mlp" train $spec --model mlp --loss hce --set hidden_size=16 \
        --set n_hidden=2 --seed 3
    is 0 "train tabnet" train $spec --model tabnet --loss hce --set n_d=8 --set n_a=4 \
        --set n_steps=2 --set virtual_batch_size=32
    is 0 "train linear again" train $spec --loss ce --name again --set learning_rate=0.01
    is 0 "queue a run" queue add $spec --loss hce --name waiting
}

# --- the files ---
is 0 "export RUN DIR" export linear-ce-s0 tree
says '^run 1: tree/tb_logs/linear/default/version_0$' "it says where a run went"
complains 'no subset_metrics.csv where the classes are not the 164' "and what is missing"
is 0 "export RUN... DIR" export mlp-hce-s3 3 tree
v=tree/tb_logs/linear/default/version_0
m=tree/tb_logs/mlp_hierarchical_loss/default/version_3
t=tree/tb_logs/tabnet_hierarchical_loss/default/version_0
best=$(value "SELECT printf('val_f1_macro_epoch=%d_val_f1_macro=%.3f', best_epoch, best_val_f1_macro)
    FROM run_summary WHERE run_id = 1")
missing=
for file in hparams.yaml parameters.json classes.csv genes.csv "checkpoints/$best.safetensors" \
    checkpoints/last_epoch=2.safetensors; do
    [ -s "$v/$file" ] || missing="$missing $file"
done
for file in overall per_class per_assay per_dataset per_disease per_tissue per_tissue_general; do
    for place in checkpoints sctab_test; do
        [ -s "$v/$place/$best/linear_${file}_metrics.csv" ] || missing="$missing $place $file"
    done
done
equal "$missing" "" "every file of the tree is there"
[ "$(find tree -name '*.tmp*' -o -name '*.old' | wc -l)" -eq 0 ]
result $? "and nothing else of the work"
ls "$v"/events.out.tfevents.??????????.*.[0-9]*.0 >out.txt 2>err
equal "$(wc -l <out.txt)" 1 "an event file of that name"
[ "$(dd if="$(cat out.txt)" bs=1 skip=23 count=13 2>/dev/null)" = brain.Event:2 ]
result $? "that says what it is"

# --- numbers ---
# same FILE QUERY TEXT: lines of numbers with a name before them are those of the query, to
# the last place.
same() {
    "$hcelab" sql --csv "$2" | tail -n +2 >want.csv
    tail -n +2 "$1" >got.csv
    awk -F, 'NR == FNR { for (i = 1; i <= NF; i++) want[NR, i] = $i; n = NR; next }
        { for (i = 1; i <= NF; i++)
            if ($i != want[FNR, i] && ($i == "" || want[FNR, i] == "" ||
                sprintf("%.17g", $i) != sprintf("%.17g", want[FNR, i]))) {
                print "line " FNR ": " $i " is not " want[FNR, i]; bad = 1 } }
        END { exit bad || FNR != n || n == 0 }' want.csv got.csv >out 2>err
    result $? "$3"
}
for place in checkpoints:ood sctab_test:id; do
    same "$v/${place%:*}/$best/linear_per_class_metrics.csv" \
        "SELECT l.class_index, precision, recall, f1, support
         FROM f1_by_class AS f JOIN run_label AS l ON l.run_id = f.run_id AND l.label = f.label
         WHERE f.run_id = 1 AND evaluation = '${place#*:}' AND rule = 'hierarchy'
         ORDER BY l.class_index" "classes of ${place#*:}"
done
for facet in assay tissue tissue_general disease dataset_id donor_id; do
    file=$facet
    [ $facet = dataset_id ] && file=dataset
    same "$v/sctab_test/$best/linear_per_${file}_metrics.csv" \
        "SELECT f.label, COALESCE(l.class_index, 'macro avg'), precision, recall, f1, support,
             f1_weighted, f1_micro, accuracy
         FROM f1 AS f LEFT JOIN run_label AS l ON l.run_id = f.run_id AND l.label = f.class
         WHERE f.run_id = 1 AND evaluation = 'id' AND rule = 'hierarchy'
           AND facet = '$facet'
         ORDER BY f.label, f.class" "groups by $facet"
done
grep 'macro avg' "$v/checkpoints/$best/linear_overall_metrics.csv" >macro.csv
sed -i '1i,' macro.csv
same macro.csv "SELECT 'macro avg', precision, recall, f1, support FROM f1_overall
    WHERE run_id = 1 AND evaluation = 'ood' AND rule = 'hierarchy'" "macro averages"
equal "$(grep 'weighted avg' "$v/checkpoints/$best/linear_overall_metrics.csv" | cut -d, -f4)" \
    "$(value "SELECT f1_weighted FROM f1_overall WHERE run_id = 1 AND evaluation = 'ood'
        AND rule = 'hierarchy'")" "weighted F1"
grep -E '^(accuracy|micro avg),' "$v/checkpoints/$best/linear_overall_metrics.csv" |
    cut -d, -f3,4 >micro.csv
equal "$(cat micro.csv)" "$(value "SELECT accuracy, f1_micro FROM f1_overall
    WHERE run_id = 1 AND evaluation = 'ood' AND rule = 'hierarchy'")" "accuracy and micro F1"
"$hcelab" sql --csv "SELECT class_index AS class, label, COALESCE(term_id, '') AS term_id
    FROM run_label WHERE run_id = 1 ORDER BY class_index" | diff - "$v/classes.csv" >out 2>err
result $? "the numbers of the classes"

# The values behind the header are what weights_sha256 is made of.
weights() {
    head=$(od -An -t u8 -N 8 "$1" | tr -d ' ')
    tail -c +$((head + 9)) "$1" | sha256sum | cut -d' ' -f1
}
for run in 1:"$v" 2:"$m" 3:"$t"; do
    equal "$(weights "${run#*:}/checkpoints/last_epoch=2.safetensors")" \
        "$(value "SELECT weights_sha256 FROM run_summary WHERE run_id = ${run%%:*}")" \
        "weights of run ${run%%:*}"
done
equal "$(weights "$v/checkpoints/$best.safetensors")" \
    "$(value "SELECT best_weights_sha256 FROM run_summary WHERE run_id = 1")" "the best weights"
equal "$(grep -a -o 'classifier.encoder[a-z_.0-9]*shared_layers.[0-9].weight' \
    "$t/checkpoints/last_epoch=2.safetensors" | sort | uniq -c | awk '{ print $1 }' | sort -u)" 1 \
    "weights that TabNet shares stand once"
grep -a -q "\"uuid\":\"$(value 'SELECT uuid FROM run_summary WHERE run_id = 3')\"" \
    "$t/checkpoints/last_epoch=2.safetensors"
result $? "the header names the run"
grep -q '^use_hierarchical_loss: true$' "$m/hparams.yaml" &&
    grep -q '^hidden_size: 16$' "$m/hparams.yaml" && grep -q '^gene_dim: 200$' "$m/hparams.yaml"
result $? "hparams.yaml has the model"
! grep -q n_steps "$m/hparams.yaml"
result $? "and not what it does not have"
is 0 "the other rule" export 1 exact --rule exact --no-weights
same "exact/${v#tree/}/sctab_test/$best/linear_per_class_metrics.csv" \
    "SELECT l.class_index, precision, recall, f1, support
     FROM f1_by_class AS f JOIN run_label AS l ON l.run_id = f.run_id AND l.label = f.label
     WHERE f.run_id = 1 AND evaluation = 'id' AND rule = 'exact'
     ORDER BY l.class_index" "has its own numbers"
[ "$(find exact -name '*.safetensors' | wc -l)" -eq 0 ]
result $? "--no-weights writes none"

# --- other evaluations ---
is 0 "another evaluation" eval 1 --data a.h5ad --name 'my_cells'
is 0 "export again" export 1 tree
says '^run 1: tree/tb_logs/linear/default/version_0$' "to the same place"
[ -s "$v/evaluations/my_cells/$best/linear_overall_metrics.csv" ]
result $? "has the new evaluation"

# --- places ---
is 0 "a further run of that seed" export again tree
says '^run 4: tree/tb_logs/linear/default/version_1$' "gets the next number"
is 0 "export --all" export --all fresh
equal "$(cut -d: -f2- out | sort | tr -d ' \n')" \
    "$(printf '%s' fresh/tb_logs/linear/default/version_0 fresh/tb_logs/linear/default/version_1 \
    fresh/tb_logs/mlp_hierarchical_loss/default/version_3 \
    fresh/tb_logs/tabnet_hierarchical_loss/default/version_0)" "writes every run that succeeded"
is 0 "in another order" export again 1 turned
says '^run 4: turned/tb_logs/linear/default/version_0$' "the first run has the seed's number"
is 0 "into the same tree again" export --all fresh
equal "$(find fresh -name 'version_*' | wc -l)" 4 "nothing is doubled"
is 0 "one experiment" export --all --experiment tree one --no-weights

equal "$(cut -d, -f1-6 fresh/hcelab_runs.csv | tail -n +2 | sort | tr '\n' ' ')" \
    "tb_logs/linear/default/version_0,linear-ce-s0,tree,linear,ce,0 \
tb_logs/linear/default/version_1,again,tree,linear,ce,0 \
tb_logs/mlp_hierarchical_loss/default/version_3,mlp-hce-s3,tree,mlp,hce,3 \
tb_logs/tabnet_hierarchical_loss/default/version_0,tabnet-hce-s0,tree,tabnet,hce,0 " \
    "a list says which run each folder holds"
equal "$(tail -n +2 tree/hcelab_runs.csv | wc -l)" 4 "also of runs that were exported one by one"

# --- there and back: import(export(run)) is the run ---
is 0 "import of the tree" --store back.db import fresh
says 'runs: 4 added' "takes every run"
f1='SELECT r.uuid, evaluation, facet, label, class, precision, recall, f1, f1_weighted, f1_micro,
    accuracy, support, n_classes FROM f1 JOIN run_summary AS r USING (run_id)
    WHERE rule = '"'hierarchy' AND evaluation IN ('id', 'ood')"'
    ORDER BY r.uuid, evaluation, facet, label, class'
"$hcelab" sql --csv "$f1" >want.csv
"$hcelab" --store back.db sql --csv "$f1" >got.csv
[ "$(wc -l <want.csv)" -gt 1000 ] && diff want.csv got.csv >out 2>err
result $? "every score is the same"
curves='SELECT r.uuid, metric, c.step, c.epoch, wall_s, value FROM curve AS c
    JOIN run_summary AS r USING (run_id) WHERE metric <> '"'hp_metric'"'
    ORDER BY r.uuid, metric, c.step'
"$hcelab" sql --csv "$curves" >want.csv
"$hcelab" --store back.db sql --csv "$curves" >got.csv
# Event files hold float32, and times of day.
paste -d, want.csv got.csv | awk -F, 'NR > 1 && ($1 != $7 || $2 != $8 || $3 != $9 || $4 != $10 ||
    ($5 - $11) ^ 2 > 1e-10 || ($6 - $12) ^ 2 > 1e-14 * $6 ^ 2) { print; bad = 1 }
    END { exit bad || NR < 100 }' >out 2>err
result $? "every value of every curve, to float32"
params='SELECT r.uuid, r.name, experiment, model, loss, seed, best_epoch, pair_key
    FROM run_summary AS r ORDER BY r.uuid'
"$hcelab" sql --csv "$params" | grep -v waiting >want.csv
"$hcelab" --store back.db sql --csv "$params" >got.csv
diff want.csv got.csv >out 2>err
result $? "what the runs are"
is 0 "a second import" --store back.db import fresh
says 'runs: 0 added, 0 updated, 4 there already' "adds nothing"
is 0 "export of what was imported" --store back.db export --all again
(cd fresh && find . -name '*.csv' ! -name genes.csv -o -name hparams.yaml) >names
[ "$(wc -l <names)" -gt 40 ] && while read -r name; do
    cmp "fresh/$name" "again/$name" || exit 1
done <names >out 2>err
result $? "the tables are the same to the byte"

# --- a run that changed ---
cp hcelab.db changed.db
"$hcelab" --store changed.db retry again --fresh >out 2>err ||
    "$hcelab" --store changed.db queue retry again --fresh >out 2>err
is 0 "a run is trained again" --store changed.db worker --drain
is 0 "and exported again" --store changed.db export again tree
[ "$(find tree/tb_logs/linear/default/version_1 -name 'events.out*' | wc -l)" -eq 1 ]
result $? "its old files are gone"

# --- what export did not make ---
echo mine >"$v/notes.txt"
fails 1 'notes.txt was not made by export: --force' export 1 tree
[ "$(cat "$v/notes.txt")" = mine ] && [ -s "$v/hparams.yaml" ]
result $? "and the folder is as it was"
is 0 "--force" export 1 tree --force
[ ! -e "$v/notes.txt" ] && [ -s "$v/hparams.yaml" ]
result $? "replaces it"
mkdir -p theirs/tb_logs/linear/default/version_0
echo theirs >theirs/tb_logs/linear/default/version_0/hparams.yaml
fails 1 'version_0 is there and was not made by export: --force' export 1 theirs
equal "$(find theirs -type f -exec cat {} +)" theirs "and nothing is changed"
equal "$(find theirs | wc -l)" 6 "nor added"
is 0 "--force there" export 1 theirs --force
[ -s theirs/tb_logs/linear/default/version_0/parameters.json ]
result $? "replaces it"

# --- a full disk ---
(trap "" XFSZ; ulimit -f 8; "$hcelab" export 1 full) >out 2>err
[ $? -eq 1 ] && grep -q 'cannot write full/tb_logs/linear/default/.version_0' err
result $? "a full disk is exit 1 and named"
[ ! -e full ]
result $? "nothing is left of it"
(trap "" XFSZ; ulimit -f 8; "$hcelab" export 1 tree) >out 2>err
[ $? -eq 1 ] && [ "$(find tree -name '*.tmp*' | wc -l)" -eq 0 ] && [ -s "$v/checkpoints/$best.safetensors" ]
result $? "what was there stays"
fails 1 'cannot make the folder /proc/locked' export 1 /proc/locked # not even by root
echo x >file
fails 1 'file is no folder' export 1 file
fails 1 'cannot make the folder file/x/tb_logs|cannot make the folder file/x' export 1 file/x

# --- links in the tree ---
mkdir elsewhere linked linked/tb_logs && ln -s "$dir/elsewhere" linked/tb_logs/linear
fails 1 'linked/tb_logs/linear is a link, and export does not write' export 1 linked
mkdir -p linked2/tb_logs/linear/default &&
    ln -s "$dir/elsewhere" linked2/tb_logs/linear/default/version_0
fails 1 'version_0 is a link, and export does not write' export 1 linked2 --force
[ -z "$(ls elsewhere)" ] && [ -L linked2/tb_logs/linear/default/version_0 ]
result $? "nothing is written where they lead"
ln -s "$dir/elsewhere" there
is 0 "a link that was named" export 1 there
[ -s elsewhere/tb_logs/linear/default/version_0/hparams.yaml ]
result $? "is followed"

# --- stopped ---
mkdir -p tree/tb_logs/linear/default/.version_0.4194999.tmp/checkpoints
is 0 "after one that was killed" export 1 tree
[ "$(find tree -name '*.tmp' | wc -l)" -eq 0 ]
result $? "what it left is removed"

# --- what is wrong ---
fails 1 'run 5 \(waiting\) is queued' export 1 waiting fresh2
[ ! -e fresh2 ]
result $? "before anything is written"
fails 1 "no run.*'nosuch'|nosuch" export 1 nosuch fresh2
fails 2 'must be one of: f1, .*; or name runs and then a folder' export f2
fails 2 "unexpected argument 'out': export f1" export f1 out
fails 2 '--all: is for export RUN' export f1 --all
fails 2 '--out: is no option of export RUN' export 1 fresh2 --out x.csv
fails 2 'export --all takes a folder alone' export 1 fresh2 --all
fails 2 '--experiment: is for a table, or with --all' export 1 fresh2 --experiment tree
fails 2 'has no such experiment' export --all fresh2 --experiment nosuch
is 0 "a table still" export f1 --run 1 --by all
says '^run_id,uuid,' "is CSV"
finish
