#!/bin/sh
# test_cli_wrong.sh - what the program says and leaves behind when something is wrong: a
# mistaken option, a run that fails, a store or a disk that will not do.
srcdir=${srcdir:-.}
case ${builddir:-.} in
/*) hcelab=${builddir}/hcelab ;;
*) hcelab=$(pwd)/${builddir:-.}/hcelab ;;
esac
lab=$(cd "$srcdir" && pwd)/tests/cli_lab.sh
tmp=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-wrong.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 99
unset HCELAB_STORE
# shellcheck source=tests/cli_lab.sh
. "$lab"

small="--cells 900 --genes 200 --types 8 --studies 4 --heldout 1 --donors 4"
# shellcheck disable=SC2086
is 0 "data simulate" data simulate atlas.h5ad $small --seed 3
spec="--data atlas.h5ad --ood dataset_id=heldout_1 --experiment e1 \
    --set batch_size=64 --set max_epochs=3 --set learning_rate=0.01"

# --- runs that fail ---------------------------------------------------------------

cp atlas.h5ad vanishing.h5ad
# shellcheck disable=SC2086
"$hcelab" --store f.db queue add $spec --seeds 0-1 >out 2>err
"$hcelab" --store f.db queue add --data vanishing.h5ad --set max_epochs=1 >out 2>err
rm vanishing.h5ad
is 1 "a worker whose run failed" --store f.db worker --jobs 2 --drain
complains 'run 3 failed: .*vanishing.h5ad' "it says which run and why"
complains '1 of the 3 runs .* failed' "and how many"
is 0 "the next worker has nothing to answer for" --store f.db worker --drain

# --- names that mean nothing ------------------------------------------------------

for command in runs "export f1" "export runs" "export comparison" "export curves" compare; do
    # shellcheck disable=SC2086
    fails 2 '--experiment typo: .* no such experiment; it has e1, vanishing' \
        --store f.db $command --experiment typo
done
fails 2 '--by nosuch: .* no such facet .*; it has all, assay, ' --store f.db export f1 --by nosuch
fails 2 '--by nosuch: .* no such facet' --store f.db compare --by nosuch
[ "$(wc -c <err)" -lt 240 ]
result $? "in a line that can be read"
fails 2 '--eval typo: .* it has id, ood' --store f.db export confusion --eval typo
fails 2 '--metric typo: .* it has ' --store f.db export curves --metric typo
fails 1 'nothing to compare by all in evaluation ood: .*; e1 linear: 2 CE and 0 HCE done' \
    --store f.db compare --eval ood
fails 1 'nothing to compare by all: .*one seed that succeeded$' --store f.db compare \
    --model tabnet

finish
