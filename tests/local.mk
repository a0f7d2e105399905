# Shared test helpers and the tests that belong to no single directory.  Each
# module's own tests are listed in that module's local.mk.
check_LIBRARIES += libtestsupport.a
libtestsupport_a_SOURCES = tests/support.c tests/support.h
libtestsupport_a_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)

check_SCRIPTS += tests/check_deps.sh
EXTRA_DIST += tests/campaign_keys.sh tests/check_screen_numbers.py tests/check_deps.sh tests/tap.sh
