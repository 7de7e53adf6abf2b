"""Documents by which others can hold someone to account for a model.

A *data sheet* (Gebru et al. 2021) says what a dataset is and where it comes from; a *model card*
(Mitchell et al. 2019) says what a model is for, how it was measured, also by group, and what was
found about harm. Both are filled in from the run: nothing is invented. What only people know they
state in the recipe (`report.statements`), and where they didn't it says so.

What they can't do: make anyone read them, or replace a judgement of whether a model should be used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
