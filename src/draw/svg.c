/* svg.c - elements of SVG, written one after the other. */
#include "draw/svg.h"

#include <math.h>
#include <stdlib.h>

#include "base/utf8.h"

#define FONT                                                                           \
    "Helvetica, Arial, &quot;Liberation Sans&quot;, &quot;DejaVu Sans&quot;, sans-serif"

/* Of a column of text, in font sizes: a little more than these fonts take. */
static const double char_width = 0.56;

/* ---- text ---- */

static void
add_escaped(struct strbuf *out, const char *s)
{
    struct strbuf clean = {0};

    utf8_clean(&clean, s, false);
    for (const char *p = strbuf_str(&clean); *p; p++) {
        if (*p == '&')
            strbuf_adds(out, "&amp;");
        else if (*p == '<')
            strbuf_adds(out, "&lt;");
        else if (*p == '>')
            strbuf_adds(out, "&gt;");
        else if (*p == '"')
            strbuf_adds(out, "&quot;");
        else
            strbuf_addc(out, *p);
    }
    strbuf_release(&clean);
}

double
svg_text_width(const char *text, int size)
{
    return (double)utf8_width(text) * char_width * size;
}

void
svg_fit(struct strbuf *out, const char *s, int size, double room)
{
    int cols = (int)(room / (char_width * size));

    if ((int)utf8_width(s) <= cols) {
        strbuf_adds(out, s);
        return;
    }
    strbuf_add(out, s, utf8_fit(s, cols > 1 ? cols - 1 : 0));
    strbuf_adds(out, "…");
}

/* ---- numbers and attributes ---- */

/* Hundredths are finer than any printer; no zero has a sign. */
static void
add_number(struct strbuf *out, double x)
{
    double r = round(x * 100) / 100;

    strbuf_addf(out, "%.6g", isfinite(r) ? fmax(-1e6, fmin(r, 1e6)) + 0.0 : 0.0);
}

static void
add_attribute(struct strbuf *out, const char *name, double x)
{
    strbuf_addf(out, " %s=\"", name);
    add_number(out, x);
    strbuf_addc(out, '"');
}

static void
add_ink(struct strbuf *out, const struct svg_ink *ink)
{
    strbuf_addf(out, " fill=\"%s\"", ink->fill ? ink->fill : "none");
    if (ink->stroke) {
        strbuf_addf(out, " stroke=\"%s\"", ink->stroke);
        add_attribute(out, "stroke-width", ink->width);
    }
    if (ink->stroke && ink->dash)
        strbuf_addf(out, " stroke-dasharray=\"%s\"", ink->dash);
    if (ink->opacity < 1)
        add_attribute(out, "opacity", ink->opacity);
    strbuf_adds(out, "/>\n");
}

/* ---- the document ---- */

void
svg_begin(struct strbuf *out, double width, double height, const char *title)
{
    strbuf_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                     "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\"");
    add_attribute(out, "width", width);
    add_attribute(out, "height", height);
    strbuf_adds(out, " viewBox=\"0 0 ");
    add_number(out, width);
    strbuf_addc(out, ' ');
    add_number(out, height);
    strbuf_adds(out, "\" role=\"img\" font-family=\"" FONT "\">\n<title>");
    add_escaped(out, title);
    strbuf_adds(out, "</title>\n");
    svg_rect(out, 0, 0, width, height,
             &(struct svg_ink){.fill = "#ffffff", .opacity = 1});
}

void
svg_end(struct strbuf *out)
{
    strbuf_adds(out, "</svg>\n");
}

void
svg_clip_begin(struct strbuf *out, int id, double x, double y, double width,
               double height)
{
    strbuf_addf(out, "<clipPath id=\"clip%d\"><rect", id);
    add_attribute(out, "x", x);
    add_attribute(out, "y", y);
    add_attribute(out, "width", width);
    add_attribute(out, "height", height);
    strbuf_addf(out, "/></clipPath>\n<g clip-path=\"url(#clip%d)\">\n", id);
}

void
svg_clip_end(struct strbuf *out)
{
    strbuf_adds(out, "</g>\n");
}

/* ---- shapes ---- */

void
svg_line(struct strbuf *out, double x0, double y0, double x1, double y1,
         const struct svg_ink *ink)
{
    strbuf_adds(out, "<line");
    add_attribute(out, "x1", x0);
    add_attribute(out, "y1", y0);
    add_attribute(out, "x2", x1);
    add_attribute(out, "y2", y1);
    add_ink(out, ink);
}

void
svg_rect(struct strbuf *out, double x, double y, double width, double height,
         const struct svg_ink *ink)
{
    strbuf_adds(out, "<rect");
    add_attribute(out, "x", x);
    add_attribute(out, "y", y);
    add_attribute(out, "width", width);
    add_attribute(out, "height", height);
    add_ink(out, ink);
}

void
svg_circle(struct strbuf *out, double x, double y, double r, const struct svg_ink *ink)
{
    strbuf_adds(out, "<circle");
    add_attribute(out, "cx", x);
    add_attribute(out, "cy", y);
    add_attribute(out, "r", r);
    add_ink(out, ink);
}

void
svg_cross(struct strbuf *out, double x, double y, double r, const struct svg_ink *ink)
{
    struct svg_path p;

    svg_path_begin(&p, out);
    svg_path_to(&p, x - r, y - r);
    svg_path_to(&p, x + r, y + r);
    svg_path_break(&p);
    svg_path_to(&p, x - r, y + r);
    svg_path_to(&p, x + r, y - r);
    svg_path_end(&p, ink);
}

void
svg_path_begin(struct svg_path *p, struct strbuf *out)
{
    *p = (struct svg_path){.out = out};
    strbuf_adds(out, "<path d=\"");
}

void
svg_path_to(struct svg_path *p, double x, double y)
{
    strbuf_addc(p->out, p->n++ ? 'L' : 'M');
    add_number(p->out, x);
    strbuf_addc(p->out, ' ');
    add_number(p->out, y);
}

void
svg_path_break(struct svg_path *p)
{
    p->n = 0;
}

void
svg_path_close(struct svg_path *p)
{
    if (p->n)
        strbuf_addc(p->out, 'Z');
    p->n = 0;
}

void
svg_path_end(struct svg_path *p, const struct svg_ink *ink)
{
    strbuf_adds(p->out, "\" stroke-linejoin=\"round\"");
    add_ink(p->out, ink);
}

/* ---- text elements ---- */

static void
add_text(struct strbuf *out, double x, double y, const char *attributes, int size,
         const char *colour, const char *text)
{
    strbuf_adds(out, "<text");
    add_attribute(out, "x", x);
    add_attribute(out, "y", y);
    strbuf_addf(out, "%s font-size=\"%d\" fill=\"%s\">", attributes, size, colour);
    add_escaped(out, text);
    strbuf_adds(out, "</text>\n");
}

static const char *const anchors[] = {[SVG_START] = "",
                                      [SVG_MIDDLE] = " text-anchor=\"middle\"",
                                      [SVG_END] = " text-anchor=\"end\""};

void
svg_text(struct strbuf *out, double x, double y, enum svg_anchor anchor, int size,
         const char *colour, const char *text)
{
    add_text(out, x, y, anchors[anchor], size, colour, text);
}

void
svg_text_bold(struct strbuf *out, double x, double y, enum svg_anchor anchor, int size,
              const char *colour, const char *text)
{
    struct strbuf attributes = {0};

    strbuf_addf(&attributes, "%s font-weight=\"bold\"", anchors[anchor]);
    add_text(out, x, y, strbuf_str(&attributes), size, colour, text);
    strbuf_release(&attributes);
}

void
svg_text_up(struct strbuf *out, double x, double y, int size, const char *colour,
            const char *text)
{
    struct strbuf attributes = {0};

    strbuf_addf(&attributes, "%s transform=\"rotate(-90 ", anchors[SVG_MIDDLE]);
    add_number(&attributes, x);
    strbuf_addc(&attributes, ' ');
    add_number(&attributes, y);
    strbuf_adds(&attributes, ")\"");
    add_text(out, x, y, strbuf_str(&attributes), size, colour, text);
    strbuf_release(&attributes);
}

/* ---- how series tell each other apart ---- */

/* Source: Okabe & Ito 2002, Color Universal Design. */
static const struct {
    const char *colour, *dash;
} looks[STYLE_COUNT] = {
    [STYLE_GOOD] = {"#0072b2", NULL},      [STYLE_BAD] = {"#d55e00", NULL},
    [STYLE_SERIES_1] = {"#0072b2", NULL},  [STYLE_SERIES_2] = {"#d55e00", "7 3"},
    [STYLE_SERIES_3] = {"#009e73", "2 2"}, [STYLE_SERIES_4] = {"#cc79a7", "7 2 2 2"},
    [STYLE_SERIES_5] = {"#56b4e9", "4 3"}, [STYLE_SERIES_6] = {"#e69f00", "11 3"},
};

const char *
svg_colour(enum style style)
{
    return looks[style].colour ? looks[style].colour : SVG_BLACK;
}

const char *
svg_dash(enum style style)
{
    return looks[style].dash;
}
