#!/bin/sh
# test_import.sh - `hcelab import` of the published tree: what it says, its exit statuses,
# and that the results are there for the other commands.
srcdir=${srcdir:-.}
case ${builddir:-.} in
/*) hcelab=${builddir}/hcelab ;;
*) hcelab=$(pwd)/${builddir:-.}/hcelab ;;
esac
lab=$(cd "$srcdir" && pwd)/tests/cli_lab.sh
tree=$(cd "$srcdir" && pwd)/tests/import/tree/tb_logs
tmp=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-import.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 99
unset HCELAB_STORE
# shellcheck source=tests/cli_lab.sh
. "$lab"

# --- a whole tree ---
is 0 "import" import "$tree" --experiment published
says '^runs: 7 added, 0 updated, 0 there already; not readable: 0' "counts what it did"
says "not taken +column.*'n_studies'" "names a column that has no meaning"
is 0 "import again" import "$tree"
says '^runs: 0 added, 0 updated, 7 there already' "changes nothing"
is 0 "rows for everything" import "$tree" --all --json
says '"outcome": "unchanged", "kind": "run", "run": "tabnet-hce-s7"' "as JSON"
says '"kind": "file".*events.out.tfevents.1700010500.*the last record is not whole' \
    "an event file that was cut off says so"
equal "$(value 'SELECT COUNT(DISTINCT experiment) FROM run_summary')" 1 "one experiment"

# --- the results are there ---
is 0 "compare" compare --experiment published --model linear --by tissue --eval ood
says '1 pair of seeds' "pairs CE and HCE by seed"
says '^lung ' "by tissue"
is 0 "show" show linear-ce-s3
says 'imported from +/' "says where a run is from"
is 0 "curve" curve linear-ce-s3 --metric train_loss --csv
says ',train_loss,5,0,' "curves count steps from 1"
is 0 "the store is whole" store check
fails 1 'imported, and cannot be trained here' queue retry linear-ce-s3 --fresh

# --- one folder of it ---
is 0 "one run" --store one.db import "$tree/mlp_hierarchical_loss/default/version_2"
says '^runs: 1 added' "is taken alone"
equal "$("$hcelab" --store one.db sql --csv 'SELECT uuid FROM run_summary' | tail -n 1)" \
    "$(value "SELECT uuid FROM run_summary WHERE name = 'mlp-hce-s2'")" \
    "and is the same run"

# --- links ---
mkdir links && ln -s "$tree/linear" links/linear && ln -s . links/circle
cp -r "$tree/mlp" links/mlp && chmod -R u+w links/mlp
is 0 "a folder with links" --store links.db import links
says '^runs: 1 added' "takes what is in it"
says 'not taken +folder .*links/linear +a link' "and names the links"

# --- what is wrong ---
cp -r "$tree" broken && chmod -R u+w broken
echo 'no event file at all' >"$(find broken/linear/default/version_1 -name 'events*')"
is 1 "a file that cannot be read" --store broken.db import broken
says 'unreadable +file +linear-ce-s4 .*no TensorBoard event file' "is named"
says '^runs: 7 added, 0 updated, 0 there already; not readable: 1' "and counted"
printf ',f1-score,support\nmacro avg,1,7\n' >broken/linear/default/version_1/linear_overall_metrics.csv
rm "$(find broken/linear/default/version_1 -name 'events*')"
is 1 "other cells of that name" \
    --store broken.db import broken/linear/default/version_1 --experiment broken
says 'not taken +run .*stands for other cells' "are refused with the reason"
chmod -R u+w "$tmp/broken"
rm broken/linear/default/version_1/linear_overall_metrics.csv
mkfifo broken/linear/default/version_1/linear_overall_metrics.csv
is 1 "a pipe in place of a table" \
    --store pipe.db import broken/linear/default/version_1
says 'unreadable .*linear_overall_metrics.csv is no regular file' "is not waited for"
ln -sf /dev/zero broken/linear/default/version_1/linear_overall_metrics.csv
is 1 "a device that never ends" \
    --store pipe.db import broken/linear/default/version_1
says 'unreadable .*linear_overall_metrics.csv is no regular file' "is not read"
fails 1 'cannot import gone' import gone
fails 1 'cannot be imported; what can be' import "$lab"
mkdir empty
fails 1 'no folder MODEL/default/version_N' import empty
fails 2 'writes to the store' --read-only import "$tree"
finish
