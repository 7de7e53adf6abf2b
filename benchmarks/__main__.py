"""Run as: python -m pellucid.benchmarks finetune [--record] [options of the benchmark]."""

from __future__ import annotations

import argparse

from . import (
    bundled,
    domain_adaptation,
    finetune,
    head,
    learns,
    lora,
    media,
    predict,
    vlm,
    window,
)

BENCHMARKS = {
    "finetune": finetune,
    "head": head,
    "lora": lora,
    "predict": predict,
    "learns": learns,
    "domain-adaptation": domain_adaptation,
    "bundled": bundled,
    "media": media,
    "vlm": vlm,
    "window": window,
}


def main() -> None:
    """Choose a benchmark by its name and pass the rest on."""
    parser = argparse.ArgumentParser(prog="python -m pellucid.benchmarks")
    commands = parser.add_subparsers(dest="name", required=True)
    for name, module in BENCHMARKS.items():
        command = commands.add_parser(name, help=(module.__doc__ or "").splitlines()[0])
        command.add_argument("--record", action="store_true", help="append to RESULTS.md")
        module.options(command)
    chosen = parser.parse_args()
    BENCHMARKS[chosen.name].main(chosen)


if __name__ == "__main__":
    main()
