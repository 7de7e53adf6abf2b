"""What published tests find of stereotypes in a model.

*Language models* are asked which of two sentences, answers or pronouns they hold for more likely:
CrowS-Pairs (pairs that differ by the group they are about), StereoSet (a stereotype, its contrary
and a word that makes no sense), WinoBias and Winogender (pronouns of people with an occupation),
BBQ (questions that the context leaves open, or answers). *Classifiers and regressors* are given
sentences that differ by a name, a pronoun or an identity term alone: the Equity Evaluation Corpus
(EEC), and the templates of Dixon et al. 2018 ("Jigsaw templates").

A model is a run or a name; the sentences are read from files by their path, for none of the tests
comes with Pellucid, and some are not free to be passed on. Likelihoods are those of the model: of a
masked one each word's, hidden, given the others (pseudo-log-likelihood); of a causal one each
word's, given those before it.

What these tests can't tell: how a model treats anyone where it is used. They hold few hundred to
few thousand sentences, in English, mostly about stereotypes of the United States, written by crowd
workers or made from templates; Blodgett et al. 2021 ("Stereotyping Norwegian Salmon", ACL) find
that many pairs of the first two don't test what they claim to. A score near its ideal is no proof
that there is no stereotype, and scores of different tests, or of masked and causal models, can't be
set beside each other.
"""
