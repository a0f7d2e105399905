#!/bin/sh
# test_import_store.sh - results come home from another machine: hcelab import STORE.
srcdir=${srcdir:-.}
case ${builddir:-.} in
/*) hcelab=${builddir}/hcelab ;;
*) hcelab=$(pwd)/${builddir:-.}/hcelab ;;
esac
lab=$(cd "$srcdir" && pwd)/tests/cli_lab.sh
dir=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-merge.XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99
unset HCELAB_STORE
# shellcheck source=tests/cli_lab.sh
. "$lab"

run data simulate atlas.h5ad --cells 600 --genes 150 --types 8 --studies 4 --heldout 1 \
    --donors 4 --seed 3
spec="--data atlas.h5ad --ood dataset_id=heldout_1 --experiment e1 \
    --set batch_size=64 --set max_epochs=2 --set learning_rate=0.01"

# --- trained elsewhere what is queued here ------------------------------------------

# shellcheck disable=SC2086
is 0 "queue add" queue add $spec --loss ce,hce --seeds 0-1
is 0 "the store goes to another machine" store backup there.db
# shellcheck disable=SC2086
is 0 "more is queued there" --store there.db queue add $spec --loss ce --seeds 2
is 0 "and trained there" --store there.db worker --drain
# shellcheck disable=SC2086
is 0 "and queued" --store there.db queue add $spec --loss ce --seeds 3
cp there.db before.db
is 0 "import" import there.db --all
says 'updated .*further there' "it says what was further there"
says 'added' "and what is new"
says 'not taken .*1 runs wait there' "and what nobody had begun"
says 'runs: 1 added, 4 updated, 0 there already' "and how many"
equal "$(value "SELECT COUNT(*) FROM run_summary WHERE state = 'succeeded'")" 5 \
    "all five have succeeded here"
q="SELECT uuid, loss, seed, val_f1_macro, weights_sha256, state FROM run_summary
   WHERE state = 'succeeded' ORDER BY uuid"
equal "$("$hcelab" sql --csv "$q")" "$("$hcelab" --store there.db sql --csv "$q")" \
    "with the same numbers"
q="SELECT uuid, evaluation, rule, facet, label, class, f1, support FROM f1
   ORDER BY uuid, evaluation, rule, facet, label, class"
equal "$("$hcelab" sql --csv "$q" | cksum)" "$("$hcelab" --store there.db sql --csv "$q" |
    cksum)" "and the same scores"
cmp -s there.db before.db
result $? "the other store is as it was"
is 0 "compare" compare
is 0 "store check" store check
is 0 "again" import there.db
says 'runs: 0 added, 0 updated, 5 there already' "it changes nothing"
is 0 "its weights score cells here" eval 1 --data atlas.h5ad --name again
equal "$(value "SELECT COUNT(DISTINCT evaluation) FROM f1 WHERE run_id = 1")" 3 \
    "beside what came"
is 0 "and back" --store there.db import hcelab.db --all
says 'updated .*1 evaluations and 0 checkpoints came' "what is new here goes there"

# --- what has not ended, and what is refused -----------------------------------------

is 0 "without checkpoints" --store light.db import there.db --no-checkpoints
q="SELECT COALESCE(SUM(checkpoint_bytes), 0) FROM run_size"
equal "$("$hcelab" --store light.db sql --csv "$q" | tail -n 1)" 0 "it has none"
is 0 "with them" --store light.db import there.db
equal "$("$hcelab" --store light.db sql --csv "$q")" "$("$hcelab" --store there.db sql \
    --csv "$q")" "now it has all"
fails 2 'keep their experiments' import there.db --experiment other
is 0 "the store itself" import hcelab.db --all
says 'it is this store itself' "it says so"
printf 'SQLite format 3\0 but no more than that' >broken.db
fails 1 'no SQLite database|damaged|malformed' import broken.db
dd if=there.db of=short.db bs=8192 count=40 2>/dev/null
fails 1 'damaged|malformed' import short.db
is 0 "the store is whole" store check

echo "1..$n"
exit $bad
