# Results of others into the store, and ours out of it.
noinst_LIBRARIES += libtransfer.a
libtransfer_a_SOURCES =
TRANSFER_LIBS = libtransfer.a $(EXCHANGE_LIBS) $(RUN_LIBS)
