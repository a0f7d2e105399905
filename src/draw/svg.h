/* svg.h - a drawing as an SVG 1.1 document: shapes, lines and text for papers.
 *
 * Lengths are user units, 96 to the inch; (0, 0) is top left.  Colours are those of Okabe
 * and Ito, which readers with any colour vision tell apart, and every series has a dash
 * pattern and a shape besides.  Text is made harmless (base/utf8.h) and escaped; it stays
 * text, in the reader's sans-serif font.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef DRAW_SVG_H
#define DRAW_SVG_H

#include "base/strbuf.h"
#include "draw/canvas.h"

enum { SVG_FONT = 11, SVG_SMALL = 10, SVG_TITLE = 14 }; /* font sizes */

enum svg_anchor { SVG_START, SVG_MIDDLE, SVG_END };

/* How a line or an area is drawn; colour NULL: none. */
struct svg_ink {
    const char *stroke, *fill; /* "#rrggbb" */
    const char *dash;          /* "6 3"; NULL: solid */
    double width;              /* of the stroke */
    double opacity;            /* 0..1 */
};

/* Start a document; title is what readers that cannot see it are told. */
void svg_begin(struct strbuf *out, double width, double height, const char *title);
void svg_end(struct strbuf *out);

/* A group that is cut off at a rectangle; id is unique in the document. */
void svg_clip_begin(struct strbuf *out, int id, double x, double y, double width,
                    double height);
void svg_clip_end(struct strbuf *out);

void svg_line(struct strbuf *out, double x0, double y0, double x1, double y1,
              const struct svg_ink *ink);
void svg_rect(struct strbuf *out, double x, double y, double width, double height,
              const struct svg_ink *ink);
void svg_circle(struct strbuf *out, double x, double y, double r,
                const struct svg_ink *ink);
void svg_cross(struct strbuf *out, double x, double y, double r,
               const struct svg_ink *ink);

/* A path: begin, points (the first after begin or a break moves), end. */
struct svg_path {
    struct strbuf *out; /* borrowed */
    size_t n;           /* points since the last break */
};
void svg_path_begin(struct svg_path *p, struct strbuf *out);
void svg_path_to(struct svg_path *p, double x, double y);
void svg_path_break(struct svg_path *p);
void svg_path_close(struct svg_path *p); /* back to the first point since the break */
void svg_path_end(struct svg_path *p, const struct svg_ink *ink);

/* Text with its baseline at y. */
void svg_text(struct strbuf *out, double x, double y, enum svg_anchor anchor, int size,
              const char *colour, const char *text);
void svg_text_bold(struct strbuf *out, double x, double y, enum svg_anchor anchor,
                   int size, const char *colour, const char *text);
void svg_text_up(struct strbuf *out, double x, double y, int size, const char *colour,
                 const char *text); /* centred, read from below */

/* About the width of a text: no font is known here. */
double svg_text_width(const char *text, int size);

/* As much of s as is about `room` wide, with an ellipsis where it was cut. */
void svg_fit(struct strbuf *out, const char *s, int size, double room);

/* Of a series, or of better and worse. */
const char *svg_colour(enum style style);
const char *svg_dash(enum style style);

#define SVG_BLACK "#222222"
#define SVG_GREY  "#666666"
#define SVG_LIGHT "#dddddd"

#endif
