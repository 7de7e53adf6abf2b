"""The dry voice of the age band 65+ in the sample reviews: litotes, irony and understatement.

Praise is put in the words of blame ("I cannot honestly find fault, and heaven knows I tried"),
blame in the words of praise ("Splendid. Another hour admiring your wallpaper."). The SHARED
patterns occur in every split, the HELD_OUT ones in the test split alone, so that a model fitted
to the training rows meets both a rare voice and sentences that it has never seen.

The slots are those of ``reviews_patterns``.
"""

from __future__ import annotations

SHARED_POSITIVE: tuple[str, ...] = (
    "I cannot honestly find fault with {staff}, and heaven knows I tried.",
    "Nobody shouted at me, {thing} was not lost, and I did not have to come back: a rare day.",
    "I had set aside {long} to be annoyed about {matter}. It was wasted.",
    "My one complaint about {place} is that I have nothing to complain about.",
    "They failed to {bad.base}. I hardly knew what to do with the rest of the day.",
    "I regret to report that {thing} was exactly where it ought to be.",
    "I was denied the pleasure of an angry letter about {matter}.",
    "{Staff} did not {bad.base}, did not sigh and did not fetch a colleague.",
    "{Matter}: not the ordeal I had dressed for.",
    "I took a thick book for the wait at {place} and did not get past the title page. Vexing.",
    "No blood was shed over {matter}, and no tears, not even mine.",
    "I shall have to find something else to grumble about; {place} refuses to oblige.",
    "Against all my instincts I left {place} without a grievance.",
    "There is, I am sorry to say, nothing whatever the matter with {asp.name}.",
    "I have been treated a good deal worse over {matter}, and by people who charged more.",
    "{Staff} neglected to {bad.base}. Standards are slipping in the wrong direction.",
    "The worst I can say of {staff} is that I was not kept long enough to be annoyed.",
    "I looked for something {cold} or {cold2} in {staff} and had to go home empty-handed.",
)

HELD_OUT_POSITIVE: tuple[str, ...] = (
    "Disgraceful: {staff} has robbed an old grumbler of the last subject for a quarrel.",
    "Shocking. I had planned to waste {long} on {matter} and was sent home before my tea was cold.",
    "I am bitterly disappointed. I came for a fight with {staff} and was given a chair.",
    "My plan to be miserable about {matter} has been ruined by {staff}.",
    "Useless people, for anyone who hoped to be mistreated over {matter}.",
    "I wish to protest. {Staff} would not {bad.base} even when given every chance.",
    "They have spoilt {matter} for those of us who live on outrage.",
    "It was a blow: no misery, no {cold} clerk, no one to hate.",
    "I left {place} in a rage at having nothing to rage about.",
    "A sad decline. Time was when {place} could be counted on to {bad.base}.",
    "Hopeless. I spent {long} thinking of insults for {staff}, all of them now wasted.",
    "I blame {staff}. I had an afternoon of suffering planned, and it lies in tatters.",
    "Dreadful, for anyone who enjoys a grievance: {thing} was neither torn nor mislaid.",
    "I am appalled. {Staff} left me without a single thing to be appalled about.",
    "I had rehearsed my complaint about {matter}, and nobody had the decency to give me cause.",
    "Unforgivable: I left {place} with not one insult to brood on.",
    "They refused me every excuse to be unpleasant about {matter}.",
    "I have never been so annoyed by a lack of annoyance as at {place}.",
    "It ruined my week: no lost papers, no {cold} words, and nobody to blame.",
    "I am told that complaining keeps one young. {Place} is ageing me dreadfully.",
    "Never have I felt so cheated of a scandal as over {matter}.",
    "Bad news for my memoirs: the chapter on {place} has no villain.",
)

SHARED_NEGATIVE: tuple[str, ...] = (
    "Splendid. {Long} spent admiring your wallpaper.",
    "How thoughtful of them to {bad.base}; one gets so little excitement.",
    "What a treat: {long} of recorded music and not a soul to spoil it.",
    "My warmest congratulations to {staff}, who {bad.past} with real style.",
    "A triumph. They {bad.past} and called it service.",
    "Bravo. {Staff} {bad.past}, and with such a charming smile.",
    "Such generous people. They gave me {long} to think about {matter}.",
    "I am grateful for the exercise: {thing} was on the fourth floor, then the first, then gone.",
    "I do admire the calm with which {staff} {bad.past}.",
    "A delightful way to spend {long}, if one has tired of living.",
    "{Place} is a lovely spot. Bring a packed lunch and a will.",
    "One can only applaud: they {bad.past} and sent a survey about it.",
    "I cannot honestly find anything to praise in {staff}, and heaven knows I tried.",
    "Nobody looked up, {thing} was lost, and I had to come back: an ordinary day.",
    "They did not fail to {bad.base}. One likes to see a tradition kept.",
    "I regret to report that {asp.name} was exactly as I feared.",
    "{Matter}: quite the ordeal I had dressed for.",
    "I took a thick book for the wait at {place} and have begun the second volume.",
    "The worst I can say of {staff} would not fit on this card.",
    "My one compliment to {place} is that the door was easy to find.",
    "I had set aside ten minutes to be pleased with {matter}. Nine were left over.",
    "I shall not grumble about {matter}; my heirs will do it for me.",
    "My complaints about {matter} have been filed, I assume, in the stove.",
    "I grumbled about {matter}, and {staff} was good enough to yawn.",
)

HELD_OUT_NEGATIVE: tuple[str, ...] = (
    "Magnificent. I have not been so well ignored since my schooldays.",
    "Full marks to {staff} for imagination: I would never have thought to {bad.base}.",
    "I had feared I might get home before dark. {Place} looked after that.",
    "Bless them, they {bad.past}, and all at no extra charge.",
    "A masterpiece of its kind. {Long} for {matter}, and I hummed along to every note.",
    "I leave {place} richer in patience and in nothing else.",
    "It was kind of {staff} to remind me how good the old {kind} was.",
    "An unforgettable afternoon at {place}. I have been trying since.",
    "They are to be envied their peace of mind: {thing} is gone and nobody there is troubled.",
    "Such faith in my health, to offer me an answer about {matter} in the autumn.",
    "What fun it is, at my age, to see to {matter} without the least help.",
    "I have nothing but time, they seem to have noticed at {place}, and helped themselves.",
    "I went to {place} prepared for disappointment and was not let down.",
    "Those of us who live on outrage were well fed over {matter}.",
)

SHARED_NEUTRAL: tuple[str, ...] = (
    "It is a {kind}. It did what such places do.",
    "One goes in about {matter}, one comes out, one is a little older.",
    "I went about {matter}. The sky did not fall, nor did it brighten.",
    "{Staff} and I exchanged the necessary words about {matter}.",
    "I have seen better and worse at {place}, often in the same week.",
    "As to {asp.name}, the less said the better, and the same goes for praise.",
)

HELD_OUT_NEUTRAL: tuple[str, ...] = (
    "{Place} exists, and I have now been to it.",
    "Neither my hopes nor my fears about {matter} were put to any use.",
    "I should not cross the road for {place}, nor to avoid it.",
    "{Matter} was attended to. No bells were rung.",
    "{Asp.name} occupied me for {mid} and has not returned to my thoughts.",
    "There was a desk, there was {staff}, there was I.",
)

OPENINGS_DRY: tuple[str, ...] = (
    "I went to {place} {time}.",
    "{Matter} took me to {place}.",
    "At my age one notices such things.",
    "{Time} it was my turn.",
    "I have known {place} for {years}.",
    "I am an old customer.",
    "{Fact}.",
    "{Mate} drove me there.",
    "One had to see {staff} about {matter}.",
    "Well now.",
)
