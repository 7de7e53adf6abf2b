"""What a model gives away of the rows that it was trained on.

Four checks, each of which measures one way to get at training rows:

- *Membership* (``membership``): can someone who holds a row tell by the model's loss on it whether
  it was trained on (Yeom et al. 2018)? The area under the ROC curve of such guesses is .5 where
  they are no better than a coin, and 1 where every row is told.
- *Canaries* (``canaries``, ``exposure``): made-up secrets that were planted into the table before
  training. Their *exposure* (Carlini et al. 2019) says how far the model prefers a planted secret
  to all others that could have stood there.
- *Overlap* (``overlap``): given the beginning of a training row, does a generative model write
  words that stand in the training rows, and more so than for rows that were held out?
- *Personal data* (``personal``): e-mail addresses, telephone numbers, account numbers and the like
  that stand in the table itself, whatever the model makes of them.

What none of them can tell: that nothing leaks. Each tries one attack, and there are stronger ones
(shadow models, the model's weights, many questions). A figure near chance says that this attack
found nothing on these rows. Patterns find data that has a form; names, stories and rare facts that
make a person known have none.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
