"""What changes in the answers where a text is about another group: counterfactual swaps.

Every test row whose text has a term of a list (`fairness.terms`) is answered as it is and with its
terms swapped for those of each other group. Of a model that tells classes apart is measured:

- the *flip rate*: the share of swapped texts with another answer, and the share of rows of which
  any swap changes the answer, with Wilson intervals where each row counts once;
- the *score shift* of each class: score of the swapped text minus that of the text as it is, as a
  mean with its sign, and as a mean without (Garg et al., "Counterfactual fairness in text
  classification through robustness", AIES 2019, calls the latter the counterfactual token fairness
  gap). Intervals are bootstrapped over rows, all swaps of a row together.

Of a model that answers with a number the shift of that number is measured, and of one that writes
how alike both answers are: exact equality, ratio of their lengths in words, and chrF. An answer
counts as equal too where it is the swapped form of the other one ("he" for "she").

What it can't tell: whether an answer ought to stay the same. A text about a mosque may rightly be
answered otherwise than one about a church, and some swaps make a text odd or untrue; a model also
reacts to what is odd. Small shifts in many texts and large ones in few come to the same mean. No
shift in these texts is no proof that there is none in others. Names, pictures and all that no list
holds stay as they are. Read the pairs: they are kept whole in audit/swapped.parquet.
"""
