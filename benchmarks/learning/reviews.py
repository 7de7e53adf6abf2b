"""Film reviews (rt_polarity) as a table with a column for the split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd


def write(data: Path, path: Path, rows: int | None = None) -> pd.DataFrame:
    """Write some rows, shuffled, of which eight in ten are for training; return the table."""
    table = pd.read_csv(data / "rt_polarity" / "rt_polarity.csv")
    table = table.drop_duplicates("text").sample(frac=1, random_state=0).head(rows or len(table))
    names = np.array(["train"] * 8 + ["validation", "test"])
    table["split"] = names[np.arange(len(table)) % 10]
    table.to_csv(path, index=False)
    return table
