"""Words by which a text speaks of people: who is mentioned, and the same text about others.

A *list* names for a category (gender, religion …) the words of each group with their forms: the
plural, capitals, phrases ("people of color"), words that are one thing in front of a noun and
another alone ("Jewish", "a Jew"). Words are matched whole and in any case, the longest phrase
first, so "caucasian" holds no "asian" and "Native Americans" no "Americans". Words that mean people
only sometimes ("black", "straight", "old", "blind") count where the words around them say so.

Two things are made of it. *Groups from text* (`grouped`): which rows mention which group, as one
sensitive column per category, and as a yes or no for each term, as subgroup areas under the curve
need it. *Swaps* (`swap`): the same text about another group, in right English: her becomes him or
his, an Asian a Black person, the waitress's the waiter's.

What this can't tell: a text that mentions a group need not be written by it or be about it. The
lists are short, American in their spelling, and in English; whoever is spoken of in other words
isn't found. Words are swapped by rules and word lists, which know nothing of what a text means:
some swaps are odd or untrue (a swapped name keeps its surname), and some sentences about one group
make no sense about another, so that a different answer to them need not be unfair. Read the pairs.
"""
