"""What the model's answers rest on, group by group: words, places of pictures, bands of sounds.

Read are the attributions that a run's folder holds (``explanations/<method>.parquet``) and the
groups of its predictions. Every explained row says how much each of its words, or each place of its
picture or sound, spoke for the answer that was given. Of these scores are compared:

- a group and all other rows: which words, patches or bands have another mean score, and how often
  they stand in the rows of either at all;
- among all rows, and within each group, those answered wrong and those answered right: what drives
  the errors;
- the share of the absolute scores that lies on words for people (`fairness.terms`, or any pattern).

Differences carry a p-value from groups given to the rows at random, adjusted by Benjamini and
Hochberg over the words (or places) of one comparison, and a bootstrap interval over rows. The
largest of many differences are shown, so that they are rather too large than too small.

What it can't tell: that a word or place is the cause of a difference. An attribution is an estimate
of what a model used for one answer, by one method; groups differ in what they write about, who took
their pictures and how; and a model can treat groups differently by the very same words. What stands
out here is where to look, and what to change in a test of its own.
"""
