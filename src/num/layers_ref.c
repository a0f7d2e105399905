/* layers_ref.c - layers by plain loops in double. */
#include "num/layers_ref.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

void
ref_affine(size_t B, size_t K, size_t N, const double *x, const double *w,
           const double *bias, double *y)
{
    for (size_t b = 0; b < B; b++) {
        for (size_t n = 0; n < N; n++) {
            double sum = bias ? bias[n] : 0;

            for (size_t k = 0; k < K; k++)
                sum += x[b * K + k] * w[n * K + k];
            y[b * N + n] = sum;
        }
    }
}

static void
clear(double *x, size_t n)
{
    if (x)
        memset(x, 0, n * sizeof *x);
}

void
ref_affine_backward(size_t B, size_t K, size_t N, const double *x, const double *w,
                    const double *dy, double *dx, double *dw, double *dbias)
{
    clear(dx, B * K);
    clear(dw, N * K);
    clear(dbias, N);
    for (size_t b = 0; b < B; b++) {
        for (size_t n = 0; n < N; n++) {
            double d = dy[b * N + n];

            for (size_t k = 0; dx && k < K; k++)
                dx[b * K + k] += d * w[n * K + k];
            for (size_t k = 0; dw && k < K; k++)
                dw[n * K + k] += d * x[b * K + k];
            if (dbias)
                dbias[n] += d;
        }
    }
}

/* --- BatchNorm: column j of cells [b0, b1) --- */

static size_t
chunk_end(const struct ref_batchnorm *a, size_t b0)
{
    return b0 + a->chunk < a->B ? b0 + a->chunk : a->B;
}

/* Mean, and the sum of squares of the distances from it. */
static double
chunk_mean(const struct ref_batchnorm *a, size_t b0, size_t b1, size_t j,
           double *squares)
{
    double mean = 0;

    for (size_t b = b0; b < b1; b++)
        mean += a->x[b * a->H + j] / (double)(b1 - b0);
    *squares = 0;
    for (size_t b = b0; b < b1; b++)
        *squares += pow(a->x[b * a->H + j] - mean, 2);
    return mean;
}

void
ref_batchnorm(const struct ref_batchnorm *a, double *y)
{
    for (size_t b0 = 0; b0 < a->B; b0 += a->chunk) {
        size_t b1 = chunk_end(a, b0), n = b1 - b0;

        for (size_t j = 0; j < a->H; j++) {
            double squares, mean = chunk_mean(a, b0, b1, j, &squares);
            double rstd = 1 / sqrt(squares / (double)n + a->eps);

            for (size_t b = b0; b < b1; b++)
                y[b * a->H + j] =
                    (a->x[b * a->H + j] - mean) * rstd * a->weight[j] + a->bias[j];
            a->running_mean[j] += a->momentum * (mean - a->running_mean[j]);
            a->running_var[j] +=
                a->momentum * (squares / (double)(n - 1) - a->running_var[j]);
        }
    }
}

void
ref_batchnorm_eval(const struct ref_batchnorm *a, double *y)
{
    for (size_t b = 0; b < a->B; b++)
        for (size_t j = 0; j < a->H; j++)
            y[b * a->H + j] = (a->x[b * a->H + j] - a->running_mean[j]) /
                                  sqrt(a->running_var[j] + a->eps) * a->weight[j] +
                              a->bias[j];
}

/* With x^ = (x - mean) rstd: dx = weight rstd (dy - mean of dy - x^ mean of dy x^). */
static void
backward_column(const struct ref_batchnorm *a, size_t b0, size_t b1, size_t j,
                const double *dy, double *dx, double *dweight, double *dbias)
{
    double squares, mean = chunk_mean(a, b0, b1, j, &squares), n = (double)(b1 - b0);
    double rstd = 1 / sqrt(squares / n + a->eps), sum = 0, sum_x = 0;

    for (size_t b = b0; b < b1; b++) {
        sum += dy[b * a->H + j];
        sum_x += dy[b * a->H + j] * (a->x[b * a->H + j] - mean) * rstd;
    }
    for (size_t b = b0; b < b1; b++) {
        double hat = (a->x[b * a->H + j] - mean) * rstd;

        dx[b * a->H + j] =
            a->weight[j] * rstd * (dy[b * a->H + j] - sum / n - hat * sum_x / n);
    }
    dweight[j] += sum_x;
    dbias[j] += sum;
}

void
ref_batchnorm_backward(const struct ref_batchnorm *a, const double *dy, double *dx,
                       double *dweight, double *dbias)
{
    clear(dweight, a->H);
    clear(dbias, a->H);
    for (size_t b0 = 0; b0 < a->B; b0 += a->chunk)
        for (size_t j = 0; j < a->H; j++)
            backward_column(a, b0, chunk_end(a, b0), j, dy, dx, dweight, dbias);
}

/* --- activations --- */

static double
sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

void
ref_silu(size_t n, const double *x, double *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] * sigmoid(x[i]);
}

void
ref_silu_backward(size_t n, const double *x, const double *dy, double *dx)
{
    for (size_t i = 0; i < n; i++) {
        double s = sigmoid(x[i]);

        dx[i] = dy[i] * (s + x[i] * s * (1 - s));
    }
}

void
ref_glu(size_t B, size_t H, const double *x, double *y)
{
    for (size_t b = 0; b < B; b++)
        for (size_t j = 0; j < H; j++)
            y[b * H + j] = x[b * 2 * H + j] * sigmoid(x[b * 2 * H + H + j]);
}

void
ref_glu_backward(size_t B, size_t H, const double *x, const double *dy, double *dx)
{
    for (size_t b = 0; b < B; b++) {
        const double *x_b = x + b * 2 * H;

        for (size_t j = 0; j < H; j++) {
            double s = sigmoid(x_b[H + j]), d = dy[b * H + j];

            dx[b * 2 * H + j] = d * s;
            dx[b * 2 * H + H + j] = d * x_b[j] * s * (1 - s);
        }
    }
}

void
ref_dropout(size_t n, const double *x, const double *keep, double *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] * keep[i];
}

void
ref_dropout_backward(size_t n, const double *keep, const double *dy, double *dx)
{
    for (size_t i = 0; i < n; i++)
        dx[i] = dy[i] * keep[i];
}

void
ref_relu(size_t n, const double *x, double *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] > 0 ? x[i] : 0;
}

void
ref_relu_backward(size_t n, const double *x, const double *dy, double *dx)
{
    for (size_t i = 0; i < n; i++)
        dx[i] = x[i] > 0 ? dy[i] : 0;
}

/* --- what joins two layers --- */

void
ref_residual(size_t n, const double *a, const double *b, double *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = (a[i] + b[i]) * sqrt(0.5);
}

void
ref_residual_backward(size_t n, const double *dy, double *d)
{
    for (size_t i = 0; i < n; i++)
        d[i] = dy[i] * sqrt(0.5);
}

void
ref_product(size_t n, const double *a, const double *b, double *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = a[i] * b[i];
}

void
ref_product_backward(size_t n, const double *a, const double *b, const double *dy,
                     double *da, double *db)
{
    for (size_t i = 0; i < n; i++) {
        da[i] = dy[i] * b[i];
        db[i] = dy[i] * a[i];
    }
}

void
ref_prior(size_t n, double gamma, const double *prior, const double *m, double *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = prior[i] * (gamma - m[i]);
}

void
ref_prior_backward(size_t n, double gamma, const double *prior, const double *m,
                   const double *dy, double *dprior, double *dm)
{
    for (size_t i = 0; i < n; i++) {
        dprior[i] = dy[i] * (gamma - m[i]);
        dm[i] = -dy[i] * prior[i];
    }
}

/* --- masks --- */

double
ref_sparsity(size_t B, size_t H, double eps, const double *m)
{
    double sum = 0;

    for (size_t i = 0; i < B * H; i++)
        sum += m[i] * log(m[i] + eps);
    return sum / (double)B;
}

void
ref_sparsity_backward(size_t B, size_t H, double eps, const double *m, double dy,
                      double *dm)
{
    for (size_t i = 0; i < B * H; i++)
        dm[i] = dy / (double)B * (log(m[i] + eps) + m[i] / (m[i] + eps));
}

static int
descending(const void *a, const void *b)
{
    double x, y;

    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x < y) - (x > y);
}

/* (z - max z) scale, largest first; caller frees. */
static double *
sorted(size_t n, const double *z, double scale, double *max)
{
    double *s = xmalloc(n, sizeof *s);

    *max = z[0];
    for (size_t i = 1; i < n; i++)
        *max = fmax(*max, z[i]);
    for (size_t i = 0; i < n; i++)
        s[i] = (z[i] - *max) * scale;
    qsort(s, n, sizeof *s, descending);
    return s;
}

/* The k largest are the support as long as the k-th is not below the threshold that
 * they have alone: mean - sqrt((1 - their squares about it) / k), or (sum - 1) / k. */
static double
threshold(size_t n, const double *s, bool is_15)
{
    double mean = 0, squares = 0, t = 0;

    for (size_t i = 0; i < n; i++) {
        double k = (double)(i + 1), d = s[i] - mean;

        mean += d / k;
        squares += d * (s[i] - mean);
        double t_k = is_15 ? mean - sqrt(fmax(1 - squares, 0) / k) : mean - 1 / k;
        if (t_k > s[i])
            break;
        t = t_k;
    }
    return t;
}

double
ref_entmax15(size_t n, const double *z, double *p)
{
    double max, *s = sorted(n, z, 0.5, &max), t = threshold(n, s, true);

    for (size_t i = 0; i < n; i++)
        p[i] = pow(fmax((z[i] - max) / 2 - t, 0), 2);
    free(s);
    return t;
}

double
ref_sparsemax(size_t n, const double *z, double *p)
{
    double max, *s = sorted(n, z, 1, &max), t = threshold(n, s, false);

    for (size_t i = 0; i < n; i++)
        p[i] = fmax(z[i] - max - t, 0);
    free(s);
    return t;
}

/* dz = g (dp - sum g dp / sum g): t moves so that the sum of p stays 1. */
void
ref_entmax15_backward(size_t n, const double *p, const double *dp, double *dz)
{
    double sum = 0, weight = 0;

    for (size_t i = 0; i < n; i++) {
        sum += sqrt(p[i]) * dp[i];
        weight += sqrt(p[i]);
    }
    for (size_t i = 0; i < n; i++)
        dz[i] = sqrt(p[i]) * (dp[i] - sum / weight);
}

void
ref_sparsemax_backward(size_t n, const double *p, const double *dp, double *dz)
{
    double sum = 0, size = 0;

    for (size_t i = 0; i < n; i++) {
        sum += p[i] > 0 ? dp[i] : 0;
        size += p[i] > 0;
    }
    for (size_t i = 0; i < n; i++)
        dz[i] = p[i] > 0 ? dp[i] - sum / size : 0;
}
