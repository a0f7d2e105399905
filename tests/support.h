/* support.h - what every test includes: cmocka, and files to test with. */
#ifndef TESTS_SUPPORT_H
#define TESTS_SUPPORT_H

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

/* Path below the folder of shared test data ($HCELAB_SHARED), or NULL after a
 * message if it is absent: the caller then ends with skip().  Borrowed until the
 * next call. */
const char *support_shared(const char *relative);

/* Path below the source tree ($srcdir); borrowed until the next call. */
const char *support_source(const char *relative);

/* A fresh folder under $TMPDIR or /tmp; removed with all it holds by
 * support_rmtree, which frees the name. */
char *support_tmpdir(void);
void support_rmtree(char *dir);

/* The whole of a file, terminated; fails the test if it cannot be read.  Caller
 * frees. */
char *support_slurp(const char *path);
void support_write(const char *path, const char *text);

/* Compare text with tests/golden/<name>; GENERATE=1 in the environment rewrites
 * the file instead. */
void support_golden(const char *text, const char *name);

/* |a - b| <= tol, NaN never equal; prints both otherwise. */
void support_near(double a, double b, double tol);

#endif
