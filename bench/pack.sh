#!/bin/sh
# pack.sh IN CELLS [HCELAB]: processor time of packing IN, which has so many cells, by one
# thread: the least of three.
in=$1
cells=$2
hcelab=${3:-./hcelab}
out=$(mktemp -u "${TMPDIR:-/tmp}/pack.XXXXXX").hcp
trap 'rm -f "$out"' EXIT
for _ in 1 2 3; do
    bash -c 'TIMEFORMAT="%U %S %R"; time "$0" "$@" >/dev/null 2>&1' \
        "$hcelab" data pack "$in" "$out" --force --threads 1 2>&1
done | awk -v n="$cells" -v f="$in" '
    { cpu = $1 + $2; if (!best || cpu < best) best = cpu; if (!wall || $3 < wall) wall = $3 }
    END { printf "%s: %.2f s CPU, %.1f k cells/s, wall %.2f s\n", f, best, n / best / 1000, wall }'
