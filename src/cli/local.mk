# local.mk - what src/cli builds: the program.
noinst_LIBRARIES += libcli.a
libcli_a_SOURCES = \
	src/cli/board_out.c src/cli/board_out.h \
	src/cli/cli.c src/cli/cli.h \
	src/cli/cli_help.c src/cli/cli_help.h \
	src/cli/cli_out.c src/cli/cli_out.h \
	src/cli/cmds.c src/cli/cmds.def \
	src/cli/compare_block.c src/cli/compare_block.h \
	src/cli/complete.c src/cli/complete_values.c src/cli/complete.h src/cli/complete.def \
	src/cli/compare_lack.c src/cli/compare_lack.h \
	src/cli/compare_out.c src/cli/compare_out.h \
	src/cli/compare_plot.c src/cli/compare_plot.h \
	src/cli/csv_out.c src/cli/csv_out.h \
	src/cli/curve_data.c src/cli/curve_data.h \
	src/cli/dashboard.h \
	src/cli/errors_out.c src/cli/errors_out.h \
	src/cli/errors_rows.c src/cli/errors_rows.h \
	src/cli/eval_opts.h \
	src/cli/eval_run.c src/cli/eval_run.h \
	src/cli/group_pick.c src/cli/group_pick.h \
	src/cli/launch.c src/cli/launch.h \
	src/cli/manual.c src/cli/manual_store.c src/cli/manual_packed.c src/cli/manual.h \
	src/cli/exits.def src/cli/environment.def \
	src/cli/matrix_out.c src/cli/matrix_out.h \
	src/cli/name_check.c src/cli/name_check.h \
	src/cli/ontology_out.c src/cli/ontology_out.h \
	src/cli/opts.c src/cli/opts.h \
	src/cli/predict_csv.c src/cli/predict_h5ad.c src/cli/predict_out.h \
	src/cli/predict_opts.h \
	src/cli/predict_run.c src/cli/predict_run.h \
	src/cli/details.c src/cli/details.h src/cli/export_details.c src/cli/export_details.h \
	src/cli/predictions.c src/cli/predictions.h \
	src/cli/query_out.c src/cli/query_out.h \
	src/cli/reader_child.c src/cli/reader_child.h src/cli/reader_opts.h \
	src/cli/roff.c src/cli/roff.h \
	src/cli/run_arg.c src/cli/run_arg.h \
	src/cli/run_model.c src/cli/run_model.h \
	src/cli/runs_table.c src/cli/runs_table.h \
	src/cli/shell_line.c src/cli/shell_line.h \
	src/cli/spec_opts.c src/cli/spec_opts.h \
	src/cli/suggest.c src/cli/suggest.h \
	src/cli/train_progress.c src/cli/train_progress.h \
	src/cli/cmd_compare.c src/cli/cmd_curve.c src/cli/cmd_dashboard.c \
	src/cli/out_path.c src/cli/out_path.h \
	src/cli/packed_info.c src/cli/packed_info.h \
	src/cli/cmd_data_info.c src/cli/cmd_data_pack.c src/cli/cmd_data_simulate.c \
	src/cli/cmd_data_unpack.c src/cli/cmd_internal_pack.c \
	src/cli/cmd_internal_simulate.c src/cli/cmd_internal_unpack.c \
	src/cli/pack_opts.h src/cli/cmd_demo.c src/cli/cmd_demo_toy.c src/cli/cmd_diff.c \
	src/cli/cmd_errors.c \
	src/cli/cmd_eval.c src/cli/cmd_export.c src/cli/cmd_internal_eval.c \
	src/cli/cmd_internal_complete.c src/cli/cmd_internal_manual.c src/cli/cmd_internal_predict.c \
	src/cli/cmd_internal_probe.c src/cli/cmd_internal_run.c \
	src/cli/cmd_internal_worker.c src/cli/cmd_log.c src/cli/cmd_ontology.c src/cli/cmd_predict.c \
	src/cli/cmd_queue_add.c \
	src/cli/cmd_queue_cancel.c src/cli/cmd_queue_clear.c src/cli/cmd_queue_hold.c \
	src/cli/cmd_queue_list.c src/cli/cmd_queue_missing.c \
	src/cli/cmd_queue_pause.c src/cli/cmd_queue_priority.c \
	src/cli/cmd_queue_release.c src/cli/cmd_queue_resume.c src/cli/cmd_queue_retry.c src/cli/cmd_runs.c \
	src/cli/cmd_show.c src/cli/cmd_sql.c src/cli/cmd_store_backup.c \
	src/cli/cmd_store_check.c src/cli/cmd_store_info.c src/cli/cmd_store_migrate.c \
	src/cli/cmd_train.c src/cli/cmd_worker.c

bin_PROGRAMS += hcelab
hcelab_SOURCES = src/main.c
hcelab_LDADD = libcli.a $(TRANSFER_LIBS) $(TUI_LIBS) $(DRAW_LIBS) $(STAT_LIBS) $(STORE_LIBS) \
	libspec.a $(BASE_LIBS)

check_PROGRAMS += tests/test_opts
tests_test_opts_SOURCES = tests/test_opts.c
tests_test_opts_LDADD = libtestsupport.a libcli.a $(DATA_LIBS) $(CMOCKA_LIBS)

check_SCRIPTS += tests/test_stream.sh tests/test_cli_ontology.sh tests/test_queue_cli.sh tests/test_pack.sh tests/test_pack_inputs.sh tests/test_simulate_stop.sh
EXTRA_DIST += tests/test_stream.sh tests/test_cli_ontology.sh tests/test_queue_cli.sh tests/test_pack.sh tests/test_pack_inputs.sh tests/test_simulate_stop.sh
check_SCRIPTS += tests/test_decode.sh
EXTRA_DIST += tests/test_decode.sh
check_SCRIPTS += tests/test_eval_list.sh
EXTRA_DIST += tests/test_eval_list.sh
check_SCRIPTS += tests/test_limits.sh tests/test_cli.sh tests/test_cli_wrong.sh tests/test_demo_toy.sh
EXTRA_DIST += tests/test_limits.sh tests/test_cli.sh tests/test_cli_wrong.sh tests/cli_lab.sh \
	tests/test_demo_toy.sh tests/golden/cli_help.txt

libcli_a_SOURCES += src/cli/cmd_import.c src/cli/import_out.c src/cli/import_out.h
check_SCRIPTS += tests/test_eval_size.sh
EXTRA_DIST += tests/test_eval_size.sh
libcli_a_SOURCES += src/cli/eval_list.c src/cli/eval_list.h

check_SCRIPTS += tests/test_pack_same.sh
EXTRA_DIST += tests/test_pack_same.sh
