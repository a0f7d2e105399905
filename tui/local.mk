# local.mk - what tui builds.
noinst_LIBRARIES += libtui.a
libtui_a_SOURCES = \
	tui/action.h tui/actions.def tui/bindings.def tui/contexts.def \
	tui/app.c tui/app.h \
	tui/app_manual.c \
	tui/bar.c tui/bar.h \
	tui/calm_range.c tui/calm_range.h \
	tui/choice.c tui/choice.h \
	tui/commands.def \
	tui/compare_cells.c tui/compare_cells.h \
	tui/compare_base.c tui/compare_base.h \
	tui/compare_data.c tui/compare_data.h \
	tui/compare_list.c tui/compare_list.h \
	tui/compare_seeds.c tui/compare_seeds.h \
	tui/config.c tui/config.h \
	tui/curve_panels.c tui/curve_panels.h \
	tui/curve_set.c tui/curve_set.h \
	tui/curves.c tui/curves.h \
	tui/diff_what.c tui/diff_what.h \
	tui/edit.c tui/edit.h \
	tui/error_kinds.c tui/error_kinds.h \
	tui/errors_classes.c tui/errors_classes.h \
	tui/errors_confusions.c tui/errors_confusions.h \
	tui/errors_data.c tui/errors_data.h \
	tui/fmt.c tui/fmt.h \
	tui/job.c tui/job.h \
	tui/json_pick.c tui/json_pick.h \
	tui/key.h tui/keymap.c tui/keymap.h \
	tui/keyset.c tui/keyset.h \
	tui/launch_form.c tui/launch_form.h \
	tui/compare_why.c tui/compare_why.h \
	tui/list.c tui/list_columns.c tui/list_columns.h tui/list_draw.c tui/list.h tui/list_filter.c tui/list_filter.h \
	tui/screen_model.c tui/screen_model.h tui/states.def \
	tui/ontology_data.c tui/ontology_data.h \
	tui/ontology_rows.c tui/ontology_rows.h \
	tui/pager.c tui/pager.h \
	tui/pairs_pane.c tui/pairs_pane.h \
	tui/paired_cells.c tui/paired_cells.h \
	tui/row_filter.c tui/row_filter.h \
	tui/settings.c tui/settings.h \
	tui/shorten.c tui/shorten.h \
	tui/term.c tui/term.h \
	tui/ui.c tui/ui.h tui/ui_choice.c tui/ui_command.c tui/ui_command.h \
	tui/ui_config.c tui/ui_config.h tui/ui_draw.c tui/ui_export.c tui/ui_export.h tui/ui_run.c \
	tui/view.h tui/views.c tui/views.def tui/words.def \
	tui/view_compare.c \
	tui/view_curves.c \
	tui/view_errors.c \
	tui/view_detail.c \
	tui/view_diff.c \
	tui/view_help.c \
	tui/view_launch.c \
	tui/view_matrix.c \
	tui/view_ontology.c \
	tui/view_queue.c \
	tui/view_runs.c \
	tui/wrap.c tui/wrap.h
libtui_a_CPPFLAGS = $(AM_CPPFLAGS) $(CURSES_CFLAGS)
TUI_LIBS = libtui.a $(STORE_LIBS) $(DRAW_LIBS) $(STAT_LIBS) libspec.a $(BASE_LIBS) $(CURSES_LIBS)

check_LIBRARIES += libtuilab.a
libtuilab_a_SOURCES = tests/tui_lab.c tests/tui_lab.h
libtuilab_a_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
check_LIBRARIES += libdesk.a
libdesk_a_SOURCES = tests/desk.c tests/desk.h tests/key_storm.c tests/key_storm.h tests/mirror.c tests/mirror.h
libdesk_a_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(VTERM_CFLAGS)
DESK_TEST_LIBS = libdesk.a libstoresupport.a $(TUI_TEST_LIBS) $(VTERM_LIBS) -lutil

TUI_TEST_LIBS = libtuilab.a libtestsupport.a $(TUI_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/test_bindings tests/test_keymap tests/test_list tests/test_random_keys tests/test_row_filter tests/test_screens tests/test_shorten tests/test_tui tests/test_tui_signals tests/test_tui_stores tests/test_views tests/test_wrap
tests_test_bindings_SOURCES = tests/test_bindings.c
tests_test_bindings_LDADD = $(TUI_TEST_LIBS)
check_PROGRAMS += tests/test_config tests/test_frame tests/test_signals
tests_test_signals_SOURCES = tests/test_signals.c
tests_test_signals_CPPFLAGS = $(AM_CPPFLAGS) $(VTERM_CFLAGS)
tests_test_signals_LDADD = $(DESK_TEST_LIBS)
tests_test_config_SOURCES = tests/test_config.c
tests_test_config_LDADD = $(TUI_TEST_LIBS)
tests_test_frame_SOURCES = tests/test_frame.c
tests_test_frame_LDADD = $(TUI_TEST_LIBS)
tests_test_keymap_SOURCES = tests/test_keymap.c
tests_test_keymap_LDADD = $(TUI_TEST_LIBS)
tests_test_list_SOURCES = tests/test_list.c
check_PROGRAMS += tests/test_follow
tests_test_follow_SOURCES = tests/test_follow.c
tests_test_follow_LDADD = libstoresupport.a $(TUI_TEST_LIBS)
tests_test_list_LDADD = $(TUI_TEST_LIBS)
tests_test_random_keys_SOURCES = tests/test_random_keys.c
tests_test_random_keys_CPPFLAGS = $(AM_CPPFLAGS) $(VTERM_CFLAGS)
tests_test_random_keys_LDADD = $(DESK_TEST_LIBS)
tests_test_row_filter_SOURCES = tests/test_row_filter.c
tests_test_row_filter_LDADD = $(TUI_TEST_LIBS)
tests_test_screens_SOURCES = tests/test_screens.c
tests_test_screens_CPPFLAGS = $(AM_CPPFLAGS) $(VTERM_CFLAGS)
tests_test_screens_LDADD = $(DESK_TEST_LIBS)
tests_test_shorten_SOURCES = tests/test_shorten.c
tests_test_shorten_LDADD = $(TUI_TEST_LIBS)
tests_test_views_SOURCES = tests/test_views.c
tests_test_views_LDADD = $(TUI_TEST_LIBS)
tests_test_tui_SOURCES = tests/test_tui.c
tests_test_tui_CPPFLAGS = $(AM_CPPFLAGS) $(VTERM_CFLAGS)
tests_test_tui_LDADD = $(DESK_TEST_LIBS)
tests_test_tui_signals_SOURCES = tests/test_tui_signals.c
tests_test_tui_signals_CPPFLAGS = $(AM_CPPFLAGS) $(VTERM_CFLAGS)
tests_test_tui_signals_LDADD = $(DESK_TEST_LIBS)
tests_test_tui_stores_SOURCES = tests/test_tui_stores.c
tests_test_tui_stores_CPPFLAGS = $(AM_CPPFLAGS) $(VTERM_CFLAGS) $(SQLITE_CFLAGS)
tests_test_tui_stores_LDADD = $(DESK_TEST_LIBS)
tests_test_wrap_SOURCES = tests/test_wrap.c
tests_test_wrap_LDADD = $(TUI_TEST_LIBS)
check_PROGRAMS += tests/test_calm_range
tests_test_calm_range_SOURCES = tests/test_calm_range.c
tests_test_calm_range_LDADD = $(TUI_TEST_LIBS)
check_PROGRAMS += tests/test_view_errors
tests_test_view_errors_SOURCES = tests/test_view_errors.c
tests_test_view_errors_LDADD = $(TUI_TEST_LIBS)
EXTRA_DIST += \
	tests/golden/tui_runs_40x12.txt \
	tests/golden/tui_curves_40x12.txt \
	tests/golden/tui_curves_means_40x12.txt \
	tests/golden/tui_compare_40x12.txt \
	tests/golden/tui_seeds_40x12.txt \
	tests/golden/tui_launch_40x12.txt \
	tests/golden/tui_run_40x12.txt \
	tests/golden/tui_log_40x12.txt \
	tests/golden/tui_help_40x12.txt \
	tests/golden/tui_filter_40x12.txt \
	tests/golden/tui_confirm_40x12.txt \
	tests/golden/tui_command_40x12.txt \
	tests/golden/tui_diff_40x12.txt \
	tests/golden/tui_columns_40x12.txt \
	tests/golden/tui_message_40x12.txt \
	tests/golden/tui_diff_80x24.txt \
	tests/golden/tui_diff_200x60.txt \
	tests/golden/tui_errors_120x40.txt \
	tests/golden/tui_errors_200x60.txt \
	tests/golden/tui_errors_40x12.txt \
	tests/golden/tui_errors_80x24.txt \
	tests/golden/tui_errors_ascii_120x40.txt \
	tests/golden/tui_errors_ascii_200x60.txt \
	tests/golden/tui_errors_ascii_40x12.txt \
	tests/golden/tui_errors_ascii_80x24.txt \
	tests/golden/tui_errors_exact_descendants_120x40.txt \
	tests/golden/tui_errors_exact_descendants_200x60.txt \
	tests/golden/tui_errors_exact_descendants_40x12.txt \
	tests/golden/tui_errors_exact_descendants_80x24.txt \
	tests/golden/tui_errors_of_wrong_120x40.txt \
	tests/golden/tui_errors_of_wrong_200x60.txt \
	tests/golden/tui_errors_of_wrong_40x12.txt \
	tests/golden/tui_errors_of_wrong_80x24.txt \
	tests/golden/tui_errors_confusions_120x40.txt \
	tests/golden/tui_errors_confusions_200x60.txt \
	tests/golden/tui_errors_confusions_40x12.txt \
	tests/golden/tui_errors_confusions_80x24.txt \
	tests/golden/tui_errors_called_120x40.txt \
	tests/golden/tui_errors_called_200x60.txt \
	tests/golden/tui_errors_called_40x12.txt \
	tests/golden/tui_errors_called_80x24.txt \
	tests/golden/tui_errors_all_120x40.txt \
	tests/golden/tui_errors_all_200x60.txt \
	tests/golden/tui_errors_all_40x12.txt \
	tests/golden/tui_errors_all_80x24.txt \
	tests/golden/tui_errors_seeds_120x40.txt \
	tests/golden/tui_errors_seeds_200x60.txt \
	tests/golden/tui_errors_seeds_40x12.txt \
	tests/golden/tui_errors_seeds_80x24.txt 
check_PROGRAMS += tests/test_view_charts
tests_test_view_charts_SOURCES = tests/test_view_charts.c
tests_test_view_charts_LDADD = $(TUI_TEST_LIBS)
EXTRA_DIST += \
	tests/golden/tui_baseline_120x40.txt \
	tests/golden/tui_baseline_80x24.txt \
	tests/golden/tui_baseline_unfair_40x12.txt \
	tests/golden/tui_baseline_unfair_80x24.txt \
	tests/golden/tui_bases_200x60.txt \
	tests/golden/tui_bases_40x12.txt \
	tests/golden/tui_bases_80x24.txt \
	tests/golden/tui_curves_120x40.txt \
	tests/golden/tui_pairs_120x40.txt \
	tests/golden/tui_pairs_200x60.txt \
	tests/golden/tui_pairs_40x12.txt \
	tests/golden/tui_pairs_80x24.txt \
	tests/golden/tui_pairs_ascii_80x24.txt \
	tests/golden/tui_pairs_seeds_80x24.txt \
	tests/golden/tui_panels_120x40.txt \
	tests/golden/tui_panels_40x12.txt \
	tests/golden/tui_panels_80x24.txt \
	tests/golden/tui_compare_200x60.txt \
	tests/golden/tui_compare_80x24.txt \
	tests/golden/tui_compare_ascii_200x60.txt \
	tests/golden/tui_compare_ascii_80x24.txt \
	tests/golden/tui_compare_seeds_200x60.txt \
	tests/golden/tui_compare_seeds_80x24.txt \
	tests/golden/tui_compare_tissue_200x60.txt \
	tests/golden/tui_compare_tissue_80x24.txt \
	tests/golden/tui_curves_200x60.txt \
	tests/golden/tui_curves_80x24.txt \
	tests/golden/tui_curves_ascii_200x60.txt \
	tests/golden/tui_curves_ascii_80x24.txt \
	tests/golden/tui_curves_marked_200x60.txt \
	tests/golden/tui_curves_marked_80x24.txt \
	tests/golden/tui_empty_200x60.txt \
	tests/golden/tui_empty_80x24.txt \
	tests/golden/tui_filter_200x60.txt \
	tests/golden/tui_filter_80x24.txt \
	tests/golden/tui_help_200x60.txt \
	tests/golden/tui_help_80x24.txt \
	tests/golden/tui_launch_200x60.txt \
	tests/golden/tui_launch_80x24.txt \
	tests/golden/tui_run_200x60.txt \
	tests/golden/tui_run_80x24.txt \
	tests/golden/tui_run_log_200x60.txt \
	tests/golden/tui_run_log_80x24.txt \
	tests/golden/tui_runs_200x60.txt \
	tests/golden/tui_runs_80x24.txt \
	tests/golden/tui_runs_ascii_200x60.txt \
	tests/golden/tui_runs_ascii_80x24.txt

check_PROGRAMS += tests/test_list_tree tests/test_view_ontology
tests_test_list_tree_SOURCES = tests/test_list_tree.c
tests_test_list_tree_LDADD = $(TUI_TEST_LIBS)
tests_test_view_ontology_SOURCES = tests/test_view_ontology.c
tests_test_view_ontology_LDADD = $(TUI_TEST_LIBS)
EXTRA_DIST += \
	tests/golden/tui_ontology_120x40.txt \
	tests/golden/tui_ontology_200x60.txt \
	tests/golden/tui_ontology_40x12.txt \
	tests/golden/tui_ontology_80x24.txt \
	tests/golden/tui_ontology_ascii_120x40.txt \
	tests/golden/tui_ontology_ascii_200x60.txt \
	tests/golden/tui_ontology_ascii_40x12.txt \
	tests/golden/tui_ontology_ascii_80x24.txt \
	tests/golden/tui_ontology_seeds_120x40.txt \
	tests/golden/tui_ontology_seeds_200x60.txt \
	tests/golden/tui_ontology_seeds_40x12.txt \
	tests/golden/tui_ontology_seeds_80x24.txt \
	tests/golden/tui_ontology_terms_120x40.txt \
	tests/golden/tui_ontology_terms_200x60.txt \
	tests/golden/tui_ontology_terms_40x12.txt \
	tests/golden/tui_ontology_terms_80x24.txt \
	tests/golden/tui_ontology_threshold_120x40.txt \
	tests/golden/tui_ontology_threshold_200x60.txt \
	tests/golden/tui_ontology_threshold_40x12.txt \
	tests/golden/tui_ontology_threshold_80x24.txt
check_PROGRAMS += tests/test_queue_views
tests_test_queue_views_SOURCES = tests/test_queue_views.c
tests_test_queue_views_LDADD = $(TUI_TEST_LIBS)
EXTRA_DIST += \
	tests/golden/tui_matrix_120x40.txt \
	tests/golden/tui_matrix_200x60.txt \
	tests/golden/tui_matrix_40x12.txt \
	tests/golden/tui_matrix_80x24.txt \
	tests/golden/tui_matrix_ascii_120x40.txt \
	tests/golden/tui_matrix_ascii_200x60.txt \
	tests/golden/tui_matrix_ascii_40x12.txt \
	tests/golden/tui_matrix_ascii_80x24.txt \
	tests/golden/tui_queue_120x40.txt \
	tests/golden/tui_queue_200x60.txt \
	tests/golden/tui_queue_40x12.txt \
	tests/golden/tui_queue_80x24.txt \
	tests/golden/tui_queue_alone_120x40.txt \
	tests/golden/tui_queue_alone_200x60.txt \
	tests/golden/tui_queue_alone_40x12.txt \
	tests/golden/tui_queue_alone_80x24.txt \
	tests/golden/tui_queue_ascii_120x40.txt \
	tests/golden/tui_queue_ascii_200x60.txt \
	tests/golden/tui_queue_ascii_40x12.txt \
	tests/golden/tui_queue_ascii_80x24.txt
check_PROGRAMS += tests/test_view_imported
tests_test_view_imported_SOURCES = tests/test_view_imported.c
tests_test_view_imported_LDADD = $(TUI_TEST_LIBS)
EXTRA_DIST += \
	tests/golden/tui_imported_baseline_120x40.txt \
	tests/golden/tui_imported_baseline_80x24.txt \
	tests/golden/tui_imported_runs_120x40.txt \
	tests/golden/tui_imported_runs_40x12.txt \
	tests/golden/tui_imported_runs_80x24.txt \
	tests/golden/tui_imported_runs_ascii_80x24.txt
