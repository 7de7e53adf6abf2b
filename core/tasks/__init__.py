"""Tasks: what a model can learn to do, one file each.

`make` returns the task that a recipe names. A task knows how its answers are checked, encoded,
learnt, measured and written; the loop, the runs and the window know none of that.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
