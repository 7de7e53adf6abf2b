"""What doesn't differ between text, image and audio: data, training, evaluation, runs, reports.

A `Dataset` is a table whose columns have roles. `fit` is the training loop. A `Run` is the folder
that one execution of a recipe leaves behind. `evaluate` measures predictions. `events` and `jobs`
tell how work goes on and let people end it.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
