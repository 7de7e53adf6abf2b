"""Counterfactuals: what would have to be different for another answer.

Wachter, Mittelstadt & Russell, *Counterfactual Explanations without Opening the Black Box* (2017).
Four kinds: the fewest segments without which another answer is given (``remove``), the fewest that
alone keep the answer (``keep``), the fewest words in place of which others lead to another answer
(``swap``), and the nearest real rows with another label or answer (``neighbour``).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
