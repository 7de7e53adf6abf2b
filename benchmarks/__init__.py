"""Side-by-side measurements against what people would use instead.

Run one as ``python -m pellucid.benchmarks finetune``; each prints a ratio measured in one run, with
both sides interleaved, and can append it to RESULTS.md with ``--record``.
"""
