"""The same steps in PyTorch: dense batches in memory, published models from the formulas.

  torch_step.py --dir DIR [--model M] [--loss L] [--threads N] [--code published|tuned]

Serves its standard input like bench_step: "train K", "predict K" -> seconds.  DIR is what
bench_step --dump wrote.  The kind case for PyTorch: nothing is loaded or densified while
the clock runs, gradients are set to None, prediction runs in inference mode, and for the
linear model the step is the bare layer with AdamW and clipping.  --code tuned also has
augmentation work in place and entmax look at the largest entries only; published sorts
rows and makes new tensors, as the published code does.  Losses have no class weights.  compare.py
sets the allocator and the threads of the libraries in the environment.
"""
import argparse
import glob
import math
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


class Entmax15(torch.autograd.Function):
    """Exact entmax-1.5 of each row.  The threshold needs the largest entries only: `k` of
    them, twice as many where a row's support does not fit (None: all, a full sort, as the
    published code does; five to ten times slower here)."""
    k = 512

    @staticmethod
    def threshold(z, k):
        s = torch.topk(z, k, dim=1)[0] if k else torch.sort(z, dim=1, descending=True)[0]
        rho = torch.arange(1, s.shape[1] + 1, dtype=z.dtype)[None]
        mean = s.cumsum(1) / rho
        var = rho * ((s * s).cumsum(1) / rho - mean * mean)
        t = mean - torch.sqrt(torch.clamp((1 - var) / rho, min=0))
        n = (t <= s).sum(1, keepdim=True)
        if k and 2 * k < z.shape[1] and int(n.max()) == k:
            return Entmax15.threshold(z, 2 * k)
        if k and int(n.max()) == k < z.shape[1]:
            return Entmax15.threshold(z, None)
        return t.gather(1, n - 1)

    @staticmethod
    def forward(ctx, z):
        z = (z - z.max(dim=1, keepdim=True)[0]).div_(2)
        k = Entmax15.k if Entmax15.k and Entmax15.k < z.shape[1] else None
        p = z.sub_(Entmax15.threshold(z, k)).clamp_(min=0).square_()
        ctx.save_for_backward(p)
        return p

    @staticmethod
    def backward(ctx, dp):
        (p,) = ctx.saved_tensors
        g = p.sqrt()
        d = dp * g
        return d.addcmul_(d.sum(1, keepdim=True) / g.sum(1, keepdim=True), g, value=-1)


class GhostNorm(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.bn = nn.BatchNorm1d(n, momentum=0.5)  # as bench_step: settles in one step

    def forward(self, x):
        return torch.cat([self.bn(c) for c in x.chunk(max(len(x) // 256, 1), 0)], 0)


class Glu(nn.Module):
    def __init__(self, n_in, n_out, fc=None):
        super().__init__()
        self.fc = fc if fc is not None else nn.Linear(n_in, 2 * n_out, bias=False)
        self.bn = GhostNorm(2 * n_out)
        self.n_out = n_out

    def forward(self, x):
        x = self.bn(self.fc(x))
        return x[:, :self.n_out] * torch.sigmoid(x[:, self.n_out:])


class Feature(nn.Module):
    def __init__(self, n, shared, n_independent):
        super().__init__()
        layers = [Glu(0, n, fc) for fc in shared]
        layers += [Glu(n, n) for _ in range(n_independent)]
        self.layers = nn.ModuleList(layers)

    def forward(self, x):
        for i, layer in enumerate(self.layers):
            x = layer(x) if i == 0 else (x + layer(x)) * math.sqrt(0.5)
        return x


class TabNet(nn.Module):
    def __init__(self, D, C, n_d=128, n_a=64, n_shared=3, n_independent=5):
        super().__init__()
        n = n_d + n_a
        shared = nn.ModuleList([nn.Linear(D if i == 0 else n, 2 * n, bias=False)
                                for i in range(n_shared)])
        self.n_d = n_d
        self.initial_bn = nn.BatchNorm1d(D, momentum=0.01)
        self.splitter = Feature(n, shared, n_independent)
        self.feature = Feature(n, shared, n_independent)
        self.att_fc = nn.Linear(n_a, D, bias=False)
        self.att_bn = GhostNorm(D)
        self.final = nn.Linear(n_d, C, bias=False)

    def forward(self, x):
        x = self.initial_bn(x)
        att = self.splitter(x)[:, self.n_d:]
        m = Entmax15.apply(self.att_bn(self.att_fc(att)))
        extra = (m * torch.log(m + 1e-15)).sum(1).mean()
        d = F.relu(self.feature(m * x)[:, :self.n_d])
        return self.final(d), -1e-5 * extra


class Plain(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return self.body(x), 0


def mlp(D, C, hidden=128, n_hidden=8):
    layers = []
    for i in range(n_hidden):
        layers += [nn.Linear(D if i == 0 else hidden, hidden), nn.BatchNorm1d(hidden),
                   nn.SiLU(), nn.Dropout(0.1)]
    return Plain(nn.Sequential(*layers, nn.Linear(hidden, C)))


MODELS = {"linear": (lambda D, C: Plain(nn.Linear(D, C)), 5e-4, 0.01, False),
          "mlp": (mlp, 2e-3, 0.05, True), "tabnet": (TabNet, 5e-3, 0.05, True)}


class Bench:
    def __init__(self, o):
        load = lambda name: torch.from_numpy(np.load(f"{o.dir}/{name}.npy"))
        n = len(glob.glob(f"{o.dir}/x*.npy"))
        make, lr, decay, augmented = MODELS[o.model]
        self.x = [load(f"x{i}") for i in range(n)]
        self.y = [load(f"y{i}").long() for i in range(n)]
        self.R = load("R")
        self.vectors = load("vectors") if augmented else None
        self.model = make(self.x[0].shape[1], self.R.shape[0])
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=lr,
                                           weight_decay=decay)
        self.hce = o.loss == "hce"
        self.tuned = o.code == "tuned"
        self.at = 0

    def batch(self):
        self.at = (self.at + 1) % len(self.x)
        return self.x[self.at], self.y[self.at]

    def loss(self, z, y):
        if not self.hce:
            return F.cross_entropy(z, y)
        q = (self.R[y] * F.softmax(z, 1)).sum(1)
        return -torch.log(q + 1e-6).mean()

    def train(self, n):
        self.model.train()
        for _ in range(n):
            x, y = self.batch()
            if self.vectors is not None:
                a = self.vectors[torch.randint(len(self.vectors), (len(x),))]
                sign = torch.randint(0, 2, (len(x), 1)) * 2.0 - 1
                if self.tuned:
                    x = torch.addcmul(x, sign, a, out=a).clamp_(0, 9)
                else:
                    x = torch.clamp(x + sign * a, min=0, max=9)
            self.optimizer.zero_grad(set_to_none=True)
            z, extra = self.model(x)
            (self.loss(z, y) + extra).backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()

    def settle(self):
        """Warm up; TabNet's input gets its running statistics from one batch, as in
        bench_step, so that predictions have the masks of a trained model."""
        norm = getattr(self.model, "initial_bn", None)
        if norm:
            norm.momentum = 1.0
        self.train(1)
        if norm:
            norm.momentum = 0.01
            self.train(1)

    @torch.inference_mode()
    def predict(self, n):
        self.model.eval()
        for _ in range(n):
            z, _ = self.model(self.batch()[0])
            F.softmax(z, 1).argmax(1)


def check_blas():
    with open("/proc/self/maps", encoding="utf-8") as f:
        if "openblas" not in f.read():
            sys.exit("torch_step.py: PyTorch runs on a BLAS that is slow here: install "
                     "libopenblas0-pthread")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", required=True)
    parser.add_argument("--model", default="linear")
    parser.add_argument("--loss", default="ce")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--code", choices=["published", "tuned"], default="published")
    o = parser.parse_args()
    if o.code == "published":
        Entmax15.k = None
    torch.set_num_threads(o.threads)
    torch.manual_seed(1)
    bench = Bench(o)
    bench.settle()
    check_blas()
    print("ready", flush=True)
    for line in sys.stdin:
        what, n = line.split()
        begin = time.perf_counter()
        getattr(bench, what)(int(n))
        print(f"{time.perf_counter() - begin:.6f}", flush=True)


if __name__ == "__main__":
    main()
