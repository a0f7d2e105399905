#!/bin/sh
# tap.sh COMMAND... - run a test.  cmocka says "not ok N # SKIP" of a test that was skipped,
# which Automake takes for a failure; TAP's word is "ok".
exec 4>&1
status=$({ { "$@" 3>&- 4>&-; echo $? >&3; } | sed -u 's/^not ok \([0-9]* # SKIP\)/ok \1/' >&4; } 3>&1)
exit "$status"
