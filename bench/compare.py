"""What the engine does per second, and where the time and the memory go.

  make bench/bench_step bench/bench_run && /usr/bin/python3 ../bench/compare.py

Run in the build folder.  Prints tables and writes a CSV; every number is the median of
--pairs repeats with the least and the largest.  What is compared takes turns, so that a
busy moment hits both.  --parts chooses among

  speed     ours against the same steps in PyTorch, on the same batches
  scaling   two threads against one, HCE against CE
  split     the time of a step by part; the first layer against the peak of multiply-adds
  memory    the peak of a run's memory beyond its cells
  growth    whole epochs on more and more cells
  store     the share of a run that goes into its store

README.md in this folder says what each number means.
"""
import argparse
import os
import subprocess
import sys
import tempfile

from measure import HERE, Report, Side, turns

BATCH = 2048
MB = 1e6
# About half a second a turn on our side, so that a turn is long against a clock tick.
STEPS = {("linear", "train"): 24, ("linear", "predict"): 48, ("mlp", "train"): 12,
         ("mlp", "predict"): 32, ("tabnet", "train"): 2, ("tabnet", "predict"): 4}
THEIRS = {("linear", "train"): 2, ("linear", "predict"): 3, ("mlp", "train"): 1,
          ("mlp", "predict"): 2, ("tabnet", "train"): 1, ("tabnet", "predict"): 1}
PARTS_OF_STEP = ["find", "load", "forward", "loss", "backward", "norm",
                 "optimiser"]


def step_side(o, model, loss="ce", threads=None):
    return Side(["bench/bench_step", "--model", model, "--loss", loss, "--cpu", o.cpu,
                 "--threads", str(threads or o.threads)])


def run_side(o, model, *more):
    return Side(["bench/bench_run", "--model", model, "--cpu", o.cpu, "--threads",
                 str(o.threads)] + [str(x) for x in more])


def torch_side(o, model, loss, code, folder):
    """PyTorch with as many threads as ours in all its libraries; tuned: also with an
    allocator that keeps its memory instead of clearing new pages for every tensor."""
    env = {"OMP_NUM_THREADS": str(o.threads), "OPENBLAS_NUM_THREADS": str(o.threads)}
    if code == "tuned":
        env.update(MALLOC_MMAP_MAX_="0", MALLOC_TRIM_THRESHOLD_=str(1 << 40))
    return Side([sys.executable, os.path.join(HERE, "torch_step.py"), "--dir", folder,
                 "--model", model, "--loss", loss, "--threads", str(o.threads),
                 "--code", code], env)


def rate(side, what, n):
    """Asks for n steps and gives cells per second."""
    return lambda: n * BATCH / side.number(f"{what} {n}")


def ratios(a, b):
    return [x / y for x, y in zip(a, b)]


def speed_of(o, report, model, loss, code, folder):
    with step_side(o, model, loss) as ours, \
         torch_side(o, model, loss, code, folder) as theirs:
        for what in o.what:
            a, b = turns(o.pairs, rate(ours, what, STEPS[model, what]),
                         rate(theirs, what, THEIRS[model, what]))
            report.row(f"{model} {loss} {what}, {code}", ours.facts,
                       [ratios(a, b), a, b])


def speed(o, report):
    report.table("speed", f"against PyTorch, {o.threads} threads",
                 [("ratio", ""), ("ours", "cells/s"), ("PyTorch", "cells/s")])
    with tempfile.TemporaryDirectory(dir=o.folder) as folder:
        subprocess.run(["bench/bench_step", "--dump", folder, "--batches", "2"],
                       check=True)
        for model in o.models:
            for loss in o.losses:
                for code in o.torch:
                    speed_of(o, report, model, loss, code, folder)


def scaling(o, report):
    def pair(case, a, b, what, cores):
        n = STEPS[model, what]
        x, y = turns(o.pairs, rate(a, what, n), rate(b, what, n))
        report.row(f"{model} {case}, {what}", a.facts,
                   [ratios(x, y), [v / cores[0] for v in x], [v / cores[1] for v in y]])

    report.table("scaling", "our side alone",
                 [("ratio", ""), ("left", "cells/s/core"), ("right", "cells/s/core")])
    for model in o.models:
        with step_side(o, model, threads=2) as two:
            with step_side(o, model, threads=1) as one:
                for what in o.what:
                    pair("2 threads / 1", two, one, what, (2, 1))
            with step_side(o, model, "hce", threads=2) as hce:
                pair("ce / hce, 2 threads", two, hce, "train", (2, 2))


def split(o, report):
    for model in o.models:
        n = STEPS[model, "train"]
        with step_side(o, model) as side:
            facts = side.facts
            peak, parts = turns(o.pairs, lambda: side.number("peak 200"),
                                lambda: side.numbers(f"split {n}"))
        report.table("split", f"{model}, a step on {o.threads} threads",
                     [("time", "ms"), ("share", "%")])
        for name in PARTS_OF_STEP + ["step"]:
            report.row(f"{model} {name}", facts, [[p[name] / n * 1e3 for p in parts],
                                                  [p[name] / p["step"] * 100
                                                   for p in parts]])
        report.table("split", f"{model}, the limit of a core",
                     [("multiply-adds", "1e9/s"), ("share of the limit", "%")])
        report.row(f"{model} in registers", facts, [peak, None])
        if model == "linear":  # its first layer is all that forward and backward do
            layer = float(facts["first_layer"]) * n / o.threads
            reached = [layer / (p["forward"] + p["backward"]) for p in parts]
            report.row("linear first layer", facts,
                       [reached, [r / p * 100 for r, p in zip(reached, peak)]])


def memory(o, report):
    report.table("memory", "a run with its store",
                 [("peak", "MB"), ("cells", "MB"), ("augment", "MB"), ("beyond", "MB"),
                  ("estimate", "MB"), ("bytes/value", "")])
    for model in o.models:
        found = []
        for _ in range(o.memory_repeats):
            with tempfile.TemporaryDirectory(dir=o.folder) as folder:
                with run_side(o, model, "--cells", 10 * BATCH, "--val", BATCH, "--store",
                              os.path.join(folder, "bench.db")) as side:
                    side.ask("epochs 2")
                    found.append(side.numbers("memory"))
                    facts = side.facts
        report.row(model, facts, [
            [m["peak"] / MB for m in found], [m["cells"] / MB for m in found],
            [m["vectors"] / MB for m in found],
            [(m["peak"] - m["cells"] - m["vectors"]) / MB for m in found],
            [m["estimate"] / MB for m in found],
            [float(facts["bytes"]) / float(facts["values"])]])


def growth(o, report):
    """Turns of as many steps on every size: one epoch of the largest."""
    sizes = [n // BATCH * BATCH for n in o.cells]
    model = o.models[0]
    report.table("growth", f"{model}, whole epochs",
                 [("rate", "cells/s"), ("against the first", ""),
                  ("processor time", "us/cell")])
    sides = [run_side(o, model, "--cells", n) for n in sizes]
    try:
        ask = [lambda s=s, n=n: s.numbers(f"epochs {max(sizes) // n}")
               for s, n in zip(sides, sizes)]
        found = turns(o.growth_pairs, *ask)
    finally:
        for side in sides:
            side.__exit__()
    rates = [[t["cells"] / t["wall"] for t in column] for column in found]
    for n, side, rate_n, column in zip(sizes, sides, rates, found):
        report.row(f"{model} {n:,} cells", side.facts,
                   [rate_n, ratios(rate_n, rates[0]),
                    [t["cpu"] / t["cells"] * 1e6 for t in column]])


def store(o, report):
    report.table("store", f"a run of {o.seconds} s",
                 [("share", "%"), ("calls or rows", ""), ("written", "MB")])
    for model in o.models:
        with tempfile.TemporaryDirectory(dir=o.folder) as folder:
            with run_side(o, model, "--cells", o.store_cells, "--val",
                          o.store_cells // 8, "--store",
                          os.path.join(folder, "bench.db")) as side:
                side.ask("epochs 1")
                t = side.numbers(f"seconds {o.seconds}")
        share = {k: 100 * t[k] / t["wall"]
                 for k in ("rows", "progress", "log", "checkpoints", "making")}
        report.row(f"{model} rows", side.facts, [[share["rows"]], [t["n_rows"]], None])
        report.row(f"{model} progress", side.facts,
                   [[share["progress"]], [t["cells"] / BATCH], None])
        report.row(f"{model} log", side.facts, [[share["log"]], None, None])
        report.row(f"{model} checkpoints, stored", side.facts,
                   [[share["checkpoints"]], [t["n_states"] + t["n_models"]],
                    [t["checkpoint_bytes"] / MB]])
        report.row(f"{model} the store in all", side.facts,
                   [[sum(v for k, v in share.items() if k != "making")], None, None])
        report.row(f"{model} checkpoints, made", side.facts,
                   [[share["making"]], None, None])


PARTS = {"speed": speed, "scaling": scaling, "split": split, "memory": memory,
         "growth": growth, "store": store}


def items(text):
    return text.split(",")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--parts", type=items, default=list(PARTS))
    parser.add_argument("--pairs", type=int, default=9, help="repeats that count")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--models", type=items, default=["linear", "mlp", "tabnet"])
    parser.add_argument("--losses", type=items, default=["ce"])
    parser.add_argument("--what", type=items, default=["train", "predict"])
    parser.add_argument("--cpu", default="auto", help="auto, amx, avx512, avx2, generic")
    parser.add_argument("--torch", type=items, default=["published", "tuned"],
                        help="PyTorch's side as it was published, or with all that made\n"
                        "it faster here")
    parser.add_argument("--csv", default="bench.csv")
    parser.add_argument("--folder", default=".", help="for stores and batches: on the "
                        "disk whose writing shall count")
    parser.add_argument("--cells", type=lambda t: [int(x) for x in t.split(",")],
                        default=[20480, 100352, 401408], help="growth: sizes")
    parser.add_argument("--growth-pairs", type=int, default=9)
    parser.add_argument("--memory-repeats", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=60, help="store: how long")
    parser.add_argument("--store-cells", type=int, default=102400)
    o = parser.parse_args()
    unknown = [p for p in o.parts if p not in PARTS]
    if unknown:
        parser.error(f"--parts {','.join(unknown)}: there are {', '.join(PARTS)}")
    report = Report(o.csv)
    for part in o.parts:
        PARTS[part](o, report)


if __name__ == "__main__":
    main()
