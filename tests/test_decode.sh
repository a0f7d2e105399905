#!/bin/sh
# test_decode.sh - eval and predict --decode propagated, and what compare makes of it.
srcdir=${srcdir:-.}
case ${builddir:-.} in
/*) hcelab=${builddir}/hcelab ;;
*) hcelab=$(pwd)/${builddir:-.}/hcelab ;;
esac
lab=$(cd "$srcdir" && pwd)/tests/cli_lab.sh
tmp=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-decode.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 99
unset HCELAB_STORE
# shellcheck source=tests/cli_lab.sh
. "$lab"

is 0 "a small demo" demo --no-dashboard --cells 3000 --genes 300 --types 16 --seeds 0-2
before=$("$hcelab" sql --csv "SELECT * FROM f1 ORDER BY 1, 8, 9, 11, 12, 13, 14" | cksum)

# --- eval ---

is 0 "eval of the CE runs" eval linear-ce-s0 linear-ce-s1 linear-ce-s2 --name ood \
    --decode propagated --json
equal "$(grep -c '"evaluation": *"ood+propagated"' out)" 6 "prints its own evaluation"
equal "$(value "SELECT count(DISTINCT run_id) FROM f1 WHERE evaluation = 'ood+propagated'")" 3 \
    "which is stored for each run"
equal "$("$hcelab" sql --csv "SELECT * FROM f1 WHERE evaluation <> 'ood+propagated'
    ORDER BY 1, 8, 9, 11, 12, 13, 14" | cksum)" "$before" "beside what was there"
equal "$(value "SELECT count(*) FROM f1 AS a JOIN f1 AS b
    USING (run_id, checkpoint, rule, facet, label) WHERE a.evaluation = 'ood'
    AND b.evaluation = 'ood+propagated' AND a.class IS b.class AND a.support <> b.support")" 0 \
    "of the same cells"
[ "$(value "SELECT count(*) FROM f1_by_class AS a JOIN f1_by_class AS b
    USING (run_id, rule, label) WHERE a.evaluation = 'ood' AND a.rule = 'exact'
    AND b.evaluation = 'ood+propagated' AND a.f1 <> b.f1")" -gt 3 ]
result $? "with other scores"
is 0 "eval with predictions" eval linear-ce-s0 --name ood --decode propagated \
    --predictions p.csv
value "SELECT printf('%.9f', accuracy) FROM f1_overall JOIN run_summary USING (run_id)
    WHERE name = 'linear-ce-s0' AND evaluation = 'ood+propagated' AND rule = 'exact'" >want
column=$(head -n 1 p.csv | tr ',' '\n' | grep -n '^correct_exact$' | cut -d: -f1)
sed 's/"[^"]*"/quoted/g' p.csv |
    awk -F, -v c="$column" 'NR > 1 { n++; good += $c } END { printf "%.9f\n", good / n }' >out
equal "$(cat out)" "$(cat want)" "they give the stored accuracy"
before=$(value "SELECT count(*) FROM f1")
is 0 "eval --read-only" --read-only eval linear-hce-s0 --name ood --decode propagated
equal "$(value "SELECT count(*) FROM f1")" "$before" "stores nothing"
fails 2 'is added by --decode: write --name ood --decode propagated' eval linear-ce-s0 \
    --name ood+propagated
fails 2 '--decode half: must be one of' eval linear-ce-s0 --name ood --decode half
fails 2 '--eval x.propagated: .* choose another' train --data x.h5ad \
    --eval x+propagated=x.h5ad

# Both names stand for the same cells, whichever comes first.
"$hcelab" data simulate a.h5ad --cells 400 --genes 300 --types 16 --seed 4 2>err
"$hcelab" data simulate b.h5ad --cells 500 --genes 300 --types 16 --seed 5 2>err
is 0 "eval on other cells" eval linear-ce-s0 --data a.h5ad --name a --decode propagated
fails 1 'other cells' eval linear-hce-s0 --data b.h5ad --name a
is 0 "the same ones" eval linear-hce-s0 --data a.h5ad --name a
is 0 "and others" eval linear-ce-s0 --data b.h5ad --name b
fails 1 'other cells' eval linear-hce-s0 --data a.h5ad --name b --decode propagated

# --- views and commands show it as others ---

is 0 "show" show linear-ce-s0
says 'ood.propagated' "lists it"
fails 1 'it takes a CE and an HCE run' errors --eval ood+propagated
fails 1 'nothing to compare' compare --eval a+propagated
is 0 "eval of the HCE runs" eval linear-hce-s0 linear-hce-s1 linear-hce-s2 --name ood \
    --decode propagated
is 0 "errors of both" errors --eval ood+propagated
is 0 "ontology" ontology --eval ood+propagated
is 0 "compare both" compare --eval ood+propagated
says 'evaluation ood.propagated, rule hierarchy.* 3 pairs' "names it"

# --- does training with HCE beat propagation afterwards? ---

is 0 "compare --baseline-eval" compare --eval ood --baseline-eval ood+propagated
says 'baseline CE.propagated .*compared: HCE' "the sides are named"
says 'they differ also in: evaluation ood.propagated / ood' "and what they are"
is 0 "compare --baseline-eval --csv" compare --by class --eval ood \
    --baseline-eval ood+propagated --sort label --csv
head -n 1 out | tr ',' '\n' | grep -nE '^(label|ce_mean|hce_mean|base_evaluation|unfair)$' |
    cut -d: -f2 >columns
equal "$(tr '\n' ' ' <columns)" "label ce_mean hce_mean base_evaluation unfair " "its columns"
"$hcelab" compare --by class --eval ood --baseline-eval ood+propagated --sort label --json 2>err |
    sed -n 's/.*"label": *"\([^"]*\)".*"ce_mean": *\([0-9.e-]*\),.*"hce_mean": *\([0-9.e-]*\),.*/\1 \2 \3/p' |
    awk '{ n = NF; printf "%s %.9f %.9f\n", $1, $(n - 1), $n }' | LC_ALL=C sort >mine
"$hcelab" sql --csv "
    SELECT label || ' ' || printf('%.9f', AVG(f1) FILTER (WHERE loss = 'ce')) || ' ' ||
           printf('%.9f', AVG(f1) FILTER (WHERE loss = 'hce')) AS line
    FROM f1_by_class
    WHERE rule = 'hierarchy' AND evaluation = CASE loss WHEN 'ce' THEN 'ood+propagated'
                                              ELSE 'ood' END
    GROUP BY label" | tail -n +2 | tr -d '"' |
    awk '{ n = NF; printf "%s %s %s\n", $1, $(n - 1), $n }' | LC_ALL=C sort >theirs
[ -s mine ] && cmp -s mine theirs
result $? "the means are those of SQL"
is 0 "of one loss" compare --baseline-eval ood+propagated --loss ce
says 'compared: CE; delta = CE - CE.propagated' "which propagation changed"
is 0 "compare of other cells" compare --eval ood --baseline-eval id
says 'not fair: other cells \([0-9a-f]{8} / [0-9a-f]{8}\): F1 is not of the same cells' \
    "is done, and said"
"$hcelab" compare --eval ood --baseline-eval id --json >out 2>err
says '"unfair": "cells [0-9a-f]* / [0-9a-f]*"' "in JSON too"
complains 'not fair: other cells' "and on stderr"
fails 2 '--baseline-eval mars: the store has no such evaluation' compare --baseline-eval mars
fails 1 'it is the same seed group' compare --eval ood --baseline-eval ood --loss ce
fails 1 'no seed of both is scored in evaluation a and ood' compare --eval ood \
    --baseline-eval a

# --- predict ---

is 0 "predict" predict linear-ce-s0 --data a.h5ad --out top.csv --top-k 2
is 0 "predict --decode" predict linear-ce-s0 --data a.h5ad --out said.csv --top-k 2 \
    --decode propagated
equal "$(head -n 1 said.csv)" "cell_id,predicted_label,predicted_term_id,\
propagated_probability,label_1,probability_1,label_2,probability_2" "its columns"
is 0 "predict --decode argmax" predict linear-ce-s0 --data a.h5ad --out again.csv --top-k 2 \
    --decode argmax
cmp -s top.csv again.csv
result $? "argmax is what it was"
# Labels may hold commas.  What the model gave is the same; q is at least p of the class.
sed 's/"[^"]*"/quoted/g' top.csv | cut -d, -f1,5,7 >a
sed 's/"[^"]*"/quoted/g' said.csv | cut -d, -f1,6,8 >b
cmp -s a b
result $? "the probabilities are the same"
sed 's/"[^"]*"/quoted/g' said.csv | awk -F, 'NR > 1 { n += $4 > .5; bad += $4 > 1.000001 }
    END { print (n > 200), bad + 0 }' >out
equal "$(cat out)" "1 0" "and the propagated ones exceed .5 where the model is sure"
is 0 "eval of these cells" eval linear-ce-s0 --data a.h5ad --name a --decode propagated \
    --predictions p.csv
sed 's/"[^"]*"/quoted/g' said.csv | cut -d, -f1,4 >a
sed 's/"[^"]*"/quoted/g' p.csv | cut -d, -f1,6 >b
awk -F, 'FNR == 1 { next } FNR == NR { p[$1] = $2; next }
    { n++; d = $2 - p[$1]; bad += !($1 in p) || d > 1e-7 || d < -1e-7 }
    END { print (n > 100), bad + 0 }' a b >out
equal "$(cat out)" "1 0" "eval gives the same"
is 0 "predict .h5ad" predict linear-ce-s0 --data a.h5ad --out said.h5ad --decode propagated
grep -q propagated said.h5ad
result $? "says how it was decoded"

finish
