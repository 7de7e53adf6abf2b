"""Why the model answered so: scores over the segments of a sample, and proof that they add up.

An *attribution* gives every segment (word) of a sample a score for one answer: above zero it
spoke for the answer, below zero against it. Integrated gradients (Sundararajan, Taly & Yan 2017)
sums the gradient along the straight line from a *baseline*, a sample that says nothing, to the
sample. Its scores add up to the difference between the two answers; by how much they don't is
the *completeness error*, which is shown with every map. An attribution says what this model used,
not what is true of the world.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
