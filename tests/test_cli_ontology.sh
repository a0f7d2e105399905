#!/bin/sh
# test_cli_ontology.sh - hcelab ontology on simulated cells: the tree, its options, and
# that its numbers are those of the view ontology_f1, which SQL computes.
srcdir=${srcdir:-.}
case ${builddir:-.} in
/*) hcelab=${builddir}/hcelab ;;
*) hcelab=$(pwd)/${builddir:-.}/hcelab ;;
esac
lab=$(cd "$srcdir" && pwd)/tests/cli_lab.sh
tmp=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-ontology.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 99
unset HCELAB_STORE
# shellcheck source=tests/cli_lab.sh
. "$lab"

fails 1 'no such file|cannot|not exist|there is no' ontology
is 0 "a small demo" demo --no-dashboard --cells 3000 --genes 300 --types 16 --seeds 0-2
is 0 "the tree" ontology
says '^evaluation ood, rule hierarchy, ontology built-in, 3 pairs of seeds$' "it says what it is"
says 'Holm over a family of [0-9]+ sets; the smallest sign-flip p that 3 pairs' "and the test"
says '^    [A-Za-z].* [0-9]+/[0-9]+ ' "terms are indented"
says '^sets on which HCE is better: [0-9]+, worse: [0-9]+, not distinguished: ' "and counted"
is 0 "as CSV" ontology --csv
cp out all.csv
equal "$(head -n 1 out | cut -d, -f1-13)" \
    "pair_key,experiment,model,evaluation,rule,term_id,node,class,depth,parents,n_classes,n_scored,support" \
    "its columns"

# Means over seeds of every term, from the view; the tree leaves terms out.
"$hcelab" sql --csv "
    SELECT term_id, loss, printf('%.9f', AVG(f1)), n_classes, support
    FROM ontology_f1
    WHERE is_primary = 1 AND evaluation = 'ood' AND rule = 'hierarchy'
    GROUP BY term_id, loss" >view.csv
"$hcelab" ontology --all-terms --json >tree.json 2>err
sed -n 's/.*"term_id": *"\(CL:[0-9]*\)".*"n_scored": *\([0-9]*\), *"support": *\([0-9]*\).*"ce_mean": *\([0-9.e-]*\),.*"hce_mean": *\([0-9.e-]*\),.*/\1 \4 \5 \2 \3/p' tree.json |
    awk '{printf "%s,ce,%.9f,%d,%d\n%s,hce,%.9f,%d,%d\n", $1, $2, $4, $5, $1, $3, $4, $5}' |
    sort >a
tail -n +2 view.csv | sort >b
[ "$(wc -l <a)" -gt 20 ] && diff a b >out 2>&1
result $? "every term has the mean, the classes and the cells that SQL finds"

is 0 "levels" ontology --depth 1
[ "$(grep -c '^  [A-Za-z]' out)" -eq 0 ]
result $? "--depth 1 shows the roots"
is 0 "differences" ontology --min-delta .05 --csv
[ "$(wc -l <out)" -gt 1 ] && [ "$(wc -l <out)" -lt "$(wc -l <all.csv)" ]
result $? "--min-delta shows fewer"
is 0 "a node" ontology --node 'leukocyte' --markdown
says '^\| leukocyte ' "it is the root"
says '^\| &nbsp;&nbsp;[A-Za-z]' "Markdown keeps the indent"
is 0 "a node by its id" ontology --node CL:0000738 --depth 1 --json
says '"node": *"leukocyte"' "it is the same"
is 0 "seeds" ontology --node leukocyte --depth 1 --by-seed --csv
equal "$(tail -n +2 out | wc -l)" 3 "a row for each"
equal "$(tail -n +2 out | cut -d, -f8-10 | awk -F, '{printf "%d %.9f %.9f;", $1, $2, $3}')" \
    "$("$hcelab" sql --csv "SELECT c.seed, c.f1, h.f1 FROM ontology_f1 AS c
        JOIN ontology_f1 AS h USING (seed, evaluation, rule, term_id, is_primary)
        WHERE c.loss = 'ce' AND h.loss = 'hce' AND term_id = 'CL:0000738'
          AND evaluation = 'ood' AND rule = 'hierarchy' AND is_primary = 1
        ORDER BY c.seed" | tail -n +2 |
        awk -F, '{printf "%d %.9f %.9f;", $1, $2, $3}')" "with the values that SQL finds"
is 0 "seeds for people" ontology --by-seed
says '^ *leukocyte +1 +0\.' "name a node in each row"
fails 2 '--node cell means [0-9]+ nodes: .*; ' ontology --node cell
fails 1 '--node nosuch: no node at or above a class is called so' ontology --node nosuch
fails 2 '--min-delta 2: must be' ontology --min-delta 2
fails 2 '--eval none: the store has no such evaluation' ontology --eval none
fails 2 '--rule strict: must be one of: hierarchy, exact' ontology --rule strict
fails 1 'nothing to compare by class' ontology --pair-key ffffffff
finish
