"""Two audits beside each other: what a change of model, data or threshold did to whom.

For every group and figure that both audits have: the figure before and after, its change, the
group's difference to all other rows before and after, and the change of that difference, each with
an interval. For every largest gap between groups: before, after, and its change.

Where both are runs that answered the same test rows, intervals are paired: a row that both answer
alike says nothing about a change, so that paired intervals are mostly narrower. Else the rows of
the two are taken as separate ones.

What it can't tell: why a difference changed (the data may have changed, not only the model);
whether a change that can't be told from none is none; and whether a gap that became smaller did so
because the one group fares better, or because the other fares worse, unless the groups' own figures
are read with it.
"""
