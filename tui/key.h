/* key.h - keys as numbers: a code point, a control code, or one of these.
 *
 * Threads: any thread.
 * Errors:  none. */
#ifndef TUI_KEY_H
#define TUI_KEY_H

#define KEY_CTRL(c) ((c)&0x1f)

enum key {
    KEY_NONE = 0,
    KEY_TAB = 9,
    KEY_RETURN = 13,
    KEY_ESCAPE = 27,
    KEY_SPACE = 32,
    KEY_ERASE = 127,         /* backspace */
    KEY_ARROW_UP = 0x110000, /* past the last code point */
    KEY_ARROW_DOWN,
    KEY_ARROW_LEFT,
    KEY_ARROW_RIGHT,
    KEY_PAGE_UP,
    KEY_PAGE_DOWN,
    KEY_FIRST, /* home */
    KEY_LAST,  /* end */
    KEY_BACK_TAB
};

/* "enter", "ctrl-l", "space", "K": what people call a key.  Borrowed until the next
 * call. */
const char *key_text(int key);

#endif
