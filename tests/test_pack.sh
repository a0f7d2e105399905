#!/bin/sh
# test_pack.sh - data pack and data unpack: what goes in comes out, several inputs at once,
# and nothing is left behind by what fails, is stopped or finds the disk full.
srcdir=${srcdir:-.}
case ${builddir:-.} in
/*) hcelab=${builddir}/hcelab ;;
*) hcelab=$(pwd)/${builddir:-.}/hcelab ;;
esac
lab=$(cd "$srcdir" && pwd)/tests/cli_lab.sh
dir=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-pack.XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99
unset HCELAB_STORE
# shellcheck source=tests/cli_lab.sh
. "$lab"

"$hcelab" data simulate a.h5ad --cells 1500 --genes 500 --seed 1 >out 2>err
result $? "an atlas"
"$hcelab" data simulate b.h5ad --cells 700 --genes 450 --seed 2 >out 2>err
result $? "another, of fewer genes"

# --- there and back ---
is 0 "data pack" data pack a.h5ad a.hcp
is 0 "data unpack" data unpack a.hcp again.h5ad
is 0 "what was unpacked is packed again" data pack again.h5ad again.hcp
# All but where the values came from: the sections before the facts, the cells among them.
cut() { head -c "$(($(wc -c <"$1") - 2000))" "$1" | tail -c +65; }
cut a.hcp >a.cells
cut again.hcp | head -c "$(wc -c <a.cells)" >again.cells
head -c "$(($(wc -c <a.cells) - 2000))" a.cells >a.part
head -c "$(wc -c <a.part)" again.cells >again.part
cmp a.part again.part >out 2>err
result $? "to the same bytes"
# Lines about the cells, without those that name the file.
info() { "$hcelab" data info --all "$1" 2>/dev/null | tail -n +3 | grep -v '^memory\|bytes for each\|packed\|order of the cells'; }
info a.h5ad >a.txt
info a.hcp >p.txt
cmp a.txt p.txt >out 2>err
result $? "data info says the same of it"
is 0 "data pack of several" data pack a.h5ad b.h5ad both.hcp --threads 2
is 0 "data info" data info both.hcp
says '2200 cells x 500 genes' "has all cells and genes"
is 0 "a packed store is packed again" data pack both.hcp half.hcp --where sex=female
is 0 "with other threads" data pack both.hcp one.hcp --where sex=female --threads 1
cmp half.hcp one.hcp >out 2>err
result $? "to the same bytes, whatever the number of threads"

# --- in another order ---
is 0 "data pack --shuffle" data pack a.h5ad b.h5ad mix.hcp --shuffle --seed 3 --threads 2
is 0 "with other threads" data pack a.h5ad b.h5ad mix1.hcp --shuffle --seed 3 --threads 1
cmp mix.hcp mix1.hcp >out 2>err
result $? "to the same bytes, whatever the number of threads"
is 0 "with another seed" data pack a.h5ad b.h5ad mix4.hcp --shuffle --seed 4
! cmp mix.hcp mix4.hcp >out 2>err
result $? "in another order"
info both.hcp >both.txt
info mix.hcp >mix.txt
cmp both.txt mix.txt >out 2>err
result $? "of the same cells"
fails 2 'seed.*--shuffle' data pack a.h5ad new.hcp --seed 3

# --- what is wrong ---
fails 2 'must end in .hcp' data pack a.h5ad a.h5ad2
fails 2 'must end in .h5ad' data unpack a.hcp a.txt2
fails 1 'exists; --force' data pack a.h5ad a.hcp
fails 1 'exists; --force' data unpack a.hcp again.h5ad
fails 1 'one of the inputs' data pack a.hcp a.hcp --force
fails 1 '^hcelab: a.h5ad exists; --force replaces it$' data simulate a.h5ad
mkdir folder.hcp folder.h5ad
fails 1 '^hcelab: folder.hcp is a folder$' data pack a.h5ad folder.hcp --force
fails 1 '^hcelab: folder.h5ad is a folder$' data unpack a.hcp folder.h5ad --force
fails 1 '^hcelab: folder.h5ad is a folder$' data simulate folder.h5ad --force
rmdir folder.hcp folder.h5ad
cp a.hcp packed.h5ad
fails 1 'packed.h5ad is one of the inputs' data unpack packed.h5ad packed.h5ad --force
fails 2 'a.h5ad is no packed store, but an h5ad file' data unpack a.h5ad new.h5ad
fails 1 'no-such' data pack no-such.h5ad new.hcp
fails 1 'no-such' data pack a.h5ad no-such/new.hcp
head -c 5000 a.hcp >cut.hcp
fails 1 'cut.hcp.*byte' data info cut.hcp
fails 1 'cut.hcp.*byte' data unpack cut.hcp new.h5ad
printf 'HCELABPK and then nothing of a store, but long enough to have a whole header' >odd.hcp
fails 1 'odd.hcp.*byte' data info odd.hcp
printf 'nineteen bytes here' >odd.hcp
fails 1 'odd.hcp: no packed store: .*what can be read' data info odd.hcp
fails 1 'odd.hcp: no packed store: .*what can be read' data unpack odd.hcp new.h5ad
ls >out
! grep -E 'new|tmp-|ids' out >err
result $? "nothing is left of what failed"

# --- stopped, and a full disk ---
(ulimit -f 40 && "$hcelab" data pack a.h5ad full.hcp) >out 2>err
[ $? -eq 1 ] && grep -q 'cannot write full.hcp' err
result $? "a file that may not grow is a clear error"
"$hcelab" data simulate big.h5ad --cells 12000 --genes 2000 --seed 3 >out 2>err
"$hcelab" data pack big.h5ad big.hcp --threads 1 >out 2>err &
pid=$!
for _ in $(seq 200); do
    ls big.hcp.tmp-* >/dev/null 2>&1 && break
    sleep 0.01
done
kill -TERM $pid
wait $pid
[ $? -ne 0 ] || [ -e big.hcp ]
result $? "a packing that is stopped ends"
ls >out
! grep -E 'full|tmp-|ids' out >err
result $? "and leaves nothing"
rm -f big.hcp
"$hcelab" data pack big.h5ad big.hcp --threads 1 >out 2>err &
pid=$!
for _ in $(seq 200); do
    ls big.hcp.tmp-* >/dev/null 2>&1 && break
    sleep 0.01
done
kill -KILL $pid
wait $pid
for left in big.hcp.tmp-*; do child=${left##*-}; done
for _ in $(seq 200); do
    kill -0 "$child" 2>/dev/null || break
    sleep 0.01
done
ls >out
grep -q 'big.hcp.tmp-[0-9]' out
result $? "a packing that is killed leaves its file"
is 0 "the next one" data pack b.h5ad big.hcp --force
ls >out
! grep 'tmp-' out >err
result $? "removes it"

# --- larger than memory ---
"$hcelab" data pack b.h5ad big.h5ad 1.hcp >out 2>err
for i in 2 3 4 5 6 7 8; do cp 1.hcp $i.hcp; done
is 0 "a larger store" data pack 1.hcp 2.hcp 3.hcp 4.hcp 5.hcp 6.hcp 7.hcp 8.hcp large.hcp
(ulimit -v 200000 && exec "$hcelab" data unpack large.hcp large.h5ad) >out 2>err
result $? "is unpacked in less memory than its values take"
info large.hcp >large.txt
info large.h5ad >unpacked.txt
cmp large.txt unpacked.txt >out 2>err
result $? "as it is"
finish
