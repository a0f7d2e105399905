#!/bin/sh
# check_installed.sh BINDIR DATADIR MANDIR DOCDIR - what `make install` left there: the
# program works away from its source, its manual is its own, its completion and queries run.
bindir=$1 datadir=$2 mandir=$3 docdir=$4
hcelab=$bindir/hcelab
tmp=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-installed.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
lab=$(cd "$(dirname "$0")" && pwd)/cli_lab.sh
cd "$tmp" || exit 99
unset HCELAB_STORE
# shellcheck source=tests/cli_lab.sh
. "$lab"
: >out
: >err

is 0 "the program runs" --version
for page in hcelab.1 hcelab-store.5 hcelab-packed.5; do
    installed=$mandir/man${page##*.}/$page
    "$hcelab" internal-manual "${page%.*}" >page 2>err
    diff "$installed" page >out
    result $? "$page is that of the program"
done
for name in README.md NEWS LICENSE NOTICE; do
    [ -s "$docdir/$name" ] || echo "$docdir/$name is missing"
done >out
[ ! -s out ]
result $? "documents"

if command -v bash >/dev/null; then
    bash -c 'source "$1" && COMP_LINE="hcelab comp" && COMP_POINT=11 && _hcelab "$2" &&
        [ "${COMPREPLY[*]}" = compare ]' - \
        "$datadir/bash-completion/completions/hcelab" "$hcelab" >out 2>err
    result $? "completion of bash"
else
    skip "completion of bash" "no bash"
fi
grep -q '^#compdef hcelab$' "$datadir/zsh/site-functions/_hcelab"
result $? "completion of zsh"

# The built-in ontology, tissues and genes are in the program.
is 0 "a demo away from the source" --store d.db demo --cells 900 --genes 200 --types 8 \
    --studies 4 --heldout 1 --donors 4 --seeds 0,1
for query in "$datadir"/hcelab/sql/*.sql; do
    "$hcelab" --store d.db sql "$(cat "$query")" >rows 2>&1 || { echo "$query:"; cat rows; }
done >out
[ ! -s out ] && [ "$(find "$datadir/hcelab/sql" -name '*.sql' | wc -l)" -ge 17 ]
result $? "every query of share/hcelab/sql runs"
equal "$(find "$bindir" -name '[!.]*' -type f | wc -l)" 1 "one program is installed"
finish
