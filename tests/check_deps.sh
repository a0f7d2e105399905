#!/bin/sh
# check_deps.sh - fail if a directory includes one it must not know.
# The table is the dependency rule of HACKING.md: each directory, then what it
# may include besides itself.
cd "${srcdir:-.}" || exit 99
bad=0
n=0
all='base spec stat draw data num engine run exchange transfer cli store tui'

folder() {
    case $1 in
    store | tui) echo "$1" ;;
    *) echo "src/$1" ;;
    esac
}

# allow DIR NAMES: every include of another directory must be among NAMES.
allow() {
    n=$((n + 1))
    dir=$(folder "$1")
    found=0
    for other in $all; do
        case " $1 $2 " in *" $other "*) continue ;; esac
        if grep -rnE "#[[:space:]]*include \"$other/" "$dir" --include='*.[ch]' --include='*.inc' |
            { [ "$3" ] && grep -v "\"$3\"" || cat; } | sed 's/^/# /' | grep .; then
            echo "# $dir must not include $other/"
            found=1
        fi
    done
    verdict "$found" "$dir includes only: $1 $2 $3"
}

# only HEADER PATTERN: HEADER is included by files that match PATTERN only.
only() {
    n=$((n + 1))
    found=0
    if grep -rnE "#[[:space:]]*include [\"<]$1[\">]" src store tui --include='*.[ch]' |
        grep -vE "^$2:" | sed 's/^/# /' | grep .; then
        found=1
    fi
    verdict "$found" "$1 is included by $2 only"
}

verdict() {
    if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; bad=1; fi
}

echo 1..19
allow base ''
allow spec 'base'
allow stat 'base'
allow draw 'base'
allow data 'spec base'
allow num 'base'
allow engine 'num data spec base'
allow store 'base'
allow run 'engine store data spec base'
allow exchange 'data spec base'
allow transfer 'exchange run store engine data stat spec base'
allow tui 'store draw stat spec base'
allow cli 'transfer exchange run store engine data draw stat spec base' 'tui/app\.h'
only 'n?curses(w/curses)?\.h' 'tui/term\.c'
only 'sqlite3\.h' 'store/[a-z_]+\.[ch]'
only 'cblas\.h' 'src/num/blas\.h'
only 'hdf5\.h' 'src/data/[a-z0-9_]+\.[ch]'
n=18
found=0
if grep -nE '#[[:space:]]*include "(base|spec|stat|draw|data|num|engine|run|exchange|transfer|store|tui)/' src/main.c 2>/dev/null |
    sed 's/^/# /' | grep .; then found=1; fi
verdict "$found" "src/main.c includes cli/ only"

# File = module = prefix: a name stands once in the whole tree.
n=19
twice=$(find src store tui tests -name '*.[ch]' | sed 's#.*/##' | sort | uniq -d)
[ -z "$twice" ] || echo "# more than once: $twice"
verdict "$([ -z "$twice" ] && echo 0 || echo 1)" "file names are unique"
exit $bad
