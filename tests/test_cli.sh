#!/bin/sh
# test_cli.sh - the commands end to end, with the real program on simulated cells:
# exit statuses, messages, formats, and that the numbers of one command are those of
# another.  GENERATE=1 rewrites the golden help text.
srcdir=${srcdir:-.}
case ${builddir:-.} in
/*) hcelab=${builddir}/hcelab ;;
*) hcelab=$(pwd)/${builddir:-.}/hcelab ;;
esac
golden=$(cd "$srcdir" && pwd)/tests/golden/cli_help.txt
lab=$(cd "$srcdir" && pwd)/tests/cli_lab.sh
shared=${HCELAB_SHARED:-$(cd "$srcdir" && pwd)/../shared}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-cli.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 99
unset HCELAB_STORE
# shellcheck source=tests/cli_lab.sh
. "$lab"

# --- help and usage -------------------------------------------------------------

is 0 "version" --version
says '^hcelab [0-9]' "version names the program"
is 0 "overview" --help
commands=$(sed -n '/^Commands:/,/^$/p' out | grep -E '^  [a-z]' | cut -c3-26 |
    sed 's/ *$//')
cp out help.txt
missing=
while read -r command; do
    # shellcheck disable=SC2086
    run $command --help
    [ "$rc" -eq 0 ] && grep -q '^Example:' out && grep -q '^Usage:' out ||
        missing="$missing '$command'"
    # The rows of spec.def and simulate.def may change without touching the layout.
    { echo; echo "### $command"; sed -E '/^(SPEC, |Hyperparameters |The simulated )/,/^$/{
        /^(SPEC, |Hyperparameters |The simulated |$)/!d
    }' out; } >>help.txt
done <<END
$commands
END
[ -z "$missing" ] || echo "# without help or example:$missing"
[ -z "$missing" ] && [ "$(echo "$commands" | wc -l)" -ge 25 ]
result $? "every command has help with an example"
if [ "$GENERATE" ]; then cp help.txt "$golden"; fi
diff "$golden" help.txt >out 2>&1
result $? "the help is the golden text"
is 0 "help with SPEC" queue add --help
says '^  --val-fraction N ' "help lists the run parameters"
says '^  batch_size .*\[2048 cells\]' "help lists the hyperparameters with defaults"
is 0 "help of the simulator" data simulate --help
says '^  --granularity ' "help lists the knobs of the simulator"
is 0 "help of a group" queue --help
says 'queue add' "help of a group lists its commands"
[ "$(awk 'length($0) > 100' help.txt | wc -l)" -eq 0 ]
result $? "no line of the help is over 100 columns"

fails 2 "unknown command 'trian': did you mean 'train'" trian
fails 2 "unknown command 'queue ad': did you mean 'queue add'" queue ad
fails 2 'queue --help lists them' queue
fails 2 'unknown option --stat: .*--state' runs --stat
fails 2 '--state sleeping: must be one of: queued, running' runs --state sleeping
fails 2 '--jobs 0: must be a whole number from 1' worker --jobs 0
fails 2 "unexpected argument 'x'" runs x
fails 2 "unexpected argument 'x'; usage: hcelab demo" demo toy x
fails 2 'argument is missing; usage: hcelab show RUN' show
fails 2 "--csv: 'hcelab queue clear' prints no rows" queue clear --csv
fails 2 "--json: 'hcelab export' prints CSV only" export f1 --json
fails 2 '--json and --csv together' runs --json --csv
fails 2 '--cpu warp' --cpu warp runs
fails 2 'terminal' --ascii
fails 2 '--metric losss: must be one of: train_loss' curve 1 --metric losss
fails 2 'export f2: must be one of: f1, curves' export f2
fails 2 '--store: the path is empty' --store '' runs

# --- simulated cells --------------------------------------------------------------

small="--cells 900 --genes 200 --types 8 --studies 4 --heldout 1 --donors 4"
# shellcheck disable=SC2086
is 0 "data simulate" data simulate atlas.h5ad $small --seed 3
fails 1 'atlas.h5ad exists; --force replaces it' data simulate atlas.h5ad $small --seed 4
is 0 "replaced when asked" data simulate atlas.h5ad $small --seed 3 --force
fails 2 "--cells 'many'" data simulate x.h5ad --cells many
fails 1 'nowhere/x.h5ad' data simulate nowhere/x.h5ad --cells 100 --genes 20 --types 4
[ ! -e x.h5ad ]
result $? "a refused simulation leaves no file"
is 0 "data info" data info atlas.h5ad
says '900 cells' "data info counts the cells"
is 0 "data info --json" data info atlas.h5ad --json
says '"n_cells": 900, "n_genes": 200' "data info --json counts cells and genes"
is 0 "data info --csv" data info atlas.h5ad --csv
says '^class,.*,[0-9]+,CL:' "data info --csv has a row per label"
says '^tissue,' "and per level of a facet"
is 0 "data info --markdown" data info atlas.h5ad --markdown
says '^\| label ' "data info prints Markdown"
is 0 "data info --where" data info atlas.h5ad --where dataset_id=study_01 --json
says '"n_filtered": [1-9]' "data info counts what --where leaves out"
"$hcelab" data info atlas.h5ad >out 2>err <&-
result $? "data info without a standard input"

# --- queue ------------------------------------------------------------------------

fails 2 '--loss : must be one of: ce, hce' queue add --data atlas.h5ad --loss ''
fails 2 '--model : must be one of: linear' queue add --data atlas.h5ad --model ''

spec="--data atlas.h5ad --ood dataset_id=heldout_1 --experiment e1 \
    --set batch_size=64 --set max_epochs=3 --set learning_rate=0.01"
# shellcheck disable=SC2086
is 0 "queue add --dry-run on no store" queue add $spec --loss ce,hce --seeds 0-2 --dry-run
[ ! -e hcelab.db ]
result $? "a dry run makes no store"
# shellcheck disable=SC2086
"$hcelab" queue add $spec --loss ce --seed 0 --dry-run <&- >out 2>&-
equal $? 0 "queue add without a stdin and a stderr"
# shellcheck disable=SC2086
is 0 "queue add" queue add $spec --loss ce,hce --seeds 0-2 --csv
equal "$(grep -c ',queued$' out)" 6 "queue add queues the cross product"
# shellcheck disable=SC2086
is 0 "queue add --needed" queue add $spec --loss ce,hce --seeds 0-3 --needed --json --dry-run
says '"n_new": 2, "n_existing": 6, "dry_run": true' "a dry run counts new and existing"
says '"error": null' "its JSON has a null error"
run queue add --data gone.h5ad --json
says '"error": ".*gone.h5ad' "with --json an error is in the object too"
equal "$rc" 1 "and the exit status is 1"
# shellcheck disable=SC2086
is 0 "queue add of what exists" --store again.db queue add $spec --loss ce --seeds 0-1
[ "$(cat err | grep -c 'exist')" -eq 0 ]
result $? "nothing exists at first"
# shellcheck disable=SC2086
is 0 "queue add again" --store again.db queue add $spec --loss ce --seeds 0-2
complains '3 runs queued; of 2 equal runs exist already, and they are queued again: --needed' \
    "it says what is queued twice and how not to"
is 0 "queue list" queue list --csv
equal "$(wc -l <out)" 7 "queue list has a row per run"
is 0 "queue priority" queue priority 5 linear-hce-s2
is 0 "queue pause" queue pause linear-ce-s2
is 0 "queue resume" queue resume linear-ce-s2
is 0 "queue cancel" queue cancel linear-ce-s2
is 1 "queue cancel again is refused" queue cancel linear-ce-s2
is 0 "queue retry" queue retry linear-ce-s2
fails 1 'no-such-run' queue cancel no-such-run
# shellcheck disable=SC2086
fails 2 'writes to the store' --read-only queue add $spec
fails 2 'writes to the store' queue clear --read-only
fails 2 'writes to the store' worker --read-only --drain
is 0 "queue clear" queue clear
# shellcheck disable=SC2086
is 0 "queue add after clear" queue add $spec --loss ce,hce --seeds 0-2

is 0 "worker --drain" worker --jobs 2 --drain
equal "$(value "SELECT count(*) FROM run_summary WHERE state = 'succeeded'")" 6 \
    "the worker trained all runs"
is 0 "runs --state" runs --state succeeded --csv
equal "$(wc -l <out)" 7 "runs lists them"
is 0 "runs --groups" runs --groups --json
equal "$(grep -c '"states": "3 succeeded"' out)" 2 "runs --groups has a row per loss"

# --- looking at runs --------------------------------------------------------------

is 0 "show --json" show linear-hce-s1 --json
says '"weights_sha256":"?[ "]*[0-9a-f]{64}' "show has the digest of the weights"
says '"spec": \{"data": \[".*"batch_size": 64,' "show has the spec, numbers as numbers"
is 0 "show --csv" show linear-hce-s1 --csv
equal "$(wc -l <out) $(head -n 1 out | cut -d, -f1)" "2 run_id" "is the row of the run"
is 0 "show --markdown" show linear-hce-s1 --markdown
says '^\| batch_size +\| 64 ' "show prints Markdown"
is 0 "show" show linear-hce-s1
says '^state +succeeded' "show says the state"
fails 1 'nobody' show nobody
is 0 "diff" diff linear-ce-s0 linear-hce-s0
says '^loss +ce +hce$' "diff has both values of a key that differs"
is 0 "diff --csv" diff linear-ce-s0 linear-hce-s0 linear-hce-s1 --all --csv
says '^seed,0,0,1$' "diff takes more than two runs, and all keys"
says '^batch_size,64,64,64$' "diff --all has keys that are alike"
is 0 "diff --json" diff linear-ce-s0 linear-hce-s0 --json
says '"key": "loss", "run_[0-9]+": "ce", "run_[0-9]+": "hce"' "diff --json"
fails 2 'argument is missing; usage: hcelab diff RUN RUN' diff 1
fails 1 'nobody' diff linear-ce-s0 nobody
is 0 "log" log linear-hce-s1
says 'epoch 0 \(1/3 done\): train loss [0-9.]+, val loss [0-9.]+, val F1 0\.[0-9]+, [0-9]+ cells/s' \
    "the log says how training goes"
equal "$(grep -cE 'epoch [0-2] \([1-3]/3 done\)' out)" 3 "epoch by epoch"
says 'evaluation ood \(best weights, [0-9]+ cells\): macro F1 0\.[0-9]+ by the hierarchy rule' \
    "and what evaluations gave"
tail -n 1 out | grep -qE 'succeeded: max_epochs after 3 epochs, [0-9]+ steps, best epoch [0-2] '
result $? "and how it ended, last"
! grep -q ' 1 threads' out
result $? "one thread is no threads"
is 0 "log -f of an ended run ends" log linear-hce-s1 -f
is 0 "curve" curve linear-hce-s1 linear-ce-s1 --ascii
[ "$(LC_ALL=C grep -c '[^ -~]' out)" -eq 0 ] && [ "$(wc -l <out)" -ge 10 ]
result $? "curve --ascii draws with ASCII"
is 0 "curve --csv" curve linear-hce-s1 --metric val_f1_macro --csv
equal "$(($(wc -l <out) - 1))" \
    "$(value "SELECT count(*) FROM curve c JOIN run_summary r USING (run_id)
        WHERE r.name = 'linear-hce-s1' AND metric = 'val_f1_macro'")" \
    "curve --csv has the rows of the view"
is 0 "curve --groups" curve --experiment e1 --groups --metric train_loss --csv
says '^"?hce n=3' "curve --groups averages over seeds"

is 0 "curve --csv" curve linear-ce-s0 --csv
cp out raw.csv
is 0 "curve --smooth" curve linear-ce-s0 --csv --smooth 0.9
! cmp -s out raw.csv && [ "$(wc -l <out)" = "$(wc -l <raw.csv)" ]
result $? "curve --smooth prints what it draws"
fails 2 '--model linar: must be one of: linear' runs --model linar
fails 2 '--loss HCE: must be one of: ce, hce' runs --loss HCE
is 0 "curve of two metrics" curve linear-ce-s0 --metric train_loss,val_f1_macro --csv
equal "$(cut -d, -f3 out | tail -n +2 | sort -u | tr '\n' ' ')" "train_loss val_f1_macro " \
    "curve has the rows of both"
is 0 "curve --at" curve linear-ce-s0 --at 2 --from 1 --to 4 --glyphs block
says 'step 2  ' "curve --at reads out"
is 0 "curve --svg" curve --experiment e1 --groups --svg curve.svg
grep -q 'mean over seeds, band 95 % t' curve.svg
result $? "the file says what the band is"
is 0 "curve --svg -" curve linear-ce-s0 --svg -
says '^<svg xmlns' "curve --svg - prints it"
fails 1 '--experiment mars: no runs' curve --experiment mars
fails 1 '--experiment mars: none of these' curve linear-ce-s0 --experiment mars
key=$(value 'SELECT pair_key FROM run_summary LIMIT 1')
is 0 "runs --groups --csv" runs --groups --csv
says "$key" "runs --groups has the whole pair_key for programs"
equal "$(head -n 1 out | cut -d, -f7-)" "best_val_f1_macro_mean,best_val_f1_macro_sd,\
best_epoch_mean,val_f1_macro_mean,eta_s,cells_per_s,duration_s" "and what the dashboard shows of a group"
equal "$("$hcelab" runs --groups --csv --loss ce 2>err | sed -n 2p | cut -d, -f7)" \
    "$(value "SELECT avg(best_val_f1_macro) FROM run_summary WHERE loss = 'ce'")" \
    "with the mean of the best scores"
is 0 "runs --pair-key" runs --csv --pair-key "$(echo "$key" | cut -c1-12)"
says "$key" "runs --pair-key takes what the tables show of it"

# --- comparison -------------------------------------------------------------------

is 0 "compare" compare
says 'rule hierarchy' "compare says the rule"
says '3 pairs' "compare says the number of pairs"
is 0 "compare --csv" compare --csv
row=$(tail -n 1 out)
equal "$(echo "$row" | cut -d, -f9-11,13,15)" \
    "$(value "SELECT support, n_pairs, ce_mean, hce_mean, delta_mean FROM comparison
        WHERE evaluation = 'ood' AND rule = 'hierarchy' AND facet = 'all'")" \
    "compare has the numbers of the view comparison" 
is 0 "compare --by tissue" compare --by tissue --markdown
says '^\| label' "compare prints Markdown"
is 0 "compare --label" compare --by tissue --json --eval id
label=$(sed -n 's/.*"label": *"\([^"]*\)".*/\1/p' out | head -n 1)
is 0 "compare drills into a group" compare --by tissue --label "$label" --eval id --csv
is 0 "compare --plot" compare --by class --plot --ascii
says 'seed 0  .*[ox*]' "compare --plot draws the pairs"
is 0 "compare --svg" compare --by class --svg pairs.svg
grep -q '>HCE against CE: F1 by class<' pairs.svg
result $? "the file says what it shows"
is 2 "compare --svg replaces no store" compare --by class --svg hcelab.db
is 0 "which is whole" store check
is 0 "compare --baseline" compare --baseline linear/hce --loss ce --csv
equal "$(cut -d, -f11,13 out | tail -n 1)" \
    "$(value "SELECT hce_mean, ce_mean FROM comparison
        WHERE evaluation = 'ood' AND rule = 'hierarchy' AND facet = 'all'")" \
    "compare --baseline turns the sides"
fails 2 '--baseline tabnet: no group' compare --baseline tabnet
fails 2 'the loss after / must be one of: ce, hce' compare --baseline linear/l1
fails 2 '--by planet: .* no such facet.*; it has all, ' compare --by planet
fails 2 '--model linar: must be one of: linear' compare --model linar
fails 2 '--rule strict: must be one of: hierarchy, exact' compare --rule strict

# --- errors -----------------------------------------------------------------------

wrong="c.relation IN ('ancestor', 'sibling', 'other')"
is 0 "errors" errors
says 'wrong predictions by true class; shares of the class.s cells' "errors says what it shows"
says '3 pairs of seeds; paired t, Holm over [0-9]+ tested' "errors says the test"
says '^all cells ' "errors has a row for all cells"
is 0 "errors --kind --csv" errors --kind wrong --csv --top 1
equal "$(sed -n 2p out | cut -d, -f16)" "$(value "SELECT avg(x) FROM (SELECT
    1.0 * sum(c.n * ($wrong)) / sum(c.n) AS x FROM confusion AS c
    JOIN run_summary AS r ON r.run_id = c.run_id
    WHERE c.evaluation = 'ood' AND c.is_primary = 1 AND r.loss = 'ce' GROUP BY r.run_id)")" \
    "errors has the share of the view confusion"
is 0 "errors by the exact rule" errors --kind same --rule exact --csv --top 1
equal "$(sed -n 2p out | cut -d, -f18)" \
    "$(value "SELECT avg(accuracy) FROM f1_overall AS f WHERE loss = 'hce'
        AND evaluation = 'ood' AND rule = 'exact'")" "what is right is the accuracy"
is 0 "errors for programs" errors --csv
equal "$(wc -l <out)" "$(value "SELECT 1 + 6 * (1 + count(DISTINCT true_label)) FROM confusion
    WHERE evaluation = 'ood'")" "they get every kind of every class"
class=$(value "SELECT true_label FROM confusion WHERE evaluation = 'ood' AND relation <> 'same'
    GROUP BY 1 ORDER BY sum(n) DESC, 1 LIMIT 1")
is 0 "errors --class" errors --class "$class" --csv
equal "$(wc -l <out)" "$(value "SELECT 1 + count(DISTINCT predicted_label) FROM confusion
    WHERE evaluation = 'ood' AND true_label = '$class'")" "where the cells of a class went"
is 0 "errors --by-predicted" errors --class "$class" --by-predicted --share-of wrong --json
says '"relation": *"same"' "what was called a class, the right ones too"
called=$(value "SELECT predicted_label FROM confusion WHERE evaluation = 'ood'
    AND true_label = '$class' AND relation <> 'same' GROUP BY 1 ORDER BY sum(n) DESC, 1 LIMIT 1")
is 0 "errors --predicted" errors --class "$class" --predicted "$called" --csv
equal "$(cut -d, -f13,14,16 out | tail -n +2 | sort | paste -sd ' ')" "$(value "SELECT group_concat(x, ' ') FROM
    (SELECT seed || ',' || sum(n * (loss = 'ce')) || ',' || sum(n * (loss = 'hce')) AS x
    FROM run_summary AS r LEFT JOIN confusion AS c ON r.run_id = c.run_id AND true_label = '$class'
    AND predicted_label = '$called' AND evaluation = 'ood' GROUP BY seed ORDER BY x)" | tr -d '"')" \
    "the seeds of a confusion"
is 0 "errors --confusions" errors --confusions --top 2 --markdown
says '^\| true class' "errors prints Markdown"
fails 1 "no pair of seeds has a cell of class 'planet'" errors --class planet
fails 1 "has a cell of 'planet' that was called 'moon'" errors --class planet --predicted moon
fails 2 '--predicted moon: takes --class NAME too' errors --predicted moon
fails 2 '--eval mars: the store has no such evaluation' errors --eval mars
fails 2 '--kind cousin: must be one of: wrong, descendant' errors --kind cousin

# shellcheck disable=SC2086
"$hcelab" --store two.db queue add $spec --loss ce,hce --seeds 0-1 >out 2>err
# shellcheck disable=SC2086
"$hcelab" --store two.db queue add $spec --loss ce,hce --seeds 0-1 \
    --set batch_size=32 >>out 2>>err
"$hcelab" --store two.db worker --jobs 2 --drain >>out 2>>err
is 0 "compare of two settings" --store two.db compare
equal "$(grep -c '^experiment e1' out)" 2 "settings that differ are never averaged"
says 'not averaged .*batch_size (32 / 64|64 / 32)' "what tells them apart is named"
is 0 "and in CSV" --store two.db compare --csv
equal "$(wc -l <out)" 3 "each has its row"
grep -q 'not averaged: batch_size' err
result $? "with the difference on stderr"

# --- out and in -------------------------------------------------------------------

is 0 "export --csv" export f1 --csv
for table in f1 curves runs confusion comparison; do
    is 0 "export $table" export $table --out $table.csv
    [ "$(wc -l <"$table.csv")" -ge 2 ] && [ ! -s out ]
    result $? "export $table --out writes rows"
done
equal "$(($(wc -l <f1.csv) - 1))" "$(value 'SELECT count(*) FROM f1')" \
    "export f1 has every row"
fails 1 'nowhere' export f1 --out nowhere/f1.csv
fails 2 'name of the file' export f1 --out ''
ln -s linked.csv link.csv
mkfifo fifo.csv
cat fifo.csv >piped.csv &
is 0 "export through a link" export f1 --out link.csv
is 0 "export into a pipe" export f1 --out fifo.csv
wait
[ -L link.csv ] && [ -p fifo.csv ] && cmp -s f1.csv linked.csv && cmp -s f1.csv piped.csv
result $? "what is no plain file is written through, not replaced"
"$hcelab" export f1 >/dev/full 2>err
equal $? 1 "a full disk is exit 1"
"$hcelab" export f1 2>err | head -n 1 >out
[ ! -s err ]
result $? "a closed pipe is quiet"
is 0 "sql" sql "SELECT name, seed FROM run_summary ORDER BY run_id LIMIT 2" --json
says '"name": ?"linear-ce-s0"' "sql prints JSON"
# More than a pipe holds, and nobody takes it out.
long='WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 30000)
    SELECT i FROM n, (SELECT 1 FROM run_summary LIMIT 1)'
mkfifo slow
"$hcelab" sql --csv "$long" >slow &
exec 9<slow
sleep 1
flock -n hcelab.db.lock true
result $? "a reader whose output nobody reads does not hold the store up"
exec 9<&-
is 0 "sql without rows" sql --csv 'SELECT 1 AS one, 2 AS "t,wo" WHERE 0'
equal "$(cat out)" 'one,"t,wo"' "CSV without rows has its header"
is 0 "export without rows" --store again.db export f1
equal "$(cat out)" "$(head -n 1 f1.csv)" "and so has an export"
equal "$("$hcelab" sql --json 'SELECT 1 WHERE 0')" '[]' "JSON without rows is empty"
echo 'SELECT 1 AS one' | "$hcelab" sql --csv >out 2>err
equal "$(tr '\n' ' ' <out)" 'one 1 ' "sql reads stdin"
fails 2 "only queries that read" sql "DELETE FROM run"
fails 2 "syntax error" sql "SELEC 1"
is 0 "sql of a blob" sql "SELECT x'0011' AS b" --csv
says '2' "a blob prints as its size"

is 0 "eval of the run's own cells" eval linear-hce-s0 --name ood --predictions p.csv
complains 'the predictions are in p.csv' "eval says where the predictions are"
"$hcelab" sql --csv "SELECT accuracy, support FROM f1_overall JOIN run_summary
    USING (run_id) WHERE name = 'linear-hce-s0' AND evaluation = 'ood'
    AND rule = 'exact'" 2>err | tail -n 1 >want
column=$(head -n 1 p.csv | tr ',' '\n' | grep -n '^correct_exact$' | cut -d: -f1)
sed 's/"[^"]*"/quoted/g' p.csv |
    awk -F, -v c="$column" 'NR > 1 { n++; good += $c } END { printf "%.6f,%d\n", good / n, n }' \
        >out
equal "$(cat out)" "$(awk -F, '{ printf "%.6f,%d\n", $1, $2 }' want)" \
    "predictions give the stored accuracy"
# shellcheck disable=SC2086
"$hcelab" data simulate other.h5ad $small --seed 4 2>err
is 0 "eval on other cells" eval linear-hce-s0 linear-ce-s0 --data other.h5ad --name other
equal "$(value "SELECT count(DISTINCT run_id) FROM f1 WHERE evaluation = 'other'")" 2 \
    "it is stored for both runs"
says '^ *[0-9]+  linear-hce-s0  other ' "a row names its run"
! grep -q ' ood ' out
result $? "and no other evaluation is printed"
"$hcelab" eval linear-hce-s0 linear-ce-s0 --data other.h5ad --name other --json >out 2>err
equal "$(grep -c '"evaluation": *"other"' out) $(grep -c '^\[' out)" "4 1" "JSON is one array"
[ "$(sort err | uniq -d | wc -l)" -eq 0 ]
result $? "a warning about the cells is said once for all runs"
is 0 "compare in it" compare --eval other
says '1 pair of seeds.*; not scored: ce: [0-9, ]+; hce: ' "compare lists the seeds that were not scored"
is 0 "and as JSON" compare --eval other --json
says '"unscored": "ce: [0-9, ]+; hce: ' "JSON lists them too"
fails 1 'other' eval linear-hce-s0 --data atlas.h5ad --name other
fails 2 '--name' eval linear-hce-s0 --data other.h5ad
fails 2 'belong to the run' eval linear-hce-s0 --data other.h5ad --name ood
fails 2 '--name a,b: .* no comma' eval linear-hce-s0 --data other.h5ad --name a,b
fails 1 'has no such evaluation' eval linear-hce-s0 --name mars

# shellcheck disable=SC2086
is 0 "train" train $spec --loss ce --seed 9
says 'succeeded' "train prints the result"
# shellcheck disable=SC2086
fails 2 'train takes one' train $spec --seeds 0-1
# shellcheck disable=SC2086
fails 2 'batchsize' train $spec --set batchsize=3
# shellcheck disable=SC2086
fails 2 'set with --set NAME=VALUE' train $spec --learning-rate 3

# --- predict and importances --------------------------------------------------------

is 0 "predict" predict linear-hce-s0 --data other.h5ad --out labels.csv
grep -q 'labels.csv: 900 cells' err
result $? "predict says how many cells"
equal "$(head -n 1 labels.csv)" "cell_id,predicted_label,predicted_term_id,label_1,\
probability_1,label_2,probability_2,label_3,probability_3" "with three classes of each cell"
equal "$(wc -l <labels.csv)" 901 "and a row per cell"
is 0 "eval for the same cells" eval linear-hce-s0 --data other.h5ad --name other \
    --predictions p.csv
# Labels may hold commas; p.csv has only cells whose label is a class of the model.
sed 's/"[^"]*"/quoted/g' labels.csv | cut -d, -f1,5 >labels.txt
sed 's/"[^"]*"/quoted/g' p.csv | cut -d, -f1,6 >p.txt
awk -F, 'FNR == 1 { next } FNR == NR { p[$1] = $2; next }
    { n++; d = $2 - p[$1]; bad += !($1 in p) || d > 1e-7 || d < -1e-7 }
    END { print (n > 100), bad + 0 }' labels.txt p.txt >out
equal "$(cat out)" "1 0" "predict and eval give the same probabilities"
fails 1 'labels.csv exists; --force' predict linear-hce-s0 --data other.h5ad --out labels.csv
is 0 "predict --force" predict linear-hce-s0 --data other.h5ad --out labels.csv --force \
    --top-k 1 --where dataset_id=study_01
[ "$(wc -l <labels.csv)" -lt 900 ] && grep -q 'by --where' err
result $? "predict --where leaves cells out, and says so"
is 0 "predict to stdout" predict linear-hce-s0 --data other.h5ad --out - --top-k 1000
[ "$(wc -l <out)" -eq 901 ] && [ ! -s err ]
result $? "with nothing else there"
cp out two
is 0 "predict --threads" predict linear-hce-s0 --data other.h5ad --out - --top-k 1000 \
    --threads 1
cmp -s out two
result $? "and the same bytes"
"$hcelab" predict linear-hce-s0 --data other.h5ad --out - >/dev/full 2>err
equal $? 1 "a full disk is exit 1"
"$hcelab" predict linear-hce-s0 --data other.h5ad --out - 2>err | head -n 1 >out
[ ! -s err ]
result $? "a closed pipe is quiet"
is 0 "predict .h5ad" predict linear-hce-s0 --data other.h5ad --out labels.h5ad
equal "$(head -c 4 labels.h5ad | tail -c 3)" HDF "is an HDF5 file"
(
    ulimit -f 8
    "$hcelab" predict linear-hce-s0 --data other.h5ad --out full.h5ad 2>err
    one=$?
    "$hcelab" predict linear-hce-s0 --data other.h5ad --out full.csv 2>>err
    echo "$one $?" >two
)
equal "$(cat two)" "1 1" "no room is exit 1"
ls full* >out 2>/dev/null
[ ! -s out ] && [ "$(grep -c 'cannot write full' err)" -eq 2 ]
result $? "and leaves no file"

fails 2 '--data PATH is missing' predict linear-hce-s0 --out x.csv
fails 2 '--out FILE is missing' predict linear-hce-s0 --data other.h5ad
fails 2 '--out x.tsv: must end in .csv or .h5ad' predict linear-hce-s0 --data other.h5ad \
    --out x.tsv
fails 2 '--top-k 0' predict linear-hce-s0 --data other.h5ad --out x.csv --top-k 0
fails 1 'gone.h5ad' predict linear-hce-s0 --data gone.h5ad --out x.csv
fails 1 'nobody' predict nobody --data other.h5ad --out x.csv
fails 1 'cannot write to nowhere' predict linear-hce-s0 --data other.h5ad --out nowhere/x.csv
fails 1 'is one of the inputs' predict linear-hce-s0 --data other.h5ad \
    --out other.h5ad --force
fails 1 'is a linear model, which has no embedding' predict linear-hce-s0 \
    --data other.h5ad --out x.csv --embedding
fails 2 '--where: there is no obs column .planet' predict linear-hce-s0 \
    --data other.h5ad --out x.csv --where planet=mars
fails 1 'is a linear model, which has no gene importances' show linear-hce-s0 --importance
fails 2 '--top belongs to --importance' show linear-hce-s0 --top 3
# shellcheck disable=SC2086
"$hcelab" --store t.db queue add $spec --loss ce >out 2>err
fails 1 'is queued: only a run that succeeded' --store t.db predict 1 --data other.h5ad \
    --out x.csv
[ ! -e x.csv ]
result $? "a refused predict leaves no file"

# shellcheck disable=SC2086
is 0 "train tabnet" --store t.db train $spec --model tabnet --loss hce --set n_d=8 \
    --set n_a=8 --set n_steps=2
fails 2 'predict labels one dataset' --store t.db predict tabnet-hce-s0 --data a.h5ad \
    --data b.h5ad --out p.csv
fails 2 'an evaluation has one dataset' --store t.db eval tabnet-hce-s0 --name x \
    --data a.h5ad --data b.h5ad
is 0 "show --importance" --store t.db show tabnet-hce-s0 --importance --top 3 --csv
equal "$(head -n 1 out)" class,rank,gene,gene_id,importance "importances have their columns"
equal "$(($(wc -l <out) - 1))" "$("$hcelab" --store t.db sql --csv \
    'SELECT count(*) FROM gene_importance WHERE rank <= 3' | tail -n 1)" \
    "the rows of the view"
says ',1,' "from rank 1 on"
class=$("$hcelab" --store t.db sql --csv 'SELECT DISTINCT class FROM gene_importance' |
    sed -n 2p | tr -d '"')
is 0 "show --importance --class" --store t.db show tabnet-hce-s0 --importance \
    --class "$class" --json
equal "$(grep -o '"class": "[^"]*"' out | sort -u | wc -l)" 1 "one class"
is 0 "as Markdown" --store t.db show tabnet-hce-s0 --importance --markdown
says '^\| class' "a Markdown table"
fails 2 '--class mars: must be a class of run' --store t.db show tabnet-hce-s0 \
    --importance --class mars
is 0 "predict --embedding" --store t.db predict tabnet-hce-s0 --data other.h5ad \
    --out - --embedding --top-k 1
says '^cell_id,.*,probability_1,embedding_1,.*,embedding_8$' "one column per number"
is 0 "predict .h5ad of tabnet" --store t.db predict tabnet-hce-s0 --data other.h5ad \
    --out tabnet.h5ad

# --- the store --------------------------------------------------------------------

is 0 "store info" store info --json
is 0 "store check" store check
says ': ok$' "the store is whole"
equal "$("$hcelab" store check --json)" '[]' "and in JSON has no problem"
is 0 "store check --csv" store check --csv
equal "$(cat out)" problem "nor in CSV"
is 0 "store backup" store backup copy.db
equal "$("$hcelab" --store copy.db sql --csv 'SELECT count(*) FROM f1' 2>err)" \
    "$("$hcelab" sql --csv 'SELECT count(*) FROM f1' 2>err)" "the copy has every row"
is 0 "store migrate" store migrate
HCELAB_STORE=copy.db
export HCELAB_STORE
equal "$(value 'SELECT count(*) FROM run_summary')" 7 "HCELAB_STORE names the store"
unset HCELAB_STORE
fails 1 'gone.db' --store gone.db runs
[ ! -e gone.db ]
result $? "looking for a store makes none"
printf 'not a store, but text' >text.db
fails 1 'text.db' --store text.db runs
equal "$(cat text.db)" 'not a store, but text' "a foreign file stays as it is"

# --- bad input --------------------------------------------------------------------

fails 1 'gone.h5ad' queue add --data gone.h5ad
fails 2 '--data is missing' queue add
printf 'hello' >text.h5ad
fails 1 'text.h5ad' queue add --data text.h5ad
head -c 20000 atlas.h5ad >cut.h5ad
fails 1 'cut.h5ad' data info cut.h5ad
# shellcheck disable=SC2086
run queue add $spec --label celltype
[ "$rc" -ne 0 ] && [ "$rc" -le 2 ] && grep -q celltype err
result $? "no such label column"
# shellcheck disable=SC2086
run queue add $spec --where tissue=moon
[ "$rc" -ne 0 ] && [ "$rc" -le 2 ] && grep -q moon err
result $? "no cell after --where"
printf '[Term]\nid: X:1\nname: a\nis_a: X:2\n\n[Term]\nid: X:2\nname: b\nis_a: X:1\n' \
    >cycle.obo
# shellcheck disable=SC2086
fails 1 'X:1.*X:2|X:2.*X:1' queue add $spec --ontology cycle.obo
# shellcheck disable=SC2086
fails 2 '--val-fraction 2: must be' queue add $spec --val-fraction 2
# shellcheck disable=SC2086
fails 2 '--model forest: must be one of' queue add $spec --model linear,forest

# npy GENES LAST >FILE: one vector of 32-bit floats, all 0 but for the last (in octal).
npy() {
    header="{'descr': '<f4', 'fortran_order': False, 'shape': (1, $1), }"
    printf '\223NUMPY\001\000'
    # shellcheck disable=SC2059
    printf "\\$(printf '%03o' ${#header})\\000%s" "$header"
    head -c $(($1 * 4 - 4)) /dev/zero
    # shellcheck disable=SC2059
    printf "$2"
}
npy 199 '\000\000\200\077' >narrow.npy
npy 200 '\000\000\300\177' >nan.npy
npy 200 '\000\000\200\077' >one.npy
head -c 500 one.npy >cut.npy
# shellcheck disable=SC2086
{
    fails 1 '--augmentations gone.npy: No such file' \
        queue add $spec --model mlp --augmentations gone.npy
    fails 2 'narrow.npy: vectors of 199 genes, but the data have 200' \
        queue add $spec --model mlp --augmentations narrow.npy
    fails 1 'nan.npy: vector 0 has the value nan at gene 199' \
        queue add $spec --model mlp --augmentations nan.npy
    fails 1 'cut.npy: .*do not fill .*copy it again' \
        queue add $spec --model mlp --augmentations cut.npy
    fails 1 'atlas.h5ad: is no .npy file' \
        queue add $spec --model mlp --augmentations atlas.h5ad
    fails 2 '--augmentations one.npy: the linear model has no such parameter; models.*mlp' \
        queue add $spec --model linear --augmentations one.npy
}
equal "$(value 'SELECT count(*) FROM run_summary')" 7 "nothing of this was queued"

# aug STORE OPTION...: train a small mlp in a store of its own.
aug() {
    store=$1
    shift
    # shellcheck disable=SC2086
    is 0 "train with augmentation $*" --store "$store" train $spec --model mlp \
        --set hidden_size=8 --set n_hidden=1 --loss hce --name aug "$@"
}
weights() { # the digest of the run in store $1
    "$hcelab" --store "$1" show aug --json | sed -n 's/.*"weights_sha256": *"\([0-9a-f]*\)".*/\1/p'
}
aug a1.db --threads 1
run --store a1.db log aug
says 'augmentation: [1-9][0-9]* vectors from [0-9]+ pairs of .*values are not 0' \
    "the log tells the vectors"
aug a2.db --threads 2
[ "$(weights a1.db)" = "$(weights a2.db)" ] && [ -n "$(weights a1.db)" ]
result $? "the weights do not depend on threads"
aug a3.db --threads 1 --augmentations one.npy
run --store a3.db log aug
says "augmentation: 1 vector of $(pwd -P)/one.npy, 0.5 %" "vectors of a file, by its full path"
# shellcheck disable=SC2086
is 0 "other vectors score the same cells: they fit into one experiment" --store a1.db \
    train $spec --model mlp --set hidden_size=8 --set n_hidden=1 --name other \
    --augmentations one.npy
aug a4.db --threads 1 --set augment_training_data=false
run --store a4.db log aug
! grep -q augmentation out
result $? "no augmentation if it is not wanted"
equal "$(for s in a1 a3 a4; do weights $s.db; done | sort -u | wc -l)" 3 \
    "each way gives other weights"
cp one.npy kept.npy
# shellcheck disable=SC2086
"$hcelab" --store a5.db queue add $spec --model mlp --name aug --augmentations kept.npy \
    >out 2>err
npy 200 '\000\000\000\077' >kept.npy
run --store a5.db worker --drain
run --store a5.db show aug --json
says '"end_reason": *"the data changed since the run was queued' \
    "a file of vectors that changed fails the run"

# shellcheck disable=SC2086
is 0 "queue add the same again" queue add $spec --loss ce --seed 0
fails 2 "'linear-ce-s0' means 2 runs" show linear-ce-s0

# shellcheck disable=SC2086
"$hcelab" --store lines.db queue add $spec --loss ce --seed 0 \
    --name "$(printf 'a\nstate b\033[31m')" >out 2>err
is 0 "show" --store lines.db show 1
equal "$(grep -c '^state ' out)" 1 "a name with a newline forges no line of show"
! grep -q "$(printf '\033')" out
result $? "and an escape sequence does not get through a pipe"

# --- the demo, smaller ------------------------------------------------------------

fails 2 "unexpected argument 'big'" --store d.db demo big
fails 2 '--seeds : write whole numbers' --store d.db demo --seeds ''

# shellcheck disable=SC2086
is 0 "demo" --store d.db demo $small --seeds 0,1
says 'F1 by class' "demo prints the classes"
# shellcheck disable=SC2086
complains "$hcelab --store d.db opens the dashboard" "the demo names the program as it was called"
is 0 "a second demo" --store d.db demo $small --seeds 0,1
equal "$("$hcelab" --store d.db sql --csv 'SELECT count(*) FROM run_summary' 2>err |
    tail -n 1)" 4 "a second demo trains nothing"

# --- real cells -------------------------------------------------------------------

if [ -r "$shared/data/pbmc_10x.h5ad" ] && [ -r "$shared/ontology/cl-basic.obo" ]; then
    is 0 "data info of real cells" data info "$shared/data/pbmc_10x.h5ad" \
        --ontology "$shared/ontology/cl-basic.obo" --json
    says '"n_ancestor_pairs": [1-9]' "its labels are terms of the ontology"
    is 0 "train on real cells" --store real.db train \
        --data "$shared/data/pbmc_10x.h5ad" \
        --ontology "$shared/ontology/cl-basic.obo" --ood dataset_id=pbmc_5p \
        --val-fraction 0 --test-fraction 0 --loss hce --seed 1 \
        --set batch_size=64 --set max_epochs=2
else
    skip "real cells" "no folder $shared"
fi

finish
