"""Run as: python -m pellucid.benchmarks finetune [--record] [options of the benchmark]."""

from __future__ import annotations

import argparse

from . import (
    audit,
    bundled,
    domain_adaptation,
    faithfulness,
    finetune,
    head,
    integrated_gradients,
    learns,
    llm_attribution,
    lora,
    media,
    methods_table,
    occlusion,
    partition_shap,
    planted,
    predict,
    remedies,
    vlm,
    window,
)

BENCHMARKS = {
    "audit": audit,
    "finetune": finetune,
    "head": head,
    "integrated-gradients": integrated_gradients,
    "llm-attribution": llm_attribution,
    "lora": lora,
    "predict": predict,
    "learns": learns,
    "domain-adaptation": domain_adaptation,
    "bundled": bundled,
    "media": media,
    "methods-table": methods_table,
    "faithfulness": faithfulness,
    "occlusion": occlusion,
    "partition-shap": partition_shap,
    "planted": planted,
    "remedies": remedies,
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
