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

# --- files --------------------------------------------------------------------------

# A heap of texts whose first entry says that it is nearly 2^64 bytes long: libhdf5 goes
# round in circles.
cp atlas.h5ad loop.h5ad
at=$(grep -abo GCOL loop.h5ad | head -n 1 | cut -d: -f1)
printf '\360\377\377\377\377\377\377\377' |
    dd of=loop.h5ad bs=1 seek=$((at + 24)) conv=notrunc 2>/dev/null
(
    ulimit -S -t 2
    exec timeout 60 "$hcelab" data info loop.h5ad
) >out 2>err
equal $? 1 "a damaged file that its reader finds no end of"
complains 'loop.h5ad: its reader found no end and was stopped: the file is damaged' "is called so"
mkfifo pipe.h5ad
cat pipe.h5ad >piped.h5ad &
# shellcheck disable=SC2086
is 0 "data simulate into a pipe" data simulate pipe.h5ad $small --seed 3
wait $!
[ -p pipe.h5ad ] && cmp -s piped.h5ad atlas.h5ad
result $? "writes through it and leaves it a pipe"

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

# --- workers ------------------------------------------------------------------------

is 0 "worker --stop without a worker" --store f.db worker --stop
complains 'no worker of this store runs on this host' "says that there is none"
is 0 "worker --detach" --store f.db worker --detach --idle-exit 60
complains 'leaves after 60 s without a run, or with .*hcelab --store f.db worker --stop' "says when it ends"
is 0 "worker --list" --store f.db worker --list --csv
pid=$(tail -n 1 out | cut -d, -f2)
equal "$(wc -l <out)" 2 "it is listed"
is 0 "a second one" --store f.db worker --detach
complains "worker $pid takes runs from this store already .*worker --stop" \
    "names the first and what ends it"
is 0 "worker --stop" --store f.db worker --stop
complains '2 workers stopped' "stops both"
[ ! -e "/proc/$pid" ] || grep -q ') Z ' "/proc/$pid/stat" # a zombie is dead
result $? "the process is gone"
is 0 "worker --list" --store f.db worker --list --csv
equal "$(wc -l <out)" 1 "and signed off"
is 0 "an idle worker leaves" --store f.db worker --idle-exit 1
complains 'no run for 1 s: leaving' "and says why"
sqlite3 f.db "INSERT INTO worker (host, boot_id, pid, start_ticks, jobs, n_running,
    started_us, heartbeat_us)
    SELECT '$(uname -n)', '$(cat /proc/sys/kernel/random/boot_id)', $$, 1, 1, 0, 0,
    CAST(strftime('%s') AS INTEGER) * 1000000" >out 2>err
is 0 "a process that took over the pid of a worker" --store f.db worker --stop
complains 'no worker of this store' "is left alone"
fails 2 'only --list prints rows' --store f.db worker --json
fails 2 'together' --store f.db worker --list --stop

# --- the command line itself --------------------------------------------------------

fails 2 "unknown command 'foo': hcelab --help lists them" foo
fails 2 "unknown command 'shwo': did you mean 'show'" shwo
"$hcelab" --store f.db runs >/dev/full 2>err
equal "$?" 1 "an output that cannot be written"
complains 'cannot write the output: No space left' "has its reason"
"$hcelab" --store f.db sql --csv "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL
    SELECT i + 1 FROM n LIMIT 30000) SELECT i FROM n" >/dev/full 2>err
complains 'cannot write the output: No space left' "also where it is long"

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
fails 1 'nothing to compare by all: .*one seed that succeeded, and values of both$' --store f.db compare \
    --model tabnet

# --- stores and disks that will not do ---------------------------------------------

# As somebody to whom the permissions of a folder mean something.
cp "$hcelab" hcelab-copy
chmod 755 . hcelab-copy
chmod a+r atlas.h5ad
if [ "$(id -u)" -eq 0 ]; then
    as_user="setpriv --reuid=65534 --regid=65534 --clear-groups"
else
    as_user=
fi
user() { # user ARGS...: hcelab ARGS without the rights of root
    $as_user "$tmp/hcelab-copy" "$@" >out 2>err </dev/null
    rc=$?
}
mkdir closed mine
chmod 777 mine
"$hcelab" --store closed/s.db queue add --data atlas.h5ad >out 2>err
chmod 555 closed
user --store closed/new.db queue add --data gone.h5ad
complains 'cannot make store .*/closed/new.db: its folder is not writable .*--store PATH' \
    "an unwritable folder is said before the data are read"
equal "$rc" 1 "and is exit 1"
user --store closed/s.db queue clear
complains 'cannot write: the folder of store .*/closed/s.db is not writable .*--read-only' \
    "so is a store in such a folder"
user --store closed/s.db runs --csv
equal "$rc $(wc -l <out)" "0 2" "which can be looked at"
user --store closed/new.db train --data gone.h5ad
complains 'its folder is not writable' "train says it first too"
user --store closed/new.db demo
complains 'its folder is not writable' "and demo, before it simulates"
user --store closed/s.db store backup closed/b.db
complains 'cannot copy to closed/b.db: its folder is not writable' "backup names the folder"
ls closed >out
equal "$(tr '\n' ' ' <out)" "s.db s.db.lock " "nothing is left in the folder"

printf 'not a store, but text' >text.db
sqlite3 other.db 'CREATE TABLE t (x)'
: >empty.db
fails 1 'text.db is not a hcelab store.*--store PATH' --store text.db queue add --data gone.h5ad
fails 1 'other.db is not a hcelab store.*another program \(choose.*--store PATH' \
    --store other.db queue add --data gone.h5ad
fails 1 'empty.db is not a hcelab store: it is empty \(remove it' --store empty.db runs
cp f.db newer.db
sqlite3 newer.db 'PRAGMA user_version = 99'
fails 1 'schema 99.*newer hcelab' --store newer.db queue add --data gone.h5ad
[ "$(find . -name 'other.db*' -o -name 'text.db*' | wc -l)" -eq 2 ]
result $? "the check leaves nothing beside them"

# A limit on the size of files is a full disk to SQLite.
limited() { # limited BLOCKS ARGS...
    blocks=$1
    shift
    (
        trap '' XFSZ
        ulimit -f "$blocks"
        exec "$hcelab" "$@"
    ) >out 2>err </dev/null
    rc=$?
}
# shellcheck disable=SC2086
limited 20 --store mine/full.db queue add $spec
equal "$rc" 1 "queue add on a full disk fails"
complains 'full.db: .*the disk or quota is full' "and says why"
[ -z "$(ls mine)" ]
result $? "and leaves no store that is none"
fails 1 'there is no store at mine/full.db' --store mine/full.db runs
limited 20 --store f.db store backup mine/b.db
equal "$rc" 1 "so does a backup"
complains 'cannot copy to mine/b.db: ' "which names the file that was asked for"
[ -z "$(ls mine)" ]
result $? "and leaves no part of it"

finish
