#!/bin/sh
# campaign_resume.sh [KILLS [MODEL]] - the long form of the crash test, by hand:
#   make && sh tests/campaign_resume.sh 10 tabnet
# A run of at least 20 s (with weights that keep moving) is hit by kill -9 of worker,
# child or both at random moments, once while a checkpoint is written and once while the
# run is evaluated; its result must equal the undisturbed one row for row, and so must
# the results of two threads and of another OpenBLAS core (among themselves).  HCELAB
# names the program; SECONDS_MIN the shortest run.
set -eu
kills=${1:-10}
model=${2:-linear}
hcelab=${HCELAB:-./hcelab}
seconds_min=${SECONDS_MIN:-$((kills > 20 ? kills : 20))}
dir=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-campaign-XXXXXX")
worker=
trap 'test -z "$worker" || kill -9 "$worker" 2>/dev/null || :; rm -rf "$dir"' EXIT
n=0
bad=0

say() { echo "# $*"; }

verdict() { # verdict STATUS TEXT
    n=$((n + 1))
    if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else
        echo "not ok $n - $2"
        bad=1
    fi
}

now() { date +%s.%N; }

random() { # random MAX: 0 .. MAX-1
    echo $(($(od -An -N4 -tu4 /dev/urandom) % $1))
}

sql() { # sql STORE QUERY: rows without the header
    "$hcelab" --store "$1" sql --csv "$2" | tail -n +2
}

# All that may not depend on kills, threads and the machine's mood.
result() {
    sql "$1" "SELECT metric, step, epoch, format('%!.17g', value), nonfinite FROM curve
              WHERE metric NOT IN ('cells_per_s', 'rss_bytes') ORDER BY metric, step"
    sql "$1" "SELECT evaluation, checkpoint, rule, facet, label, class,
              format('%!.17g', f1), support FROM f1 ORDER BY 1, 2, 3, 4, 5, 6"
    sql "$1" "SELECT state, end_reason, step, best_epoch, weights_sha256,
              best_weights_sha256 FROM run_summary"
}

queue() { # queue STORE EPOCHS
    "$hcelab" --store "$1" queue add --data "$dir/atlas.h5ad" --model $model --loss hce --split-by cell \
        --set max_epochs="$2" --set lr_scheduler_gamma=1 --set early_stopping_patience=0 \
        --set batch_size=64 --set log_every_n_steps=10 >/dev/null
}

drain() { # drain STORE THREADS
    "$hcelab" --store "$1" worker --drain --threads "$2" 2>>"$dir/worker.log"
}

start_worker() {
    "$hcelab" --store "$1" worker --drain --threads 1 2>>"$dir/worker.log" &
    worker=$!
}

"$hcelab" data simulate "$dir/atlas.h5ad" >/dev/null 2>&1

# The undisturbed run, made long enough.
epochs=10
while :; do
    rm -f "$dir"/calm.db*
    queue "$dir/calm.db" $epochs
    start=$(now)
    drain "$dir/calm.db" 1
    took=$(echo "$(now) $start" | awk '{printf "%.1f", $1 - $2}')
    say "$model undisturbed: $epochs epochs, $took s"
    enough=$(echo "$took $seconds_min" | awk '{print ($1 >= $2)}')
    [ "$enough" = 1 ] && break
    epochs=$(echo "$epochs $took $seconds_min" | awk '{printf "%d", 1 + $1 * 1.2 * $3 / $2}')
done
result "$dir/calm.db" >"$dir/calm.txt"

# The hunted run.
queue "$dir/hunted.db" $epochs
start_worker "$dir/hunted.db"
# A third of the run's share of each kill: the looks at the store take time as well.
pause=$(echo "$took $kills" | awk '{printf "%d", 1 + 333 * $1 / $2}')
i=0
hits=0
step=0
while [ $i -lt "$kills" ]; do
    # Some moment after the run has moved on since the last kill.
    while at=$(sql "$dir/hunted.db" "SELECT step FROM run_summary"); [ "${at:-0}" -le $step ]; do
        sleep 0.05
        case $(sql "$dir/hunted.db" "SELECT state FROM run_summary") in
        running | queued) ;;
        *) break 2 ;;
        esac
    done
    sleep "$(random "$pause" | awk '{printf "%.3f", $1 / 1000}')"
    row=$(sql "$dir/hunted.db" \
        "SELECT step || ' ' || child_pid FROM run_summary JOIN lease USING (run_id)")
    [ -n "$row" ] || break
    step=${row% *}
    child=${row#* }
    case $(random 3) in
    0) what=child ;;
    1) what=worker ;;
    *) what=both ;;
    esac
    [ $what = worker ] || { kill -9 "$child" 2>/dev/null && hits=$((hits + 1)) || :; }
    if [ $what != child ]; then
        kill -9 "$worker"
        wait "$worker" 2>/dev/null || :
        [ $what = both ] || hits=$((hits + 1))
        start_worker "$dir/hunted.db"
    fi
    # What it stored between the look and the kill is no progress of the next attempt.
    while kill -0 "$child" 2>/dev/null; do sleep 0.01; done
    at=$(sql "$dir/hunted.db" "SELECT step FROM run_summary")
    [ "${at:-0}" -le $step ] || step=$at
    i=$((i + 1))
    say "kill $i: $what at step $step"
done

# One kill at a moment that chance would miss.  aim NAME CONDITION: kill the child as soon
# as the condition holds, at most 60 s from now.
aim() {
    tries=0
    while [ $tries -lt 3000 ]; do
        row=$(sql "$dir/hunted.db" "SELECT child_pid FROM run_summary JOIN lease
            USING (run_id) WHERE $2")
        if [ -n "$row" ] && kill -9 "$row" 2>/dev/null; then
            say "killed during $1"
            while kill -0 "$row" 2>/dev/null; do sleep 0.01; done
            return 0
        fi
        case $(sql "$dir/hunted.db" "SELECT state FROM run_summary") in
        running | queued) ;;
        *) return 1 ;;
        esac
        tries=$((tries + 1))
    done
    return 1
}
aim "a checkpoint write" "EXISTS (SELECT 1 FROM checkpoint WHERE complete = 0)" ||
    say "no unfinished checkpoint was seen: they are too small to be caught"
rc=0
aim evaluation "EXISTS (SELECT 1 FROM checkpoint WHERE kind = 'last' AND complete = 1)" || rc=1
verdict $rc "one kill hit the evaluation"
wait "$worker" || :
worker=
sql "$dir/hunted.db" "SELECT 'attempt ' || attempt || ' from step ' || coalesce(resume_step, '-')
    || ': ' || coalesce(end_state, '-') || ', ' || coalesce(end_reason, '-')
    AS attempt FROM attempt" |
    sed 's/^/# /'
result "$dir/hunted.db" >"$dir/hunted.txt"
verdict "$((hits < kills))" "$hits of $kills kills hit the run while it trained"
resumed=$(sql "$dir/hunted.db" "SELECT count(*) FROM attempt WHERE resume_step > 0")
verdict "$((resumed < hits))" "it went on at a step > 0 after each ($resumed)"
rc=0
cmp "$dir/calm.txt" "$dir/hunted.txt" || rc=1
verdict $rc "curves, metric tables and digests equal the undisturbed run's ($(wc -l <"$dir/calm.txt") rows)"
verdict "$([ "$(sql "$dir/hunted.db" 'PRAGMA integrity_check')" = ok ]; echo $?)" "the store is whole"

left=$(sql "$dir/hunted.db" "SELECT count(*) FROM checkpoint WHERE complete = 0")
verdict "$left" "no half checkpoint is left"

queue "$dir/two.db" $epochs
drain "$dir/two.db" 2
result "$dir/two.db" >"$dir/two.txt"
rc=0
cmp "$dir/calm.txt" "$dir/two.txt" || rc=1
verdict $rc "two threads give the same bits"

OPENBLAS_CORETYPE=Haswell
export OPENBLAS_CORETYPE
for t in 1 2; do
    queue "$dir/haswell$t.db" $epochs
    drain "$dir/haswell$t.db" $t
    result "$dir/haswell$t.db" >"$dir/haswell$t.txt"
done
say "core: $(sql "$dir/haswell1.db" 'SELECT cpu_path, blas_core FROM run')"
rc=0
cmp "$dir/haswell1.txt" "$dir/haswell2.txt" || rc=1
verdict $rc "so they do with OPENBLAS_CORETYPE=Haswell"
echo "1..$n"
exit $bad
