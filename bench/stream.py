#!/usr/bin/env python3
"""The rate of a training whose cells are streamed from disk against one in memory.

  stream.py [--model M] [--threads N] [--turns N] [--seconds S] SMALL.hcp BIG.hcp

Three trainings take turns: SMALL in memory, SMALL and BIG streamed.  The page cache is
dropped before, where that is allowed (root).  Both stores come from bench/make_big_packed.
"""
import argparse
import os
import statistics

from measure import Side

MEMORY = {"memory": "1000G", "streamed": "100M", "big": "1G"}


def drop_cache():
    try:
        with open("/proc/sys/vm/drop_caches", "w") as f:
            f.write("3")
    except OSError as e:
        print(f"the page cache is as it is: {e}")


def rate(side, seconds):
    n = side.numbers(f"seconds {seconds}")
    return n["cells"] / n["wall"], n["cells"] / n["cpu"]


def row(name, side, rates, base):
    wall = [a[0] / b[0] for a, b in zip(rates, base)]
    cpu = [a[1] / b[1] for a, b in zip(rates, base)]
    peak = float(dict(w.split("=") for w in side.ask("memory").split())["peak"])
    print(f"| {name} | {statistics.median(r[0] for r in rates):,.0f} "
          f"| {statistics.median(wall):.3f} [{min(wall):.3f}, {max(wall):.3f}] "
          f"| {statistics.median(cpu):.3f} | {peak / 1e6:.0f} |")


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--model", default="linear")
    p.add_argument("--threads", default="2")
    p.add_argument("--turns", type=int, default=6)
    p.add_argument("--seconds", type=float, default=6)
    p.add_argument("small")
    p.add_argument("big")
    o = p.parse_args()
    argv = [os.environ.get("BENCH_RUN", "bench/bench_run"), "--model", o.model,
            "--threads", o.threads]
    sides = {k: Side(argv + ["--data", o.big if k == "big" else o.small, "--memory", m])
             for k, m in MEMORY.items()}
    drop_cache()
    for side in sides.values():
        rate(side, o.seconds)
    rates = {k: [] for k in sides}
    for _ in range(o.turns):
        for k, side in sides.items():
            rates[k].append(rate(side, o.seconds))
    print(f"| {o.model} | cells/s | ratio by wall-clock time | by processor time "
          "| peak, MB |\n| --- | --- | --- | --- | --- |")
    for k, name in zip(sides, ["small, in memory", "small, streamed", "big, streamed"]):
        row(name, sides[k], rates[k], rates["memory"])


if __name__ == "__main__":
    main()
