#!/bin/sh
# test_stream.sh - training from a packed store that is not loaded: the bits of memory, whatever
# the model, the threads and who dies when; files that break are named.
set -eu
hcelab=${HCELAB:-$(pwd)/hcelab}
dir=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-stream-XXXXXX")
trap 'rm -rf "$dir"' EXIT
cd "$dir"
n=0
bad=0

check() { # check TEXT COMMAND...: it succeeds
    text=$1
    shift
    n=$((n + 1))
    if "$@"; then echo "ok $n - $text"; else
        echo "not ok $n - $text"
        bad=1
    fi
}

sql() { # sql STORE QUERY: rows without the header
    "$hcelab" --store "$1" sql --csv "$2" | tail -n +2
}

# All that may not depend on memory, threads and kills.
result() {
    sql "$1" "SELECT metric, step, epoch, format('%!.17g', value), nonfinite FROM curve
              WHERE metric NOT IN ('cells_per_s', 'rss_bytes') ORDER BY metric, step"
    sql "$1" "SELECT evaluation, checkpoint, rule, facet, label, class,
              format('%!.17g', f1), support FROM f1 ORDER BY 1, 2, 3, 4, 5, 6"
    sql "$1" "SELECT state, end_reason, step, best_epoch, weights_sha256,
              best_weights_sha256, pair_key FROM run_summary"
}

train() { # train STORE MODEL OPTIONS...
    store=$1 model=$2
    shift 2
    "$hcelab" --store "$store" train --model "$model" --loss hce --split-by cell \
        --set max_epochs=3 --set batch_size=256 --set log_every_n_steps=2 "$@" >"$store.out" 2>&1
}

"$hcelab" data simulate atlas.h5ad --cells 6000 --genes 900 >sim.out 2>&1
"$hcelab" data pack atlas.h5ad atlas.hcp >pack.out 2>&1

for model in linear mlp tabnet; do
    train mem_$model.db $model --data atlas.hcp --memory 4G --threads 1
    result mem_$model.db >expected
    for threads in 1 2; do
        train s_$model$threads.db $model --data atlas.hcp --memory 1M --threads $threads
        result s_$model$threads.db >got
        check "$model: $threads threads from disk have the bits of memory" cmp -s expected got
    done
    "$hcelab" --store s_${model}1.db log 1 >s.log
    check "$model: the log says that the cells stay on disk" \
        grep -q "read while they are needed" s.log
done

# The same order of cells from .h5ad: the same order of genes, so the same bits.
bits() { # all but the key: auto and blocks are two
    result "$1" | sed 's/,[0-9a-f]*$//'
}
for model in linear mlp tabnet; do
    train h5_$model.db $model --data atlas.h5ad --shuffle blocks
    bits mem_$model.db >expected
    bits h5_$model.db >got
    check "$model: in blocks, .h5ad and the packed store have the same bits" cmp -s expected got
done
train hc.db linear --data atlas.h5ad
for memory in 4G 1M; do
    train pc_$memory.db linear --data atlas.hcp --shuffle cells --memory $memory
    bits hc.db >expected
    bits pc_$memory.db >got
    check "at random too, with $memory of memory" cmp -s expected got
done
check "which are not those of blocks" test "$(bits hc.db)" != "$(bits h5_linear.db)"
check "blocks are another pair key" test "$(sql h5_linear.db 'SELECT pair_key FROM run_summary')" != "$(sql hc.db 'SELECT pair_key FROM run_summary')"

# What a run may need is more than it takes; sanitizers take their own.
if ! grep -qa '__[at]san_init' "$hcelab"; then
    for store in mem_linear.db s_linear2.db mem_mlp.db s_mlp2.db h5_mlp.db mem_tabnet.db s_tabnet2.db; do
        check "$store: memory is bounded by the estimate" test "$(sql $store "SELECT
            (SELECT max(value) FROM curve WHERE metric = 'rss_bytes') BETWEEN 1e7 AND memory_bytes
            FROM run_summary")" = 1
    done
fi

# What --shuffle auto came to is stored and shown.
order() { sql "$1" "SELECT cell_order FROM run_summary"; }
check "auto is blocks from a packed store" test "$(order mem_linear.db)" = blocks
check "and cells from .h5ad" test "$(order hc.db)" = cells
"$hcelab" --store mem_linear.db train --data atlas.hcp --loss hce --split-by cell --shuffle cells \
    --set max_epochs=1 --set batch_size=256 >two.out 2>&1
"$hcelab" --store mem_linear.db diff 1 2 >diff.out 2>&1
check "diff names it" grep -q "^cell_order  *blocks  *cells" diff.out
"$hcelab" --store mem_linear.db show 1 >show.out 2>&1
check "show says it" grep -q "^order of cells  *blocks of 16 neighbours" show.out

# Stopped in mid-epoch, where a checkpoint is written, and killed, each after some steps; again
# if the run was faster than the signals.
steps() { sqlite3 -readonly kill.db "SELECT coalesce(max(step), 0) FROM curve" 2>/dev/null || echo 0; }
stop_after() { # stop_after SIGNAL STEPS THREADS: a worker
    before=$(steps)
    "$hcelab" --store kill.db worker --drain --threads "$3" >>worker.log 2>&1 &
    worker=$!
    wait=0
    while [ "$(steps)" -lt $((before + $2)) ] && [ $wait -lt 600 ] && kill -0 $worker 2>/dev/null; do
        wait=$((wait + 1))
        sleep .05
    done
    kill -"$1" $worker 2>/dev/null || :
    wait $worker 2>/dev/null || :
}
long="--split-by cell --set max_epochs=60 --set batch_size=256 --set log_every_n_steps=2"
# shellcheck disable=SC2086
"$hcelab" --store long.db train --data atlas.hcp --model mlp --loss hce $long >/dev/null 2>&1
result long.db >expected
same=0 resumed=0
for try in 1 2 3 4 5; do
    rm -f kill.db*
    # shellcheck disable=SC2086
    "$hcelab" --store kill.db queue add --data atlas.hcp --memory 1M --model mlp --loss hce \
        $long >/dev/null 2>&1
    stop_after TERM 5 2
    stop_after KILL 5 1
    stop_after TERM 5 2
    stop_after KILL 5 1
    "$hcelab" --store kill.db worker --drain --threads 2 >>worker.log 2>&1
    result kill.db >got
    cmp -s expected got && same=$((same + 1))
    resumed=$(sqlite3 -readonly kill.db "SELECT count(*) FROM attempt AS a, run AS r WHERE resume_step > 0
        AND resume_step % (n_train / 256) <> 0 AND resume_step % ((n_train + 255) / 256) <> 0")
    [ "$resumed" -ge 1 ] && break
done
check "two stops and two kills change no bit" test $same -eq "$try"
check "some went on in mid-epoch" test "$resumed" -ge 1

# Predictions do not depend on memory; augmentation vectors neither (mlp, tabnet above).
"$hcelab" --store mem_mlp.db eval 1 --data atlas.hcp --name all --predictions a.csv >/dev/null 2>&1
"$hcelab" --store s_mlp1.db eval 1 --data atlas.hcp --name all --predictions b.csv >/dev/null 2>&1
check "a streamed run's model scores a packed store alike" cmp -s a.csv b.csv

# Damage.
fails() { # fails TEXT FILE: training from it fails with the text
    rm -f d.db
    ! train d.db linear --data "$2" --memory 1M || echo "it succeeded" >d.db.out
    check "$1" grep -Eq "$1" d.db.out
}
size=$(wc -c <atlas.hcp)
cp atlas.hcp flipped.hcp
printf '\377\376\375' | dd of=flipped.hcp bs=1 seek=$((size / 4)) conv=notrunc 2>/dev/null
fails "flipped.hcp: damaged at byte [0-9]+" flipped.hcp
head -c $((size / 2)) atlas.hcp >cut.hcp
fails "cut.hcp" cut.hcp

echo "1..$n"
exit $bad
