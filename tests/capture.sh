#!/bin/sh
# capture.sh OUT [README] - captures of every view of the dashboard, 80 x 24, on the store
# of a demo, as OUT/<view>.txt.  With README, the block of text after each line
# "<!-- screen: <view> -->" in it becomes the capture.  Run from the build folder, or with
# HCELAB naming the program.  Needs tmux.
set -eu
srcdir=$(cd "$(dirname "$0")/.." && pwd)
hcelab=${HCELAB:-$(pwd)/hcelab}
mkdir -p "${1:?usage: capture.sh OUT [README]}"
out=$(cd "$1" && pwd)
readme=${2:+$(cd "$(dirname "$2")" && pwd)/$(basename "$2")}
# Always the same folder: the path of the data is a part of the pair_key.
tmp=${TMPDIR:-/tmp}/hcelab-capture
mkdir "$tmp" || { echo "capture.sh: is another one at work? else remove $tmp" >&2; exit 1; }
screen="tmux -u -L hcelab-capture-$$ -f /dev/null"
trap '$screen kill-server 2>/dev/null || :; sleep 0.5; rm -rf "$tmp"' EXIT
cd "$tmp"
unset HCELAB_STORE
"$hcelab" demo --no-dashboard >/dev/null 2>&1

# press KEY...: one after the other, each with time to be drawn.
press() {
    for key; do
        $screen send-keys -t dash "$key"
        sleep 0.4
    done
}

# take VIEW: what is on the screen.
take() {
    sleep 0.6
    $screen capture-pane -p -t dash | sed 's/ *$//' >"$out/$1.txt"
    [ -s "$out/$1.txt" ] || { echo "capture.sh: nothing on the screen for $1" >&2; exit 1; }
    echo "$out/$1.txt"
}

$screen new-session -d -s dash -x 80 -y 24 \
    "env XDG_CONFIG_HOME='$tmp' LC_ALL=C.UTF-8 '$hcelab'"
sleep 1.5
# The views that have a key, then those that are reached from others.
sed -nE "s/^VIEW\(([a-z]+), +'(.)'\).*/\1 \2/p" "$srcdir/tui/views.def" >views
while read -r view key; do
    press "$key"
    take "$view"
done <views
press 3 t
take compare_tissue
press Enter
take compare_classes
press 1 Tab j Enter
take detail
press '?'
take help
press q q

[ "$readme" ] || exit 0
awk -v out="$out" '
    /^<!-- screen: [a-z_]+ -->$/ { print; file = out "/" $3 ".txt"; next }
    file && /^```$/ && !inside {
        print; inside = 1
        while ((getline line < file) > 0) print line
        next
    }
    inside && /^```$/ { file = ""; inside = 0 }
    !inside { print }' "$readme" >readme
cp readme "$readme"
