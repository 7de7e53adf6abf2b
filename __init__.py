"""Pellucid fine-tunes models, shows why they answer as they do, and whom they treat worse.

The public names load what they need when they are first used; importing pellucid loads no torch.

>>> import pellucid
>>> recipe = pellucid.Recipe.load("recipe.yaml")  # doctest: +SKIP
>>> run = pellucid.execute(recipe, runs="runs")  # doctest: +SKIP
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
