#!/bin/sh
# test_install.sh - make install, the checks of make installcheck, and make uninstall, in a
# folder of its own.
srcdir=$(cd "${srcdir:-.}" && pwd)
builddir=$(cd "${builddir:-.}" && pwd)
root=$(mktemp -d "${TMPDIR:-/tmp}/hcelab-install.XXXXXX") || exit 99
trap 'rm -rf "$root"' EXIT
cd "$root" || exit 99
# This make is not a part of the one that runs the tests.
unset MAKEFLAGS MFLAGS MAKELEVEL
# shellcheck source=tests/cli_lab.sh
. "$srcdir/tests/cli_lab.sh"

# in_build TARGET: make it below $root.
in_build() {
    make -s -C "$builddir" "$1" DESTDIR="$root" prefix=/opt/lab mandir=/opt/lab/share/man \
        >out 2>err
}

in_build install
result $? "make install"
in_build installcheck
rc=$?
grep -vE '^1\.\.|^ok ' out >failed
mv failed out
result $rc "make installcheck"
(cd "$root" && find opt -type f | sort) >files
for path in bin/hcelab share/man/man1/hcelab.1 share/man/man5/hcelab-store.5 \
    share/man/man5/hcelab-packed.5 \
    share/bash-completion/completions/hcelab share/zsh/site-functions/_hcelab \
    share/doc/hcelab/LICENSE share/hcelab/sql/best_runs.sql; do
    grep -qx "opt/lab/$path" files || echo "$path is missing"
done >out
[ ! -s out ]
result $? "everything is in its place"
in_build uninstall
result $? "make uninstall"
find opt -type f >out
[ ! -s out ]
result $? "leaves nothing"
finish
