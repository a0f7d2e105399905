#!/bin/sh
# test_eval_list.sh - eval and predict by several runs: what a list may look like, and what is
# said when some of it fails.
srcdir=${srcdir:-.}
case ${builddir:-.} in
/*) hcelab=${builddir}/hcelab ;;
*) hcelab=$(pwd)/${builddir:-.}/hcelab ;;
esac
lab=$(cd "$srcdir" && pwd)/tests/cli_lab.sh
torch=$(cd "$srcdir" && pwd)/tests/torch
dir=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-eval-list.XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99
unset HCELAB_STORE
# shellcheck source=tests/cli_lab.sh
. "$lab"

for m in linear mlp tabnet; do
    is 0 "import $m" import "$torch/$m.ckpt" --genes "$torch/genes.txt" \
        --labels "$torch/labels.txt" --loss ce --seed 0 --name $m
done

# float32 3e38: finite, but what it makes of a cell is not.
tensors='{"classifier.weight":{"dtype":"F32","shape":[7,12],"data_offsets":[0,336]},"classifier.bias":{"dtype":"F32","shape":[7],"data_offsets":[336,364]}}'
{
    printf "\\$(printf %o ${#tensors})\\0\\0\\0\\0\\0\\0\\0%s" "$tensors"
    i=0
    while [ $i -lt 91 ]; do
        printf '\231\166\141\177'
        i=$((i + 1))
    done
} >huge.safetensors
is 0 "import of weights that overflow" import huge.safetensors --genes "$torch/genes.txt" \
    --labels "$torch/labels.txt" --loss ce --seed 0 --name huge
fails 1 'cell 0: the model gives it no probabilities' predict huge \
    --data "$torch/cells.h5ad" --out huge.csv
[ ! -e huge.csv ]
result $? "no file is left"
fails 1 'cell 0: the model gives it no probabilities' eval huge \
    --data "$torch/cells.h5ad" --name huge --decode propagated
equal "$(value 'SELECT count(*) FROM f1')" 0 "and no scores"

# --- lists of other systems and editors ---

printf '\357\273\277linear\r\n\r\n  mlp\t\r\n# tabnet\r\nlinear\r\n' >windows.txt
is 0 "a list with a byte order mark, CRLF and repeats" eval --checkpoint-list windows.txt \
    --jobs 3 --data "$torch/cells.h5ad" --name windows --csv
equal "$(cut -d, -f2 out | sort -u | tr '\n' ' ')" "linear mlp run " "names two runs"
printf 'linear\0mlp\n' >zero.txt
fails 1 'zero.txt is no text' eval --checkpoint-list zero.txt --data "$torch/cells.h5ad" \
    --name zero
equal "$(value "SELECT count(*) FROM f1 WHERE evaluation = 'zero'")" 0 "nothing is scored"

sed 's/^B cell$/Q cell/' "$torch/labels.txt" >other.txt
is 0 "import with another class" import "$torch/mlp.ckpt" --genes "$torch/genes.txt" \
    --labels other.txt --name other --experiment other
is 0 "eval of cells that are none of its" eval other --data "$torch/cells.h5ad" --name others
equal "$(grep -c 'left out.*B cell' err)" 1 "says once how many are left out"

# --- one of them fails ---

for jobs in 1 2; do
    is 1 "$jobs at a time, one fails" eval linear huge mlp tabnet --jobs $jobs \
        --data "$torch/cells.h5ad" --name some$jobs
    complains 'scoring run 4: failed' "which"
    complains 'scoring run: [123] of 4 are done' "and how many are done"
done
equal "$(value "SELECT count(DISTINCT run_id) FROM f1 WHERE evaluation = 'some1'")" 1 \
    "those before it are stored"

# --- predict by several ---

for m in linear mlp tabnet; do
    "$hcelab" predict $m --data "$torch/cells.h5ad" --out alone-$m.csv 2>err
done
printf '%s\nmlp\n3\n' "$torch/linear.ckpt" >three.txt
is 0 "predict by a list, two at a time" predict --checkpoint-list three.txt --jobs 2 \
    --data "$torch/cells.h5ad" --out 'by-{run}.csv'
for m in linear mlp tabnet; do
    cmp by-$m.csv alone-$m.csv >out 2>err
    result $? "$m says what it says alone"
done
fails 1 'out by-linear.csv exists' predict --checkpoint-list three.txt \
    --data "$torch/cells.h5ad" --out 'by-{run}.csv'
is 0 "--force replaces them" predict --checkpoint-list three.txt --force \
    --data "$torch/cells.h5ad" --out 'by-{run}.csv'
fails 2 'each has a file of its own' predict linear mlp --data "$torch/cells.h5ad" --out x.csv
fails 2 'each has a file of its own' predict linear mlp --data "$torch/cells.h5ad" --out -
fails 2 'name a RUN, or --checkpoint-list' predict --data "$torch/cells.h5ad" --out x.csv
# A second run of that name, which a path could be made of.
is 0 "import under a strange name" import "$torch/linear_half.ckpt" \
    --genes "$torch/genes.txt" --labels "$torch/labels.txt" --name '../linear'
is 0 "import under the name of another" import "$torch/tabnet_steps.ckpt" \
    --genes "$torch/genes.txt" --labels "$torch/labels.txt" --name '../linear'
strange=$(value "SELECT group_concat(run_id, ' ') FROM run_summary WHERE name = '../linear'")
# shellcheck disable=SC2086 # two numbers
set -- $strange
is 0 "a name that is a path" predict "$1" --data "$torch/cells.h5ad" --out 'name-{run}.csv'
[ -e 'name-%2E.%2Flinear.csv' ]
result $? "stays in its folder"
fails 2 'two runs would write' predict "$1" "$2" --data "$torch/cells.h5ad" \
    --out 'two-{run}.csv'
is 0 "numbers tell them apart" predict "$1" "$2" --data "$torch/cells.h5ad" \
    --out 'two-{id}.csv'
[ -s "two-$1.csv" ] && [ -s "two-$2.csv" ]
result $? "a file for each"
is 1 "one of them fails" predict linear huge --data "$torch/cells.h5ad" --out 'f-{run}.csv'
complains 'labelling by run 4: failed' "which"
[ -s f-linear.csv ] && [ ! -e f-huge.csv ] && [ -z "$(find . -name '*huge*tmp*')" ]
result $? "the other has its file"

finish
