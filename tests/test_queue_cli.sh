#!/bin/sh
# test_queue_cli.sh - the queue from the command line: hold and release, first, runs made
# like others, what is missing, workers that are listed and leave.
srcdir=${srcdir:-.}
case ${builddir:-.} in
/*) hcelab=${builddir}/hcelab ;;
*) hcelab=$(pwd)/${builddir:-.}/hcelab ;;
esac
lab=$(cd "$srcdir" && pwd)/tests/cli_lab.sh
dir=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-queue.XXXXXX") || exit 99
cleanup() {
    "$hcelab" --store "$dir/hcelab.db" worker --stop >/dev/null 2>&1
    rm -rf "$dir"
}
trap cleanup EXIT
cd "$dir" || exit 99
unset HCELAB_STORE
# shellcheck source=tests/cli_lab.sh
. "$lab"

# until_is QUERY VALUE: wait for it, half a minute at most.
until_is() {
    i=0
    while [ $i -lt 300 ] && [ "$(value "$1")" != "$2" ]; do
        i=$((i + 1))
        sleep 0.1
    done
    equal "$(value "$1")" "$2" "$3"
}

run data simulate atlas.h5ad --cells 900 --genes 200 --types 8 --studies 4 --heldout 1 \
    --donors 4 --seed 3
spec="--data atlas.h5ad --ood dataset_id=heldout_1 --experiment e1 \
    --set batch_size=64 --set max_epochs=3 --set learning_rate=0.01"

# --- what is known before anything has run -----------------------------------------

# shellcheck disable=SC2086
is 0 "queue add" queue add $spec --loss ce,hce --seeds 0-1
complains 'how long they take is not known' "without past runs no time is made up"
is 0 "queue list --csv" queue list --csv
says '^1,1,0,queued,no worker lives,' "it says that no worker lives"
equal "$(cut -d, -f20 out | sed -n 2p)" "" "and no start"
# shellcheck disable=SC2086
run queue add $spec --seed 9 --dry-run --json
says '"work_s": null, "done_s": null, "jobs": 0, "memory_bytes": [1-9]' \
    "a dry run has the memory, and null for times"

# --- order ---------------------------------------------------------------------------

is 0 "queue priority first" queue priority first 4
is 0 "queue list --json" queue list --json
equal "$(grep -o '"run_id": [0-9]*' out | head -n 1)" '"run_id": 4' "it is the first now"
fails 2 'priority soon: must be a whole number .* or first' queue priority soon 4

# --- hold and release ------------------------------------------------------------------

is 0 "queue hold" queue hold
complains 'held: running runs go on, none is taken' "it says what that means"
is 0 "queue hold again" queue hold
complains 'was held already' "the second time does nothing"
fails 2 'writes to the store|read-only' --read-only queue release
is 0 "queue list of a held queue" queue list
says 'queue is held' "every run says why it waits"
complains 'queue release' "and the end of the list how to go on"
is 0 "worker --detach" worker --detach
sleep 1
equal "$(value "SELECT COUNT(*) FROM run_summary WHERE state = 'queued'")" 4 \
    "a held queue gives the worker nothing"
is 0 "worker --list" worker --list --csv
says '^[^,]*,[0-9]+,1,0,,idle,0,' "the worker is idle"
is 0 "queue release" queue release
until_is "SELECT COUNT(*) FROM run_summary WHERE state = 'succeeded'" 4 \
    "released, they are all trained"
fails 1 'run 4 is succeeded: only queued' queue cancel 4
complains 'can be cancelled' "the last message of one run that refuses is why"
fails 1 '2 of 2 runs not cancelled' queue cancel 3 4
equal "$(value 'SELECT run_id FROM run_summary ORDER BY started_at LIMIT 1')" 4 \
    "the first one first"
equal "$(value 'SELECT COUNT(*) FROM run_summary WHERE cells_per_s > 0')" 4 \
    "ended runs keep their rate"
equal "$(value 'SELECT COUNT(*) FROM run_summary WHERE threads > 0')" 4 \
    "and say their threads"
run show 4
says '^threads +[0-9]' "show has the threads"

# --- workers that leave --------------------------------------------------------------

is 0 "worker --finish" worker --finish
complains '1 worker was told to leave' "it says whom it told"
until_is 'SELECT COUNT(*) FROM worker' 0 "the worker has left"
is 0 "worker --finish without a worker" worker --finish
complains 'no worker of this store lives' "there is nobody left to tell"
fails 2 'together' worker --finish --stop

# --- runs like others ------------------------------------------------------------------

is 0 "queue add --like" queue add --like 1 --loss ce --seeds 0-3 --needed --json
says '"n_new": 2, "n_existing": 2' "two of four seeds exist"
says '"work_s": [0-9]' "now there is an estimate"
equal "$(value 'SELECT COUNT(DISTINCT pair_key) FROM run_summary')" 1 \
    "they are of the same pair key"
equal "$(value 'SELECT name FROM run_summary WHERE run_id = 6')" linear-ce-s3 \
    "with names of their own"
is 0 "queue add --like with another parameter" queue add --like 1 --set max_epochs=4 \
    --experiment e2 --seed 0 --json
equal "$(value 'SELECT COUNT(DISTINCT pair_key) FROM run_summary')" 2 \
    "what is given replaces what the run had"
equal "$(value "SELECT MAX(max_epochs) FROM run_summary WHERE experiment = 'e2'")" 4 \
    "here the epochs"
fails 1 'no-such' queue add --like no-such
is 0 "queue add --like with another model" queue add --like 1 --model mlp \
    --experiment e3 --seed 0
run show 8 --json
says '"learning_rate": 0.01,' "a parameter that was chosen goes with it"
says '"weight_decay": 0.05,' "one that was left alone has the default of the other model"

# --- the matrix ------------------------------------------------------------------------

is 0 "runs --matrix" runs --matrix --csv
says '^experiment,model,pair_key,loss,seed_0,seed_1,seed_2,seed_3,n_succeeded,' \
    "a column per seed"
says '^e1,linear,[0-9a-f]*,ce,succeeded,succeeded,queued,queued,2,2,0,0,0$' "a row of CE"
says '^e1,linear,[0-9a-f]*,hce,succeeded,succeeded,missing,missing,2,0,0,0,2$' \
    "HCE lacks two"
is 0 "runs --matrix of one experiment as Markdown" runs --matrix --markdown --experiment e1
says '^\| experiment \| model  \| pair_key \| loss \| 0   \| 1   ' "Markdown has the seeds"
is 0 "runs --matrix in ASCII" --ascii runs --matrix
says 'hce +# +# +\. +\. ' "signs in ASCII"
fails 2 'leave --state out' runs --matrix --state failed
is 0 "queue missing --dry-run" queue missing --dry-run
says '^e1 linear hce: seeds 2,3$' "it names what is missing"
complains '4 runs would be queued' "and counts it"
is 0 "queue missing of one row" queue missing 1:hce
complains '2 runs queued' "two are queued"
equal "$(value "SELECT COUNT(*) FROM run_summary WHERE experiment = 'e1'")" 8 \
    "CE and HCE of four seeds"
equal "$(value "SELECT COUNT(DISTINCT pair_key) FROM run_summary WHERE experiment = 'e1'")" \
    1 "of one pair key"
is 0 "queue missing again" queue missing --experiment e1
complains 'nothing is missing' "nothing is missing there"
fails 1 'no-such' queue missing no-such:hce
run data simulate atlas.h5ad --cells 900 --genes 200 --types 8 --studies 4 --heldout 1 \
    --donors 4 --seed 4 --force
is 1 "queue missing on changed data" queue missing --experiment e2
complains 'the data changed since run' "is refused"

# --- failed and cancelled ones ---------------------------------------------------------

is 0 "queue cancel" queue cancel 5
is 0 "queue list --ended" queue list --ended --csv
says ',cancelled,cancelled on request,' "shows what was cancelled"
is 0 "queue list" queue list --csv
[ "$(grep -c cancelled out)" -eq 0 ]
result $? "without --ended it does not"

finish
