"""What can be done about a model that treats groups unlike, and what it costs.

A *remedy* changes how a model is trained, or what is made of its scores. While it is trained:

- ``reweigh``: rows count as if group and label had nothing to do with each other.
- ``balanced``: every group, or every group and label, is drawn equally often.
- ``penalty``: the loss grows with differences between the groups' mean predicted probabilities.
- ``adversary``: a second model guesses the group from the scores; the model learns to prevent it.
- ``group_dro``: the groups with the largest loss count most.

Behind it, where one class stands against the rest, and from the scores of the trained model:

- ``threshold_optimizer``: a threshold for each group (fairlearn), which may be drawn by lot.
- ``reject_option``: near the threshold the group with fewer positive answers gets the positive one.
- ``exponentiated_gradient``: many classifiers on what the model's last layer reads (fairlearn).

`compare_remedies` puts remedies and strengths beside each other: accuracy against disparity, chosen
on validation rows and shown once on test rows, with intervals, and with what
each of them makes worse.

What it can't tell: whether a yardstick is the right one, for they can't all hold at once where base
rates differ; whether the same trade would be found in other data, beyond what the intervals say;
what a remedy does to groups that no column names. Remedies behind the training, and any comparison
of groups, need the group of every row that is answered, which may be neither known nor lawful to
use. A difference that became smaller in these rows is no promise of fairness.
"""
