/* row_filter.c - which rows of a table to show: a parser by recursive descent, and the
 * tree that it makes. */
#include "tui/row_filter.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

enum { MAX_DEPTH = 64 }; /* of brackets and "not" within each other */

enum node_kind { NODE_TEXT, NODE_TEST, NODE_NOT, NODE_AND, NODE_OR };
enum filter_op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_COUNT };

struct node {
    enum node_kind kind;
    size_t a, b; /* nodes below: NOT has a */
    size_t field;
    enum filter_op op;
    double number; /* of a TEST of a number */
    char *text;    /* owned; of TEXT, and of a TEST of a text */
    bool is_start; /* a TEST of a text that may go on */
};

struct row_filter {
    struct node *node; /* (n) owned; the last is the root */
    size_t n, cap;
};

/* --- tokens --- */

enum token { TOK_END, TOK_WORD, TOK_QUOTED, TOK_OP, TOK_OPEN, TOK_CLOSE, TOK_COMMA };

struct parser {
    const char *text;
    const struct filter_source *source;
    struct row_filter *f;
    enum token token;
    size_t start, end; /* bytes of the token, quotes included */
    int depth;
    bool typing;
    size_t error_at;
    struct errbuf *eb;
};

/* A part of the text. */
struct span {
    size_t start, end;
};

static void
advance(struct parser *p)
{
    static const char ends[] = " \t(),=<>!";
    size_t at = p->end + strspn(p->text + p->end, " \t");
    char c = p->text[at];

    p->start = at;
    if (!c) {
        p->token = TOK_END;
    } else if (c == '(' || c == ')' || c == ',') {
        p->token = c == '(' ? TOK_OPEN : c == ')' ? TOK_CLOSE : TOK_COMMA;
        at++;
    } else if (strchr("=<>!", c)) {
        p->token = TOK_OP;
        at += strspn(p->text + at, "=<>!");
    } else if (c == '\'' || c == '"') {
        p->token = TOK_QUOTED;
        at++;
        while (p->text[at] && p->text[at] != c)
            at++;
        at += p->text[at] == c;
    } else {
        p->token = TOK_WORD;
        at += strcspn(p->text + at, ends);
    }
    p->end = at;
}

static enum err
fail_at(struct parser *p, size_t at)
{
    p->error_at = at;
    return ERR_ARG;
}

static bool
is_word(const struct parser *p, const char *word)
{
    size_t n = strlen(word);

    return p->token == TOK_WORD && p->end - p->start == n &&
           strncasecmp(p->text + p->start, word, n) == 0;
}

/* "in" is a word like others but before a bracket. */
static bool
is_in(const struct parser *p)
{
    return is_word(p, "in") && p->text[p->end + strspn(p->text + p->end, " \t")] == '(';
}

static bool
is_keyword(const struct parser *p)
{
    return is_word(p, "and") || is_word(p, "or") || is_word(p, "not") || is_in(p);
}

/* True if the text ends in what may become a keyword: "a", "an", "o", "no". */
static bool
is_unfinished(const struct parser *p)
{
    static const char *const words[] = {"and", "or", "not", "in"};
    size_t n = p->end - p->start;

    if (!p->typing || p->text[p->end])
        return false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (n < strlen(words[i]) && strncasecmp(p->text + p->start, words[i], n) == 0)
            return true;
    return false;
}

/* Words up to a keyword, or what is in quotes; false if there is neither. */
static bool
phrase(struct parser *p, bool with_commas, struct span *out)
{
    if (p->token == TOK_QUOTED) {
        bool closed = p->end - p->start > 1 && p->text[p->end - 1] == p->text[p->start];
        *out = (struct span){p->start + 1, p->end - closed};
        advance(p);
        return true;
    }
    if (p->token != TOK_WORD || is_keyword(p))
        return false;
    out->start = p->start;
    while ((p->token == TOK_WORD && !is_keyword(p)) ||
           (with_commas && p->token == TOK_COMMA)) {
        if (p->start == out->start || !is_unfinished(p))
            out->end = p->end;
        advance(p);
    }
    return true;
}

/* --- nodes --- */

static size_t
add_node(struct row_filter *f, const struct node *node)
{
    f->node = grow(f->node, &f->cap, f->n + 1, sizeof *f->node);
    f->node[f->n] = *node;
    return f->n++;
}

static char *
copy_span(const struct parser *p, struct span s)
{
    return xstrndup(p->text + s.start, s.end - s.start);
}

static enum err
parse_number(struct parser *p, struct span s, double *out)
{
    static const char units[] = "kMG";
    char *text = copy_span(p, s), *end;
    double x = strtod(text, &end);
    const char *unit = *end ? strchr(units, *end) : NULL;

    for (const char *u = units; unit && u <= unit; u++)
        x *= 1000;
    bool good = end > text && !end[unit != NULL] && !isnan(x);
    free(text);
    if (!good) {
        err_set(p->eb, ERR_ARG, "%.*s is no number", (int)(s.end - s.start),
                p->text + s.start);
        return fail_at(p, s.start);
    }
    *out = x;
    return ERR_OK;
}

/* The value that stands next, compared with a field. */
static enum err
parse_value(struct parser *p, size_t field, enum filter_op op, bool in_list,
            size_t *node)
{
    struct node test = {.kind = NODE_TEST, .field = field, .op = op};
    size_t at = p->start;
    struct span s;
    enum err e;

    if (!phrase(p, !in_list, &s)) {
        err_set(p->eb, ERR_ARG, "a value is missing");
        return fail_at(p, at);
    }
    test.is_start = p->typing && p->token == TOK_END;
    if (!p->source->is_number(p->source->ctx, field))
        test.text = copy_span(p, s);
    else if ((e = parse_number(p, s, &test.number)))
        return e;
    *node = add_node(p->f, &test);
    return ERR_OK;
}

/* --- tests --- */

static enum err
find_field(struct parser *p, struct span name, size_t *field)
{
    *field =
        p->source->find(p->source->ctx, p->text + name.start, name.end - name.start);
    if (*field != SIZE_MAX)
        return ERR_OK;
    p->error_at = name.start;
    return err_set(p->eb, ERR_NOTFOUND, "no column %.*s", (int)(name.end - name.start),
                   p->text + name.start);
}

static enum err
parse_op(struct parser *p, size_t field, enum filter_op *op)
{
    static const char *const names[OP_COUNT] = {
        [OP_EQ] = "=",  [OP_NE] = "!=", [OP_LT] = "<",
        [OP_LE] = "<=", [OP_GT] = ">",  [OP_GE] = ">=",
    };
    size_t n = p->end - p->start, i = 0;
    const char *text = p->text + p->start;

    while (i < OP_COUNT && !(strlen(names[i]) == n && strncmp(names[i], text, n) == 0))
        i++;
    if (n == 2 && strncmp(text, "==", 2) == 0)
        i = OP_EQ;
    if (i == OP_COUNT) {
        err_set(p->eb, ERR_ARG, "%.*s is none of = != < <= > >=", (int)n, text);
        return fail_at(p, p->start);
    }
    if (i > OP_NE && !p->source->is_number(p->source->ctx, field)) {
        err_set(p->eb, ERR_ARG, "a column of texts takes = != and in (...)");
        return fail_at(p, p->start);
    }
    *op = (enum filter_op)i;
    advance(p);
    return ERR_OK;
}

static enum err
parse_comparison(struct parser *p, struct span name, size_t *node)
{
    enum filter_op op = OP_EQ;
    size_t field;
    enum err e;

    if ((e = find_field(p, name, &field)) || (e = parse_op(p, field, &op)))
        return e;
    return parse_value(p, field, op, false, node);
}

/* "(a, b)" after "in": one of them is equal. */
static enum err
parse_list(struct parser *p, size_t field, size_t *node)
{
    size_t open, next;
    enum err e;

    advance(p);
    open = p->start;
    advance(p);
    if ((e = parse_value(p, field, OP_EQ, true, node)))
        return e;
    while (p->token == TOK_COMMA) {
        advance(p);
        if ((e = parse_value(p, field, OP_EQ, true, &next)))
            return e;
        *node = add_node(p->f, &(struct node){.kind = NODE_OR, .a = *node, .b = next});
    }
    if (p->token != TOK_CLOSE) {
        err_set(p->eb, ERR_ARG, "this ( has no )");
        return fail_at(p, open);
    }
    advance(p);
    return ERR_OK;
}

static enum err
parse_membership(struct parser *p, struct span name, size_t *node)
{
    bool negated = is_word(p, "not");
    size_t field;
    enum err e;

    if ((e = find_field(p, name, &field)))
        return e;
    if (negated)
        advance(p);
    if ((e = parse_list(p, field, node)))
        return e;
    if (negated)
        *node = add_node(p->f, &(struct node){.kind = NODE_NOT, .a = *node});
    return ERR_OK;
}

/* True if "not in (" stands next. */
static bool
is_not_in(const struct parser *p)
{
    struct parser ahead = *p;

    if (!is_word(p, "not"))
        return false;
    advance(&ahead);
    return is_in(&ahead);
}

static enum err
parse_test(struct parser *p, size_t *node)
{
    size_t at = p->start;
    struct span s;

    if (!phrase(p, true, &s)) {
        err_set(p->eb, ERR_ARG, "a text or NAME = VALUE is missing");
        return fail_at(p, at);
    }
    if (p->token == TOK_OP)
        return parse_comparison(p, s, node);
    if (is_in(p) || is_not_in(p))
        return parse_membership(p, s, node);
    if (p->typing && p->token == TOK_END &&
        p->source->begins(p->source->ctx, p->text + s.start, s.end - s.start))
        return fail_at(p,
                       p->start); /* a name on its way is nothing wrong to speak of */
    *node = add_node(p->f, &(struct node){.kind = NODE_TEXT, .text = copy_span(p, s)});
    return ERR_OK;
}

/* --- the whole --- */

static enum err parse_either(struct parser *p, size_t *node);

static enum err
parse_brackets(struct parser *p, size_t *node)
{
    size_t open = p->start;
    enum err e;

    advance(p);
    if ((e = parse_either(p, node)))
        return e;
    if (p->token != TOK_CLOSE) {
        bool ends = p->token == TOK_END;
        err_set(p->eb, ERR_ARG,
                ends ? "this ( has no )" : "and, or or ) is missing before this");
        return fail_at(p, ends ? open : p->start);
    }
    advance(p);
    return ERR_OK;
}

static enum err
parse_one(struct parser *p, size_t *node)
{
    bool negated = is_word(p, "not");
    enum err e;

    if (!negated && p->token != TOK_OPEN)
        return parse_test(p, node);
    if (p->depth == MAX_DEPTH) {
        err_set(p->eb, ERR_ARG, "too many ( or not within each other");
        return fail_at(p, p->start);
    }
    p->depth++;
    if (negated)
        advance(p);
    e = negated ? parse_one(p, node) : parse_brackets(p, node);
    p->depth--;
    if (negated && !e)
        *node = add_node(p->f, &(struct node){.kind = NODE_NOT, .a = *node});
    return e;
}

static enum err
parse_both(struct parser *p, size_t *node)
{
    enum err e = parse_one(p, node);
    size_t next;

    while (!e && is_word(p, "and")) {
        advance(p);
        if ((e = parse_one(p, &next)))
            break;
        *node = add_node(p->f, &(struct node){.kind = NODE_AND, .a = *node, .b = next});
    }
    return e;
}

static enum err
parse_either(struct parser *p, size_t *node)
{
    enum err e = parse_both(p, node);
    size_t next;

    while (!e && is_word(p, "or")) {
        advance(p);
        if ((e = parse_both(p, &next)))
            break;
        *node = add_node(p->f, &(struct node){.kind = NODE_OR, .a = *node, .b = next});
    }
    return e;
}

static enum err
parse_all(struct parser *p)
{
    size_t root;
    enum err e;

    advance(p);
    if ((e = parse_either(p, &root)))
        return e;
    if (p->token == TOK_CLOSE) {
        err_set(p->eb, ERR_ARG, "this ) has no (");
        return fail_at(p, p->start);
    }
    if (p->token != TOK_END) {
        err_set(p->eb, ERR_ARG, "and or or is missing before this");
        return fail_at(p, p->start);
    }
    return ERR_OK;
}

enum err
row_filter_parse(struct row_filter **out, const char *text,
                 const struct filter_source *source, bool typing, size_t *at,
                 struct errbuf *eb)
{
    struct parser p = {.text = text, .source = source, .typing = typing, .eb = eb};

    if (!text[strspn(text, " \t")]) {
        *out = NULL;
        return ERR_OK;
    }
    p.f = xcalloc(1, sizeof *p.f);
    enum err e = parse_all(&p);
    if (e) {
        row_filter_free(p.f);
        if (at)
            *at = p.error_at;
        return e;
    }
    *out = p.f;
    return ERR_OK;
}

void
row_filter_free(struct row_filter *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->n; i++)
        free(f->node[i].text);
    free(f->node);
    free(f);
}

/* --- rows --- */

static bool
passes_number(enum filter_op op, double x, double y)
{
    if (isnan(x))
        return false;
    switch (op) {
    case OP_LT: return x < y;
    case OP_LE: return x <= y;
    case OP_GT: return x > y;
    case OP_GE: return x >= y;
    case OP_EQ:
    case OP_NE:
    case OP_COUNT: break;
    }
    bool equal = !(x < y) && !(x > y);
    return equal == (op == OP_EQ);
}

static bool
passes_test(const struct node *n, const struct filter_source *s, size_t row)
{
    if (!n->text)
        return passes_number(n->op, s->number(s->ctx, row, n->field), n->number);
    const char *text = s->text(s->ctx, row, n->field);
    if (!text)
        return false;
    bool equal = n->is_start ? strncasecmp(text, n->text, strlen(n->text)) == 0
                             : strcasecmp(text, n->text) == 0;
    return equal == (n->op == OP_EQ);
}

/* Nodes stand after those below them: one pass decides all. */
bool
row_filter_passes(const struct row_filter *f, const struct filter_source *source,
                  size_t row)
{
    if (!f)
        return true;
    bool *yes = xcalloc(f->n, sizeof *yes);
    for (size_t i = 0; i < f->n; i++) {
        const struct node *n = &f->node[i];
        yes[i] = n->kind == NODE_AND    ? yes[n->a] && yes[n->b]
                 : n->kind == NODE_OR   ? yes[n->a] || yes[n->b]
                 : n->kind == NODE_NOT  ? !yes[n->a]
                 : n->kind == NODE_TEXT ? source->holds(source->ctx, row, n->text)
                                        : passes_test(n, source, row);
    }
    bool result = yes[f->n - 1];
    free(yes);
    return result;
}
