#!/bin/sh
# test_manual.sh - the manual pages: that they are clean, that nothing is missing in them,
# and that what hcelab-store(5) says of columns holds in a store with runs of every state.
srcdir=$(cd "${srcdir:-.}" && pwd)
builddir=$(cd "${builddir:-.}" && pwd)
hcelab=$builddir/hcelab
tmp=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-manual.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 99
unset HCELAB_STORE
# shellcheck source=tests/cli_lab.sh
. "$srcdir/tests/cli_lab.sh"

is 0 "hcelab(1)" internal-manual hcelab
cp out hcelab.1
is 0 "hcelab-store(5)" internal-manual hcelab-store
cp out hcelab-store.5
fails 2 'must be one of: hcelab, hcelab-store' internal-manual ls
is 0 "hcelab-packed(5)" internal-manual hcelab-packed
cp out hcelab-packed.5
for page in hcelab.1 hcelab-store.5 hcelab-packed.5; do
    cmp -s $page "$builddir/share/man/$page"
    result $? "$page was made by this program"
    if command -v mandoc >/dev/null; then
        mandoc -T lint -W style $page >out 2>&1
        result $? "mandoc has no complaint about $page"
    else
        skip "mandoc about $page" "no mandoc"
    fi
    if command -v groff >/dev/null; then
        groff -man -ww -Tutf8 -z $page >out 2>&1 && [ ! -s out ]
        result $? "nor has groff"
    else
        skip "groff about $page" "no groff"
    fi
done

# The pages as plain words: no escapes, one line.
plain() {
    sed -e 's/^\.[A-Z][A-Z]* *//' -e 's/\\f[BIR]//g' -e 's/\\-/-/g' -e 's/\\&//g' \
        -e "s/\\\\(aq/'/g" -e 's/\\(dq/"/g' -e 's/\\(ti/~/g' -e 's/\\(ga/`/g' -e 's/\\(ha/^/g' \
        -e 's/\\e/\\/g' "$1" | tr '\n' ' '
}
plain hcelab.1 >program.txt
plain hcelab-store.5 >store.txt

# in_page TEXT: hcelab(1) has it as words of its own.
in_page() {
    case " $(cat program.txt) " in *" $1 "*) ;; *) false ;; esac
}

# --- nothing is missing in hcelab(1) ------------------------------------------------

"$hcelab" --help >overview
sed -n '/^Commands:/,/^$/p' overview | grep -E '^  [a-z]' |
    sed 's/^  //; s/   *.*//' >commands
: >missing
while read -r command; do
    in_page "hcelab $command" || echo "$command" >>missing
    # shellcheck disable=SC2086
    "$hcelab" $command --help | sed -nE 's/^  (-[a-z], )?(--[a-z0-9-]+).*/\2/p' |
        while read -r option; do
            in_page "$option" || echo "$command $option"
        done >>missing
done <commands
cp missing out
[ ! -s missing ] && [ "$(wc -l <commands)" -ge 25 ]
result $? "every command and option is in hcelab(1)"

# texts FILE NAME: the last text in quotes of each line NAME(...) of a .def file.
texts() {
    sed -nE "s/^$2\\(.*\"([^\"]*)\"\\)\$/\\1/p" "$srcdir/$1"
}
for table in src/spec/spec.def:SPEC src/spec/models.def:MODEL src/spec/losses.def:LOSS \
    src/spec/metrics.def:METRIC src/data/simulate.def:SIM src/cli/exits.def:EXIT \
    src/cli/environment.def:VARIABLE tui/contexts.def:CONTEXT; do
    texts "${table%:*}" "${table#*:}" >texts
    while read -r text; do
        case $(cat program.txt) in *"$text"*) ;; *) echo "$text" ;; esac
    done <texts >out
    [ -s texts ] && [ ! -s out ]
    result $? "every text of ${table%:*} is in hcelab(1)"
done

# An action that has a key is told under its context.
sed -nE 's/^BIND\([A-Z]+, .*, +([A-Z_]+), +[01]\)$/\1/p' "$srcdir/tui/bindings.def" |
    sort -u >actions
while read -r action; do
    text=$(sed -nE "s/^ACTION\\($action, .*\"([^\"]*)\"\\)\$/\\1/p" "$srcdir/tui/actions.def")
    case $(cat program.txt) in *"$text"*) [ "$text" ] || echo "$action" ;; *) echo "$action" ;; esac
done <actions >out
[ "$(wc -l <actions)" -ge 40 ] && [ ! -s out ]
result $? "every action that has a key is in hcelab(1)"

# What a view names as its twin is a command.
grep -hE '^ *\.command =' "$srcdir"/tui/view_*.c | grep -oE 'hcelab [a-z]+( [a-z]+)?' |
    sort -u >twins
while read -r twin; do
    grep -qx "${twin#hcelab }" commands || echo "$twin"
done <twins >out
[ "$(wc -l <twins)" -ge 6 ] && [ ! -s out ]
result $? "the commands that views name exist"

grep -rhoE 'getenv\("[A-Z_]+"\)' "$srcdir/src" "$srcdir/store" "$srcdir/tui" |
    sed -E 's/.*"(.*)".*/\1/' | sort -u >used
sed -nE 's/^VARIABLE\(([A-Z_]+),.*/\1/p' "$srcdir/src/cli/environment.def" | sort -u >told
diff used told >out
result $? "src/cli/environment.def has the variables that are read, and no others"

# --- what hcelab-store(5) says is so ------------------------------------------------

small="--cells 900 --genes 200 --types 8 --studies 4 --heldout 1 --donors 4"
spec="--data atlas.h5ad --ood dataset_id=heldout_1 --experiment e1 --set batch_size=64
    --set max_epochs=2"
{
    # shellcheck disable=SC2086
    "$hcelab" data simulate atlas.h5ad $small --seed 3 && cp atlas.h5ad gone.h5ad &&
        "$hcelab" queue add $spec --loss ce,hce --seeds 0-1 &&
        "$hcelab" queue add $spec --loss ce,hce --seed 0 --set batch_size=128 \
            --val-fraction 0 &&
        "$hcelab" queue add $spec --model tabnet --set n_d=8 --set n_a=8 \
            --set n_independent=1 --set n_shared=1 --set augment_training_data=false &&
        "$hcelab" queue add $spec --data gone.h5ad --name gone --experiment e2 &&
        rm gone.h5ad
    "$hcelab" worker --jobs 2 --drain
    "$hcelab" queue add $spec --seeds 5-8 && "$hcelab" queue pause linear-ce-s5 &&
        "$hcelab" queue cancel linear-ce-s6
} >out 2>&1
equal "$(value "SELECT group_concat(state, ' ') FROM (SELECT DISTINCT state FROM run_summary
    ORDER BY state)")" 'cancelled failed paused queued succeeded' "a store with all kinds of runs"

"$hcelab" sql --columns --csv | sed 1d >columns
[ "$(wc -l <columns)" -ge 300 ]
result $? "sql --columns has every column"
is 0 "sql --columns VIEW" sql --columns curve --csv
equal "$(cut -d, -f1-3 out | tr '\n' ' ')" "view,column,type curve,run_id,INTEGER \
curve,metric,TEXT curve,step,INTEGER curve,epoch,INTEGER curve,wall_s,REAL curve,value,REAL \
curve,nonfinite,INTEGER curve,averages_over,TEXT " "has those of the view"
fails 2 '--columns nothing: must be one of: run_summary, ' sql --columns nothing

# Per view one query: the columns with a value of another type, or NULL where there is none.
awk -F, '{
    allowed = "\047" tolower($3) "\047" ($0 ~ /,never,/ ? "" : ", \047null\047")
    query = "SELECT \047" $1 "." $2 "\047, typeof(\"" $2 "\"), COUNT(*) FROM " $1 \
        " WHERE typeof(\"" $2 "\") NOT IN (" allowed ") GROUP BY 2"
    all[$1] = all[$1] ? all[$1] "\nUNION ALL " query : query
} END { for (v in all) { printf "%s", all[v] > v ".sql" } }' columns
for query in *.sql; do
    "$hcelab" sql --csv "$(cat "$query")" 2>&1 | sed 1d
done >out
[ ! -s out ] && [ "$(ls ./*.sql | wc -l)" -ge 18 ]
result $? "columns have the types that are told, and NULL only where it is"

# What is said to tell rows apart does.
awk '/^\.SS / { view = $2; text = "" }
    /^\.(TP|SH)/ { view = "" }
    view { text = text " " $0
        if (match(text, /Rows differ in: [a-z_0-9, ]*\./))
            print view, substr(text, RSTART + 16, RLENGTH - 17) }' hcelab-store.5 | sort -u >keys
while read -r view key; do
    [ "$(value "SELECT COUNT(*) FROM (SELECT 1 FROM $view GROUP BY $key HAVING COUNT(*) > 1)")" \
        = 0 ] || echo "$view: $key"
done <keys >out
[ "$(wc -l <keys)" -ge 11 ] && [ ! -s out ]
result $? "rows differ in the columns that are told"

for view in run_summary curve f1 f1_by_class confusion queue pair comparison run_label \
    run_ontology run_size gene_importance run_ontology_term run_ontology_edge ontology_f1; do
    [ "$(value "SELECT COUNT(*) > 0 FROM $view")" = 1 ] || echo "$view"
done >out
[ ! -s out ]
result $? "and the store had rows to show it"

finish
