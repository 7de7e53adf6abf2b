"""Figures of the report, drawn from plain data by matplotlib.

`svg` gives a picture that stands inside a page: real text in the page's font, colours that follow
the page's theme, no style of its own (a strict content security policy blocks inline styles), and
a title and description for those who don't see it. `png` gives the same picture for slides and
papers. A figure is laid out in pixels for the width at which it is shown, so a page can carry one
for a desk and one for a phone instead of a picture that shrinks until nobody can read it.

Nothing here touches pyplot or changes matplotlib's settings for others, and the same figure
always gives the same text.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
