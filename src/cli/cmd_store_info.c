/* cmd_store_info.c - what is in the store file. */
#include "cli/cli.h"
#include "cli/cli_out.h"

static enum err
run(struct cli *c, struct errbuf *eb)
{
    static const struct table_column col[] = {
        {.name = "key", .title = "what", .type = TABLE_TEXT},
        {.name = "value", .type = TABLE_TEXT},
        {.name = "unit", .type = TABLE_TEXT}};
    struct store_info info;
    enum err e;

    if ((e = cli_open(c, STORE_READ, eb)) || (e = store_info(c->store, &info, eb)))
        return e;

    const struct {
        const char *key, *text, *unit;
        int64_t number;
    } row[] = {
        {"path", store_path(c->store), NULL, 0},
        {"schema_version", NULL, NULL, info.schema_version},
        {"sqlite_version", info.sqlite_version, NULL, 0},
        {"journal_mode", info.journal_mode, NULL, 0},
        {"size", NULL, "bytes", info.size_bytes},
        {"wal_size", NULL, "bytes", info.wal_bytes},
        {"page_size", NULL, "bytes", info.page_size},
        {"runs", NULL, "rows", info.n_runs},
        {"metric_rows", NULL, "rows", info.n_metric_rows},
        {"f1_rows", NULL, "rows", info.n_f1_rows},
        {"checkpoints", NULL, "rows", info.n_checkpoints},
        {"checkpoint_size", NULL, "bytes", info.checkpoint_bytes},
    };
    struct table *t = table_new(col, 3);
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        table_text(t, row[i].key);
        if (row[i].text)
            table_text(t, row[i].text);
        else
            table_int(t, row[i].number);
        table_text(t, row[i].unit);
    }
    out_table(c, t);
    table_free(t);
    return ERR_OK;
}

const struct cmd cmd_store_info = {
    .name = "store info",
    .usage = "",
    .summary = "schema, sizes and counts of the store",
    .example = "hcelab store info --json",
    .flags = CMD_ROWS,
    .run = run,
};
