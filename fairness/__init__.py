"""Whom a model treats worse.

A *group* is the rows that share a value of a sensitive column (``gender`` = ``female``), or of
several columns at once (an intersection, ``gender×age_band``). Rows without a value are a group of
their own. An *audit* measures how a model answers in each group and sets the groups side by side.

What is measured, for the class that counts as positive (the favourable answer):

- ``selection_rate``: how many of the rows are predicted positive.
- ``true_positive_rate`` (recall): how many of the truly positive rows are predicted positive;
  ``false_negative_rate`` is what is missing to 1.
- ``false_positive_rate``: how many of the truly negative rows are predicted positive.
- ``precision``: how many of the rows predicted positive are truly so.
- ``accuracy``: how many rows are predicted right; ``base_rate``: how many are truly positive.

Of sets of labels each label is measured so; of numbers the mean error and its size; of written
answers how many equal the expected one, how much of its words they hold, and how long they are.

Each rate carries a Wilson interval, and each group the *signed difference* of its rate to all
other rows with Newcombe's interval: this is where to look for a group that is treated worse. The
*largest gaps* sum a column up in one number, as fairlearn defines them: *demographic parity*
compares selection rates, *equal opportunity* true positive rates, *equalized odds* both true and
false positive rates. Gaps carry a permutation p-value instead of an interval.

What an audit can't tell: why groups differ (the data may differ, not only the model); whether the
labels themselves are fair; anything sure about a group of few rows, which is marked and never
hidden; and which of these yardsticks is the right one, for they can't all hold at once where base
rates differ. A difference that is not found is no proof that there is none.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
