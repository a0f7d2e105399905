/* ui_config.c - from the config file to the frame and its views, and back. */
#include "tui/ui_config.h"

#include <string.h>

#include "tui/key.h"
#include "tui/settings.h"

enum { REFRESH_MS = 250 };

static const char *
view_name(size_t i)
{
    return i < VIEW_COUNT ? view_get(i)->name : NULL;
}

static const char *
rule_name(size_t i)
{
    static const char *const name[] = {"hierarchy", "exact"};

    return i < sizeof name / sizeof name[0] ? name[i] : NULL;
}

enum { THEME, GLYPHS, REFRESH, VIEW, EVALUATION, RULE, N_FRAME };

static const struct setting frame[N_FRAME] = {
    [THEME] = {.key = "theme",
               .type = SETTING_CHOICE,
               .offset = offsetof(struct ui, theme),
               .choice = theme_name,
               .help = "colours"},
    [GLYPHS] = {.key = "glyphs",
                .type = SETTING_CHOICE,
                .offset = offsetof(struct ui, glyphs),
                .choice = chart_glyphs_name,
                .help = "dots of charts; ascii: no glyph beyond ASCII anywhere"},
    [REFRESH] = {.key = "refresh_ms",
                 .type = SETTING_INT,
                 .offset = offsetof(struct ui, refresh_ms),
                 .min = APP_MIN_REFRESH_MS,
                 .max = APP_MAX_REFRESH_MS,
                 .help = "milliseconds between looks at the store"},
    [VIEW] = {.key = "view",
              .type = SETTING_CHOICE,
              .offset = offsetof(struct ui, first_view),
              .choice = view_name,
              .help = "the view that is opened first"},
    [EVALUATION] = {.key = "evaluation",
                    .type = SETTING_TEXT,
                    .offset = offsetof(struct ui, choice.evaluation),
                    .help = "cells whose scores are compared"},
    [RULE] = {.key = "rule",
              .type = SETTING_TEXT,
              .offset = offsetof(struct ui, choice.rule),
              .choice = rule_name,
              .help = "how they are scored"},
};

/* --- reading --- */

/* Say what was not understood since it was `before` things; the first of all is named. */
static void
complain(struct ui *ui, size_t before)
{
    const struct config *c = &ui->config;
    const char *slash = strrchr(ui->opt->config_path, '/');

    if (c->n_bad == before)
        return;
    if (c->n_bad == 1)
        ui_say(ui, STYLE_WARN, "%s: %s: ignored",
               slash ? slash + 1 : ui->opt->config_path, c->problem.text);
    else
        ui_say(ui, STYLE_WARN, "%s: %s, and %zu more: ignored",
               slash ? slash + 1 : ui->opt->config_path, c->problem.text, c->n_bad - 1);
}

/* What was given on the command line, which its parser has checked. */
static void
take_options(struct ui *ui)
{
    const struct app_options *opt = ui->opt;
    const char *glyphs = opt->ascii ? "ascii" : opt->glyphs;
    int i;

    if (opt->theme && (i = setting_find(&frame[THEME], opt->theme)) >= 0) {
        ui->theme = (enum theme)i;
        ui->theme_is_wish = true;
        ui->given |= 1u << THEME;
    }
    if (glyphs && (i = setting_find(&frame[GLYPHS], glyphs)) >= 0) {
        ui->glyphs = (enum chart_glyphs)i;
        ui->given |= 1u << GLYPHS;
    }
    if (opt->refresh_ms) {
        ui->refresh_ms = (int)opt->refresh_ms;
        ui->given |= 1u << REFRESH;
    }
}

void
ui_config_open(struct ui *ui)
{
    struct errbuf eb;

    ui->refresh_ms = REFRESH_MS;
    ui->first_view = VIEW_runs;
    if (ui->opt->config_path) {
        if (config_read(&ui->config, ui->opt->config_path, &eb))
            ui_say(ui, STYLE_WARN, "%s", eb.text);
        settings_load(&ui->config, "", frame, N_FRAME, ui);
        complain(ui, 0);
    }
    take_options(ui);
    ui->ascii = ui->ascii_only || ui->glyphs == CHART_ASCII;
}

void
ui_config_view(struct ui *ui, size_t view)
{
    const struct view *v = view_get(view);
    size_t before = ui->config.n_bad;

    if (!v->n_settings || !ui->opt->config_path)
        return;
    settings_load(&ui->config, v->name, v->settings, v->n_settings, ui->state[view]);
    complain(ui, before);
}

/* --- writing --- */

/* The view of the bar that is in front, or lies below. */
static int
bar_view(const struct ui *ui)
{
    for (size_t i = ui->depth; i > 0; i--)
        if (view_key(ui->stack[i - 1]) != KEY_NONE)
            return (int)ui->stack[i - 1];
    return VIEW_runs;
}

enum err
ui_config_save(struct ui *ui, struct errbuf *eb)
{
    struct config *c = &ui->config;

    if (!ui->opt->config_path)
        return ERR_OK;
    ui->first_view = bar_view(ui);
    for (size_t i = 0; i < N_FRAME; i++)
        if (!(ui->given & 1u << i))
            settings_save(c, "", &frame[i], 1, ui);
    for (size_t i = 0; i < VIEW_COUNT; i++) {
        const struct view *v = view_get(i);
        if (ui->state[i])
            settings_save(c, v->name, v->settings, v->n_settings, ui->state[i]);
    }
    return c->changed ? config_write(c, ui->opt->config_path, eb) : ERR_OK;
}

void
app_describe_config(struct strbuf *out)
{
    settings_describe("", frame, N_FRAME, out);
    for (size_t i = 0; i < VIEW_COUNT; i++) {
        const struct view *v = view_get(i);
        settings_describe(v->name, v->settings, v->n_settings, out);
    }
}

/* --- choices --- */

void
ui_set_theme(struct ui *ui, enum theme theme)
{
    ui->theme = theme;
    ui->theme_is_wish = true;
    ui->given &= ~(1u << THEME);
    ui_say(ui, STYLE_DIM, "theme %s", theme_name(theme));
}

void
ui_set_glyphs(struct ui *ui, enum chart_glyphs glyphs)
{
    ui->glyphs = glyphs;
    ui->ascii = ui->ascii_only || glyphs == CHART_ASCII;
    ui->given &= ~(1u << GLYPHS);
    ui_refresh(ui);
    if (ui->ascii_only && glyphs != CHART_ASCII)
        ui_say(ui, STYLE_WARN, "glyphs %s, but this locale shows ASCII only",
               chart_glyphs_name(glyphs));
    else
        ui_say(ui, STYLE_DIM, "glyphs %s", chart_glyphs_name(glyphs));
}

void
ui_set_refresh(struct ui *ui, int refresh_ms)
{
    ui->refresh_ms = refresh_ms;
    ui->given &= ~(1u << REFRESH);
    ui_say(ui, STYLE_DIM, "a look at the store every %d ms", refresh_ms);
}
