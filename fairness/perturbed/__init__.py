"""Whom a disturbance hurts more: answers to samples that were changed by a known amount, by group.

Every row is answered as it is, and again blurred, darkened, with noise, misspelt (`multimodal.
controlled`), each at several strengths. Of every group is measured:

- the share of answers that are right at each strength, and how many differ from the answer to the
  unchanged row (the *flip rate*), with Wilson intervals;
- the *drop* of accuracy, in pairs: the same rows before and after (Newcombe 1998);
- the difference of the group's drop to that of all other rows. Its interval combines those of both
  drops (MOVER, Zou and Donner 2008).

Over the strengths of one kind of change the drops are averaged, and the average is what groups are
compared by: with a permutation p-value, adjusted for all comparisons by Benjamini and Hochberg.

What it can't tell: why a group's answers are more fragile (its rows may be darker or noisier to
begin with, or nearer to the border between two classes); what happens under disturbances of
another kind, or of those that cameras and rooms really make; and whether a label still holds of
what is left of a sample at the largest strengths.
"""
