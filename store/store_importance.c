/* store_importance.c - writing which genes count for which class. */
#include "store/db.h"

enum err
run_importance_put(struct store *s, int64_t run_id, const struct store_importance *row,
                   size_t n, struct errbuf *eb)
{
    enum err e = db_exec(s, SQL_importance_delete, BINDS(BI(":run_id", run_id)), eb);

    for (size_t i = 0; i < n && !e; i++)
        e = db_exec(s, SQL_importance_insert,
                    BINDS(BI(":run_id", run_id), BI(":class_index", row[i].class_index),
                          BI(":rank", row[i].rank),
                          BI(":gene_index", row[i].gene_index),
                          BF(":importance", row[i].importance)),
                    eb);
    return e;
}

enum err
store_importance_add(struct store *s, const struct store_attempt *a,
                     const struct store_importance *row, size_t n, struct errbuf *eb)
{
    enum err e = db_begin(s, DB_FULL, eb);

    if (e)
        return e;
    if (!(e = db_fence(s, a->run_id, a->attempt, eb)))
        e = run_importance_put(s, a->run_id, row, n, eb);
    return db_end(s, e, eb);
}
