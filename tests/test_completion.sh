#!/bin/sh
# test_completion.sh - completion: what the program offers at the cursor, and what the
# functions for bash and zsh make of it.
srcdir=$(cd "${srcdir:-.}" && pwd)
builddir=$(cd "${builddir:-.}" && pwd)
hcelab=$builddir/hcelab
tmp=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-completion.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 99
unset HCELAB_STORE
# shellcheck source=tests/cli_lab.sh
. "$srcdir/tests/cli_lab.sh"
breaks=$(printf ' \t\n"\047@><=;|&(:')
: >out
: >err

# offers LINE WORDS TEXT: at the end of LINE the program offers WORDS to bash.  A last
# word "..." stands for more.
offers() {
    "$hcelab" internal-complete bash "$breaks" "$1" >raw 2>err
    sed 1d raw | tr '\n' ' ' | sed 's/ $//' >out
    case $2 in
    *...) case $(cat out) in "${2%...}"*) true ;; *) false ;; esac ;;
    *) [ "$(cat out)" = "$2" ] ;;
    esac && [ ! -s err ]
    rc=$?
    echo >>out
    result $rc "$3"
}

# head_is TEXT WHAT: the first line of the last answer.
head_is() {
    [ "$(head -n 1 raw)" = "$1" ]
    result $? "$2"
}

# --- without a store ----------------------------------------------------------------

offers 'hcelab ' 'demo data train queue ...' "commands"
offers 'hcelab s' 'show sql store' "commands that begin so"
offers 'hcelab queue ' 'add list cancel retry pause resume priority hold release missing clear' "commands of a group"
offers 'hcelab store mi' migrate "the second word"
offers 'hcelab internal' '' "nothing that is for our own processes"
offers 'hcelab --store x.db queue cl' clear "options may stand before"
offers 'hcelab compare --ru' --rule "options of a command"
offers 'hcelab compare --rule ' 'hierarchy exact' "choices"
offers 'hcelab compare --rule=h' hierarchy "after = bash replaces the value only"
offers 'hcelab compare --rule exact --ru' '' "an option that was given"
offers 'hcelab runs --cs' --csv "formats where rows come out"
offers 'hcelab queue clear --cs' '' "and not elsewhere"
offers 'hcelab train ' '--data ...' "options where nothing else may stand"
offers 'hcelab train --model ' 'linear mlp tabnet' "models"
offers 'hcelab queue add --loss ce,' 'ce,hce' "what a list lacks"
offers 'hcelab queue add --loss=ce,' 'ce,hce' "the same after ="
offers 'hcelab train --set n_s' 'n_steps= n_shared=' "hyperparameters"
head_is open "without a blank after them"
offers 'hcelab train --set class_weights=' 'balanced none' "and their choices"
offers 'hcelab train --seed ' '' "no numbers"
offers 'hcelab curve -m val_f' 'val_f1_macro val_f1_micro' "metrics, after a letter"
offers 'hcelab compare --by ti' 'tissue tissue_general' "facets"
offers 'hcelab --cpu g' generic "kernels"
offers 'hcelab export ' 'f1 curves runs confusion comparison' "arguments with choices"
offers 'hcelab sql --columns run_s' 'run_summary run_size run_source_param run_source_checkpoint' "views"
offers 'hcelab sql run_s' '' "but not in a query"
offers 'hcelab train --data ' '' "a path"
head_is '- files 0' "is left to the shell"
offers 'hcelab train --eval=x=' '' "a path after a name"
head_is '- files 9' "is told with its place"
offers 'hcelab show lin' '' "no runs without a store"
[ ! -e hcelab.db ]
result $? "looking for one makes none"
offers 'hcelab show -- --st' '' "no options after --"
offers 'hcelab "sho' show "in a quote that is open"
offers 'hcelab s\how --imp' --importance "quotes in words before"
offers '' '' "an empty line"
fails 2 'must be bash or zsh' internal-complete fish x

# Every option and command of the help is offered.
"$hcelab" --help | sed -n '/^Commands:/,/^$/p' | grep -E '^  [a-z]' |
    sed 's/^  //; s/   *.*//' >commands
while read -r command; do
    # shellcheck disable=SC2086
    "$hcelab" $command --help | sed -nE 's/^  (-[a-z], )?(--[a-z0-9-]+).*/\2/p' | sort -u >help
    "$hcelab" internal-complete bash "$breaks" "hcelab $command --" | sed 1d | sort -u >offered
    cmp -s help offered || echo "$command: $(diff help offered)"
done <commands >out
[ ! -s out ] && [ "$(wc -l <commands)" -ge 25 ]
result $? "every option that the help of a command has is offered, and no other"

# --- with one -----------------------------------------------------------------------

small="--cells 900 --genes 200 --types 8 --studies 4 --heldout 1 --donors 4"
spec="--data atlas.h5ad --ood dataset_id=heldout_1 --set batch_size=64 --set max_epochs=2"
{
    # shellcheck disable=SC2086
    "$hcelab" data simulate atlas.h5ad $small --seed 3 &&
        "$hcelab" queue add $spec --experiment e1 --loss ce,hce &&
        "$hcelab" worker --drain &&
        "$hcelab" queue add $spec --experiment 'e 2' --name 'it'\''s a "run"' &&
        "$hcelab" queue add $spec --experiment 'e 2' --loss hce
} >out 2>&1
result $? "a store"

offers 'hcelab show linear-' linear-ce-s0 "runs by name"
offers 'hcelab show ' "4 it\\'s\\ a\\ \\\"run\\\" 2 linear-ce-s0" \
    "the newest first, by number where a name is not enough"
offers 'hcelab show 3' 3 "runs by number"
offers 'hcelab show "it' "it's a \\\"run\\\"" "inside of double quotes"
offers "hcelab show 'lin" linear-ce-s0 "inside of single quotes"
offers "hcelab show 'it" '' "which cannot hold one"
offers 'hcelab runs --experiment e' 'e\ 2 e1' "experiments"
offers 'hcelab compare --eval ' 'id ood' "evaluations"
offers 'hcelab queue priority 3 linear-c' linear-ce-s0 "the argument after a number"
offers 'hcelab curve linear-ce-s0 linear-c' linear-ce-s0 "any number of them"
offers 'hcelab compare --by dataset_id --label h' heldout_1 "labels of the facet"
offers 'hcelab train --ood dataset_id=h' heldout_1 "values of a column"
offers 'hcelab train --where dataset_id!=study_01,study_02,h' 'study_01,study_02,heldout_1' \
    "several of them"
offers 'hcelab train --where dat' dataset_id= "columns"
offers 'hcelab ontology --node alpha-beta' 'alpha-beta\ T\ cell' "terms of the ontology"
label=$(value 'SELECT label FROM run_label WHERE label LIKE "% %" ORDER BY label LIMIT 1')
"$hcelab" internal-complete zsh compare --label "$(echo "$label" | cut -c1-9)" >raw
grep -qF "$label	" raw
result $? "labels with blanks, as they are for zsh"
mkdir elsewhere
mv hcelab.db* elsewhere
offers 'hcelab --store elsewhere/hcelab.db show linear-' linear-ce-s0 "the store of the line"
HCELAB_STORE=elsewhere/hcelab.db
export HCELAB_STORE
offers 'hcelab show linear-' linear-ce-s0 "the store of the environment"
echo 'no store' >text.db
offers 'hcelab --store text.db show linear-' '' "a file that is none is passed over in silence"
equal "$(ls elsewhere)" "$(printf 'hcelab.db\nhcelab.db.lock')" "nothing is left beside it"

# --- the shells ---------------------------------------------------------------------

if command -v bash >/dev/null; then
    bash -n "$srcdir/share/completions/hcelab" 2>err
    result $? "bash reads its function"
    # bash_completes LINE: the candidates that bash gets.
    cat >bash.sh <<'END'
source "$1"
shopt -s extglob
complete -p hcelab >&2
COMP_LINE=$3 COMP_POINT=${#3} COMP_TYPE=9
read -ra COMP_WORDS <<<"$3"
_hcelab "$2" "" ""
printf '%s\n' "${COMPREPLY[@]}"
END
    bash_completes() {
        bash bash.sh "$srcdir/share/completions/hcelab" "$hcelab" "$1" 2>err | tr '\n' ' ' >out
        echo >>out
    }
    bash_completes 'hcelab queue re'
    equal "$(cat out)" 'retry resume release ' "bash completes commands"
    grep -q 'complete -o default -F _hcelab hcelab' err
    result $? "by a function that is bound to the name"
    bash_completes 'hcelab show linear-c'
    equal "$(cat out)" 'linear-ce-s0 ' "and runs"
    bash_completes 'hcelab train --data x'
    equal "$(cat out)" ' ' "and leaves paths to itself"
    bash_completes 'hcelab sh --nonsense x'
    equal "$(cat out)" ' ' "and has nothing to say of nonsense"
    mkdir -p home/bin
    ln -s "$hcelab" home/bin/hcelab
    HOME=$tmp/home bash bash.sh "$srcdir/share/completions/hcelab" '~/bin/hcelab' 'hcelab ru' \
        >out 2>err
    equal "$(cat out)" runs "a program below ~ is found"
else
    skip "completion of bash" "no bash"
fi

if command -v zsh >/dev/null; then
    zsh -n "$srcdir/share/completions/_hcelab" 2>err
    result $? "zsh reads its function"
    cat >zsh.sh <<'END'
compadd() { local -a a; a=("${(@P)@[-1]}"); print -rl -- "$*" "${a[@]}" "${shown[@]}" }
compset() { print -r -- "compset $*" }
_files() { print -r -- files }
completion=$1
shift
words=("$@") CURRENT=$# PREFIX=${@[-1]}
set --
source $completion
END
    zsh_completes() {
        zsh -f zsh.sh "$srcdir/share/completions/_hcelab" "$hcelab" "$@" >out 2>err
    }
    zsh_completes queue re
    equal "$(sed -n 2,4p out | tr '\n' ' ')" 'retry resume release ' "zsh completes commands"
    says 'retry  -- put failed' "and tells what they are"
    zsh_completes show linear-c
    says '^linear-ce-s0  -- run 1, succeeded' "and runs"
    zsh_completes train --set n_st
    says '^-l -S  -d shown -a found' "and ends no word that goes on"
    zsh_completes train --eval name=
    equal "$(tr '\n' ' ' <out)" 'compset -p 5 files ' "and knows where a path starts"
    zsh_completes show ''
    equal "$(sed -n 3p out)" "it's a \"run\"" "words come as they are"
else
    skip "completion of zsh" "no zsh"
fi

# --- hostile names ------------------------------------------------------------------

# shellcheck disable=SC2016
for name in --store=x.db 'wow!' "$(printf 'c1\302\233m')" 'a$(touch x)'; do
    # shellcheck disable=SC2086
    "$hcelab" queue add $spec --experiment e3 --name="$name"
done >out 2>&1
result $? "runs with names that a shell or a terminal might obey"
offers 'hcelab log ' "a\\\$\\(touch\\ x\\) wow\\! 4 it..." "no name that would be an option, or C1"
offers 'hcelab log -- --' --store=x.db "but behind --"
offers 'hcelab log "w' '' "no ! in double quotes, which recalls a line"
offers 'hcelab log "a' 'a\$(touch x)' "nothing that runs in them"

finish
