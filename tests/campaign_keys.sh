#!/bin/sh
# campaign_keys.sh [KEYS [SEED]] - the long form of tests/test_random_keys, by hand, from
# a build folder, best one that was configured with --enable-asan:
#   make check TESTS= && sh ../tests/campaign_keys.sh 100000 1
# KEYS random keys (default 100,000) without a terminal, in four parts with seeds of their
# own, and a tenth of them on a terminal.  TEST names the program.
set -u
keys=${1:-100000}
seed=${2:-$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}
test=${TEST:-./tests/test_random_keys}
part=$((keys / 4))
export LC_ALL=C.UTF-8
log=$(mktemp "${TMPDIR:-/tmp}/hcelab-keys-XXXXXX")
trap 'rm -f "$log"' EXIT
bad=0

echo "1..4"
for i in 1 2 3 4; do
    s=$((seed + i - 1))
    if TERMINAL_KEYS=$((part / 10)) "$test" "$part" "$s" >"$log" 2>&1; then
        grep '^# seed' "$log"
        echo "ok $i - $part keys, seed $s"
    else
        sed 's/^/# /' "$log" | head -200
        echo "not ok $i - $part keys, seed $s"
        bad=1
    fi
done
exit $bad
