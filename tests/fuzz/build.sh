#!/bin/sh
# build.sh TARGETS SOURCES... - fuzz targets with clang's libFuzzer; `make fuzz` calls it in
# the build folder.  Objects and programs come to lie in fuzz/.
set -e
targets=$1
shift
if [ -z "$FUZZ_CC" ]; then
    echo "make fuzz: configure found no clang with libFuzzer: install the packages clang and libclang-rt-dev (or FUZZ_CC=...)" >&2
    exit 1
fi
mkdir -p fuzz/obj
flags="-std=c11 -g -O1 -fno-omit-frame-pointer -fno-sanitize-recover=undefined"
objects=
todo=
for source; do
    case $source in *.c) ;; *) continue ;; esac
    object=fuzz/obj/$(basename "$source" .c).o
    objects="$objects $object"
    # Headers are not followed: rm -r fuzz after a change of one.
    [ "$object" -nt "$srcdir/$source" ] || todo="$todo $source $object"
done
[ -z "$todo" ] || echo "$todo" | xargs -n 2 -P "$(nproc)" sh -c \
    "$FUZZ_CC $flags -fsanitize=fuzzer-no-link,address,undefined $FUZZ_CPPFLAGS -c \"$srcdir/\$0\" -o \"\$1\""
for target in $targets; do
    # shellcheck disable=SC2086 # lists of words
    $FUZZ_CC $flags -fsanitize=fuzzer,address,undefined $FUZZ_CPPFLAGS \
        "$srcdir/tests/fuzz/fuzz_$target.c" $objects $FUZZ_LIBS -o "fuzz/fuzz_$target"
    echo "fuzz/fuzz_$target"
done
