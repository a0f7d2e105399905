# local.mk - what is installed besides the program: manual pages, completion, queries.

# The program prints its manual pages.  A tarball holds them too, for those who build for
# another machine and cannot run the program here.
dist_man_MANS = share/man/hcelab.1 share/man/hcelab-store.5 share/man/hcelab-packed.5
if NATIVE
CLEANFILES += $(dist_man_MANS)
share/man/hcelab.1: hcelab$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && ./hcelab$(EXEEXT) internal-manual hcelab > $@.tmp && \
	mv $@.tmp $@
share/man/hcelab-store.5: hcelab$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && ./hcelab$(EXEEXT) internal-manual hcelab-store > $@.tmp && \
	mv $@.tmp $@
share/man/hcelab-packed.5: hcelab$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && ./hcelab$(EXEEXT) internal-manual hcelab-packed > $@.tmp && \
	mv $@.tmp $@
else
$(dist_man_MANS):
	@echo "$@: the program prints it, and does not run here: build from a release," >&2; \
	echo "or copy the file from a build on the machine itself." >&2; exit 1
endif

bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = share/completions/hcelab
zshcompletiondir = $(datadir)/zsh/site-functions
dist_zshcompletion_DATA = share/completions/_hcelab
sqldir = $(pkgdatadir)/sql
dist_sql_DATA = $(SQL_COOKBOOK)
dist_doc_DATA = README.md NEWS LICENSE NOTICE

check_SCRIPTS += tests/test_manual.sh tests/test_completion.sh tests/test_install.sh
EXTRA_DIST += tests/test_manual.sh tests/test_completion.sh tests/test_install.sh \
	tests/check_installed.sh

# Captures of the dashboard's views, and the one in the README.
captures: hcelab$(EXEEXT)
	HCELAB='$(abs_builddir)/hcelab' $(SHELL) $(srcdir)/tests/capture.sh captures $(srcdir)/README.md
.PHONY: captures
EXTRA_DIST += tests/capture.sh

# After `make install`: the installed program with what lies beside it.
installcheck-local:
	$(SHELL) $(srcdir)/tests/check_installed.sh '$(DESTDIR)$(bindir)' '$(DESTDIR)$(datadir)' \
		'$(DESTDIR)$(mandir)' '$(DESTDIR)$(docdir)'
