"""Running the sides of a comparison in turn, each run in a process of its own."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import median

Figures = dict[str, float]
"""What one run of a side came to: seconds (wall), cpu (seconds of all threads), and its own."""


def options(command: argparse.ArgumentParser, seeds: int = 3) -> None:
    """Declare the options that every comparison has."""
    command.add_argument("--seeds", type=int, default=seeds, help="runs of each side")
    command.add_argument("--quick", action="store_true", help="few rows and one seed, to try it")
    command.add_argument("--side", help=argparse.SUPPRESS)
    command.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)


def run(
    name: str, sides: Sequence[str], seeds: int, passed: Sequence[str]
) -> dict[str, list[Figures]]:
    """Run every side once for each seed, in turn; every other seed the other way round.

    Parameters
    ----------
    name
        The benchmark, as the command line has it.
    sides
        What the child is given as ``--side``.
    seeds
        Runs of each.
    passed
        Options that the children are given too.
    """
    found: dict[str, list[Figures]] = {side: [] for side in sides}
    for seed in range(seeds):
        for side in sides[:: -1 if seed % 2 else 1]:
            command = [sys.executable, "-m", "pellucid.benchmarks", name, "--side", side]
            done = subprocess.run(
                [*command, "--seed", str(seed), *passed],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "HF_HUB_OFFLINE": "1"},
            )
            figures = json.loads(done.stdout.splitlines()[-1])
            found[side].append(figures)
            print(f"seed {seed} {side:24} {words(figures)}", flush=True)
    return found


def answer(sides: Mapping[str, Callable[[], Figures]], side: str) -> None:
    """Run one side in this process and print what it came to, for `run`."""
    print(json.dumps(sides[side]()))


@contextmanager
def timed(figures: Figures) -> Iterator[None]:
    """Note the wall and CPU seconds of a block."""
    began, cpu = time.perf_counter(), time.process_time()
    yield
    figures["seconds"] = time.perf_counter() - began
    figures["cpu"] = time.process_time() - cpu


def ratios(found: Mapping[str, list[Figures]], slow: str, fast: str) -> list[str]:
    """Say how many times as long one side takes as another: the median over the seeds."""
    lines = []
    for figure, name in (("seconds", "wall"), ("cpu", "CPU")):
        pairs = zip(found[slow], found[fast], strict=True)
        each = [theirs[figure] / ours[figure] for theirs, ours in pairs]
        lines.append(
            f"{name} time, {slow} / {fast}: median {median(each):.2f} "
            f"({min(each):.2f} to {max(each):.2f} over {len(each)} seeds)"
        )
    return lines


def means(found: Mapping[str, list[Figures]], figure: str, name: str) -> list[str]:
    """Say the mean of a figure over the seeds, for every side that has it."""
    lines = []
    for side, runs in found.items():
        known = [one[figure] for one in runs if figure in one]
        if known:
            lines.append(f"{name}, {side}: {sum(known) / len(known):.4g} on average")
    return lines


def words(figures: Figures) -> str:
    """Write the figures of one run in a line."""
    return ", ".join(
        f"{value:.1f} s {'wall' if name == 'seconds' else 'CPU'}"
        if name in ("seconds", "cpu")
        else f"{name} {value:.4g}"
        for name, value in figures.items()
    )
