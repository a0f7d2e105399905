#!/bin/sh
# test_demo_toy.sh - hcelab demo toy: plots, tables, and what a terminal gets.
case ${builddir:-.} in
/*) hcelab=${builddir}/hcelab ;;
*) hcelab=$(pwd)/${builddir:-.}/hcelab ;;
esac
tmp=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-toy.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 99
unset HCELAB_STORE NO_COLOR COLORTERM
n=0
bad=0
esc=$(printf '\033')

result() { # result STATUS TEXT
    n=$((n + 1))
    if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else
        echo "not ok $n - $2"
        sed 's/^/# out: /' out | head -n 30
        sed 's/^/# err: /' err | head -n 12
        bad=1
    fi
}

run() { # run hcelab; leaves $rc, out, err
    "$hcelab" "$@" >out 2>err </dev/null
    rc=$?
}

# terminal ROWS COLS ARGS...: hcelab ARGS on a terminal of that size; leaves out.
terminal() {
    rows=$1 cols=$2
    shift 2
    script -qec "stty rows $rows cols $cols; exec '$hcelab' $*" /dev/null \
        >raw 2>err </dev/null
    rc=$?
    tr -d '\r' <raw >out
}

# Lines that hold both titles.
beside() {
    grep -c 'CE  accuracy.*HCE  accuracy' out
}

run demo toy --seed 3 --csv
[ "$rc" -eq 0 ] && [ "$(wc -l <out)" -eq 2 ] &&
    [ "$(head -n 1 out)" = 'seed,rule,ce_accuracy,hce_accuracy,delta' ]
result $? "--csv is a header and the row of the seed"
cp out csv
awk -F, 'NR == 2 { printf "CE %.3f, HCE %.3f,\n", $3, $4 }' csv >want

run demo toy --seed 3
[ "$rc" -eq 0 ] && [ "$(beside)" -eq 1 ] && grep -qFf want out &&
    [ "$(sed 's/,//g; s/ / accuracy /; s/ HCE / HCE accuracy /' want | tr -s ' ')" = \
        "$(head -n 1 out | tr -s ' ' | sed 's/ $//')" ]
result $? "plots side by side have the accuracies of --csv"
[ ! -s err ] && ! grep -q "$esc" out && [ "$(wc -l <out)" -le 24 ]
result $? "no colour and no message where stdout is no terminal, 24 rows"

run demo toy --seed 3 --ascii
[ "$rc" -eq 0 ] && ! LC_ALL=C grep -q '[^ -~]' out && [ "$(beside)" -eq 1 ] &&
    LC_ALL=C awk 'length > 80 { exit 1 }' out
result $? "--ascii stays in ASCII and in 80 columns"

run demo toy --seed 3 --cpu generic --csv
cmp -s out csv
result $? "the figures do not depend on --cpu"

run demo toy --seeds 3,5 --json
[ "$rc" -eq 0 ] && [ "$(grep -c '"rule": "hierarchy"' out)" -eq 2 ] &&
    grep -qF "\"ce_accuracy\": $(awk -F, 'NR == 2 { print $3 }' csv)," out
result $? "--seeds --json has a row for every seed"
run demo toy --seeds 3,5
[ "$rc" -eq 0 ] && grep -q '^mean of 2 seeds: CE 0\.[0-9]*, HCE 0\.[0-9]*' out
result $? "--seeds ends with the mean"

# Mean HCE at least .98, mean CE in .55-.70, every difference at least .25 (here .295 at worst).
run demo toy --seeds 0-19 --csv
awk -F, 'NR > 1 { n++; ce += $3; hce += $4; if ($4 - $3 < 0.25) bad = 1 }
    END { exit !(n == 20 && hce / n >= 0.98 && ce / n >= 0.55 && ce / n <= 0.70 && !bad) }' out
result $? "20 seeds show the published effect"

for args in '--seed x' '--seed -1' '--seeds 2-1' '--seed 1 --seeds 2' 'more' '--cells 9'; do
    # shellcheck disable=SC2086
    run demo toy $args
    [ "$rc" -eq 2 ] && [ -s err ] && [ ! -s out ]
    result $? "demo toy $args is wrong usage"
done

TERM=xterm-256color terminal 25 80 demo toy
[ "$rc" -eq 0 ] && grep -q "$esc\[0;38;5;166m" out && [ "$(beside)" -eq 1 ]
result $? "a terminal with 256 colours gets colours"
sed "s/$esc\[[0-9;]*m//g" out >plain
run demo toy
cmp -s out plain
result $? "without its colours that is what a file gets"
TERM=xterm terminal 25 80 demo toy
grep -q "$esc\[0;31m" out && ! grep -q '38;5' out
result $? "a terminal with 8 colours gets those"
NO_COLOR=1 TERM=xterm-256color terminal 25 80 demo toy
cmp -s out plain
result $? "NO_COLOR is obeyed"
TERM=xterm-256color terminal 60 70 demo toy
[ "$(beside)" -eq 0 ] && [ "$(grep -c 'CE  accuracy' out)" -eq 2 ]
result $? "below 80 columns the plots lie one above the other"

[ -z "$(find . -name '*.db*')" ]
result $? "no store is made"

echo "1..$n"
exit $bad
