# cli_lab.sh - what the tests of the command line share: sourced, with $hcelab set.
# A check leaves the output of the last command in ./out and ./err.
n=0
bad=0

result() { # result STATUS TEXT
    n=$((n + 1))
    if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else
        echo "not ok $n - $2"
        sed 's/^/# out: /' out | head -n 12
        sed 's/^/# err: /' err | head -n 12
        bad=1
    fi
}

skip() {
    n=$((n + 1))
    echo "ok $n - $1 # SKIP $2"
}

run() { # run hcelab; leaves $rc, out, err
    "$hcelab" "$@" >out 2>err </dev/null
    rc=$?
}

# is STATUS TEXT ARGS...: hcelab ARGS ends with STATUS.
is() {
    want=$1 what=$2
    shift 2
    run "$@"
    [ "$rc" -eq "$want" ]
    result $? "$what (exit $want)"
}

# fails STATUS PATTERN ARGS...: hcelab ARGS ends with STATUS, says PATTERN on stderr in
# one line, and nothing on stdout.
fails() {
    want=$1 pattern=$2
    shift 2
    run "$@"
    [ "$rc" -eq "$want" ] && grep -qE -e "$pattern" err && [ ! -s out ]
    result $? "hcelab $* (exit $want: $pattern)"
}

# says PATTERN TEXT: the last output has the pattern.
says() {
    grep -qE -e "$1" out
    result $? "$2"
}

# value QUERY: one number or text from the store.
value() {
    "$hcelab" sql --csv "$1" | tail -n 1
}

# equal A B TEXT
equal() {
    [ "$1" = "$2" ] || echo "# '$1' is not '$2'"
    [ "$1" = "$2" ]
    result $? "$3"
}

# complains PATTERN TEXT: the last messages have the pattern.
complains() {
    grep -qE -e "$1" err
    result $? "$2"
}

finish() {
    echo "1..$n"
    exit $bad
}
