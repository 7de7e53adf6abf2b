"""Making the small models that come with the package, from data that the project makes itself.

``python -m pellucid.assets.models.make image`` draws scenes (`assets.samples.scenes_things`), has a
small network learn which colours and shapes stand in them, and keeps the network without its head;
`making` holds how each model is made. All train through the engine that everyone else uses; what a
model learnt from, how well, and by which command stands in its card.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from .making import MAKERS, maker


def main() -> None:
    """Make the model that is asked for."""
    parser = argparse.ArgumentParser(description="Make a model that comes with the package.")
    parser.add_argument("name", choices=list(MAKERS))
    parser.add_argument("--out", type=Path, help="folder of the model; beside this file")
    parser.add_argument("--count", type=int, help="samples that are made for it")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int, default=13)
    asked = parser.parse_args()
    module = maker(asked.name)
    defaults = module.DEFAULTS[asked.name]
    out = asked.out or Path(__file__).parent / asked.name
    with tempfile.TemporaryDirectory() as work:
        module.make(
            asked.name,
            out,
            Path(work),
            count=asked.count or defaults.count,
            epochs=asked.epochs or defaults.epochs,
            seed=asked.seed,
        )


if __name__ == "__main__":
    main()
