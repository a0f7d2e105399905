#!/bin/sh
# test_import_weights.sh - import of checkpoint files: PyTorch's probabilities come out of
# predict, nothing is imported twice, and files that mean harm are refused in little memory.
# The files in tests/torch are those of check_torch_models.py.
srcdir=${srcdir:-.}
case ${builddir:-.} in
/*) hcelab=${builddir}/hcelab ;;
*) hcelab=$(pwd)/${builddir:-.}/hcelab ;;
esac
lab=$(cd "$srcdir" && pwd)/tests/cli_lab.sh
torch=$(cd "$srcdir" && pwd)/tests/torch
dir=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-weights.XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99
unset HCELAB_STORE
# shellcheck source=tests/cli_lab.sh
. "$lab"
axes="--genes $torch/genes.txt --labels $torch/labels.txt"

# --- into the store ---
for m in linear mlp tabnet tabnet_steps; do
    # shellcheck disable=SC2086 # several options
    is 0 "import $m.ckpt" import "$torch/$m.ckpt" $axes --loss hce --seed 3 --name $m
done
equal "$(value "SELECT group_concat(name || ' ' || model || ' ' || state || ' ' || loss || seed, '; ') FROM run_summary")" \
    "linear linear succeeded hce3; mlp mlp succeeded hce3; tabnet tabnet succeeded hce3; tabnet_steps tabnet succeeded hce3" \
    "they are runs that succeeded"
equal "$(value "SELECT best_epoch || ' ' || best_val_f1_macro FROM run_summary WHERE name = 'mlp'")" \
    "3 0.75" "with epoch and score of the file"

# Once more, by other ways to say the genes, and from another kind of file.
before=$("$hcelab" sql --csv "SELECT * FROM run_summary ORDER BY run_id" | cut -d, -f1-20)
is 0 "import again" import "$torch/mlp.ckpt" --all --genes "$torch/cells.h5ad" --labels "$torch/labels.txt"
says 'unchanged  run   mlp ' "changes nothing"
is 0 "import --like RUN" import "$torch/tabnet.safetensors" --all --like mlp
says 'unchanged  run   tabnet ' "and finds the same weights in a safetensors file"
equal "$("$hcelab" sql --csv "SELECT * FROM run_summary ORDER BY run_id" | cut -d, -f1-20)" "$before" \
    "the runs are as before"

# --- what the models say ---
# The probability of each cell's best class, as PyTorch has it (float32 in a .npy of C order).
best() { # best FILE.npy ROWS COLS
    tail -c "$(($2 * $3 * 4))" "$1" | od -An -v -t f4 -w"$(($3 * 4))" |
        awk '{ b = $1; for (i = 2; i <= NF; i++) if ($i > b) b = $i; print b }'
}
for m in linear mlp tabnet tabnet_steps; do
    is 0 "predict $m" predict "$m" --data "$torch/cells.h5ad" --out "$m.csv"
    best "$torch/$m.npy" 30 7 >want
    # A label may be quoted for its comma: the probability is behind the second label.
    sed '1d; s/"[^"]*"/x/g' "$m.csv" | cut -d, -f5 >got
    paste want got | awk '{ d = $1 - $2; if (d > 1e-5 || d < -1e-5) bad++; n++ }
        END { if (n != 30 || bad) print n, bad; exit !(n == 30 && !bad) }' >out
    result $? "its probabilities are PyTorch's"
done

# Classes in another order than the store's.
sort -r "$torch/labels.txt" >reversed.txt
is 0 "import with reversed classes" import "$torch/linear.ckpt" --genes "$torch/genes.txt" \
    --labels reversed.txt --name reversed
is 0 "predict" predict reversed --data "$torch/cells.h5ad" --out reversed.csv
turned() { sed '1d; s/"\([^"]*\)"/\1/; s/, alpha/ alpha/' "$1" | cut -d, -f2; }
turned linear.csv | while read -r label; do
    i=$(sed 's/, alpha/ alpha/' "$torch/labels.txt" | grep -nxF -e "$label" | cut -d: -f1)
    sed 's/, alpha/ alpha/' reversed.txt | sed -n "${i}p"
done >want
turned reversed.csv >got
cmp want got >out 2>err
result $? "labels are those of the given order"

# --- scored, one after the other and side by side ---
is 0 "eval" eval linear mlp tabnet tabnet_steps --data "$torch/cells.h5ad" --name one --threads 1
cat >checkpoint_list.txt <<EOF
# by path, by name, by number
$torch/linear.ckpt
mlp

$torch/tabnet.ckpt
4
linear
EOF
is 0 "eval --checkpoint-list" eval --checkpoint-list checkpoint_list.txt --jobs 3 \
    --data "$torch/cells.h5ad" --name list --threads 1
scores() { "$hcelab" sql --csv "SELECT run_id, rule, facet, label, class, f1, support FROM f1 WHERE evaluation = '$1' ORDER BY run_id, rule, facet, label, class"; }
scores one >one.csv
scores list >list.csv
[ "$(wc -l <one.csv)" -gt 100 ] && cmp one.csv list.csv >out 2>err
result $? "gives the same numbers"
echo no-such-run >wrong.txt
fails 1 'wrong.txt, line 1: no-such-run is no run, and no file' eval --checkpoint-list wrong.txt --data x --name x
echo "$torch/linear_double.ckpt" >wrong.txt
fails 1 'line 1: .*linear_double.ckpt was not imported' eval --checkpoint-list wrong.txt --data x --name x
echo '#' >wrong.txt
fails 2 'it names nothing' eval --checkpoint-list wrong.txt --data x --name x
fails 2 'name a RUN, or --checkpoint-list' eval --data x --name x

# --- the published tree, with weights ---
tree=tb_logs/tabnet_hierarchical_loss/default/version_2
mkdir -p "$tree/checkpoints"
ckpt=$tree/checkpoints/val_f1_macro_epoch=3_val_f1_macro=0.750.ckpt
cp "$torch/tabnet_steps.ckpt" "$ckpt"
printf 'batch_size: 64\nlearning_rate: 0.005\n' >"$tree/hparams.yaml"
HCELAB_STORE=$dir/tree.db
export HCELAB_STORE
is 0 "import of a tree" import tb_logs
is 0 "and of a checkpoint in it" import "$ckpt" --genes "$torch/genes.txt" --labels "$torch/labels.txt" --all
says 'updated  checkpoint  tabnet-hce-s2 ' "which is the run's"
is 0 "predict" predict tabnet-hce-s2 --data "$torch/cells.h5ad" --out tree.csv
cmp tree.csv "$dir/tabnet_steps.csv" >out 2>err
result $? "says what the file alone says"
rm -f tree.db*
# shellcheck disable=SC2086 # several options
is 0 "import of a tree with the genes" import tb_logs --genes "$torch/genes.txt" --labels "$torch/labels.txt"
is 0 "predict" predict tabnet-hce-s2 --data "$torch/cells.h5ad" --out - --force
cmp out "$dir/tabnet_steps.csv" >what 2>err
result $? "takes the weights at once"
is 0 "import of the tree again" import tb_logs --genes "$torch/genes.txt" --labels "$torch/labels.txt" --all
says 'unchanged  checkpoint  tabnet-hce-s2 .*tabnet hce' "changes nothing"
equal "$(value 'SELECT count(*) FROM run_summary')" 1 "there is one run"
unset HCELAB_STORE

# --- weights for a run that is there ---
is 0 "import --run" import "$torch/linear_half.ckpt" --run linear --like mlp --all
says 'updated  checkpoint  linear ' "gives it other weights"
fails 1 'mlp model, run [0-9]* has a linear model' import "$torch/mlp.ckpt" --run linear --like mlp

# --- what is missing or wrong ---
fails 2 'does not name its 12 genes: --genes' import "$torch/linear.ckpt"
fails 2 'does not name its 7 classes' import "$torch/linear.ckpt" --genes "$torch/genes.txt"
fails 1 'has 7 genes, the model has 12' import "$torch/linear.ckpt" --genes "$torch/labels.txt"
sort -r "$torch/genes.txt" >turned.txt
fails 1 'written for other genes than these' import "$torch/linear.safetensors" --genes turned.txt --labels "$torch/labels.txt"
fails 1 'no-such.ckpt' import no-such.ckpt
head -n 11 "$torch/genes.txt" >twice.txt
head -n 1 "$torch/genes.txt" >>twice.txt
fails 1 'is there twice' import "$torch/linear.ckpt" --genes twice.txt --labels "$torch/labels.txt"
"$hcelab" --store stored.db import "$torch/mlp.ckpt" --genes "$torch/cells.h5ad" \
    --labels "$torch/labels.txt" --loss hce --seed 3 >/dev/null && cp stored.db stored.ckpt
is 0 "a store that is called .ckpt" --store from.db import stored.ckpt
says '^runs: 1 added' "is a store"
echo 'no checkpoint' >text.ckpt
fails 1 'neither a checkpoint of PyTorch' import text.ckpt

# --- what the file does not say ---
# shellcheck disable=SC2086 # several options
is 0 "a checkpoint without a loss or a seed" --store ce.db import "$torch/mlp.ckpt" $axes --name x
says 'the loss is not known.*the seed is not known' "says so unasked"
# shellcheck disable=SC2086 # several options
"$hcelab" --store hce.db import "$torch/mlp.ckpt" $axes --loss hce --seed 3 --name y >/dev/null
for order in "ce.db hce.db" "hce.db ce.db"; do
    rm -f both.db
    # shellcheck disable=SC2086 # two files
    is 0 "merging $order" --store both.db import $order
    equal "$("$hcelab" --store both.db sql --csv "SELECT name, loss, seed FROM run" | tail -n 1)" \
        "y,hce,3" "ends at the same"
done
# shellcheck disable=SC2086 # several options
is 0 "another loss for a run" --store ce.db import "$torch/mlp.ckpt" $axes --loss hce
says 'the loss was ce' "is told"

# --- files that mean harm: refused, in 256 MiB of address space and more ---
rm -f /tmp/hcelab-was-here
base=$(value "SELECT count(*) FROM run_summary")
for f in "$torch"/evil/*; do
    # shellcheck disable=SC2086 # two options
    (ulimit -v 800000 && exec "$hcelab" import "$f" $axes) >out 2>err </dev/null
    [ $? -eq 1 ] && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] && grep -qF "${f##*/}" err
    result $? "${f##*/} is refused: $(cut -d: -f3- err | head -c 70)"
done
[ ! -e /tmp/hcelab-was-here ]
result $? "no file was obeyed"
equal "$(value "SELECT count(*) FROM run_summary")" "$base" "and none imported"

finish
