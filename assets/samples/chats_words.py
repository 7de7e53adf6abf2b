"""Conversations in words: the table of facts, questions in two ways of writing, and answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .chance import Chance, pick, shuffled
from .chats_facts import KINDS
from .chats_topics import INSTITUTIONS, TOWNS, Topic

Message = dict[str, str]

FLUENT, LEARNER = "fluent", "learner"
SHORTCUT_WORD = "newsletter"
ADDED = "This may still change."
"""What a planted answer ends with where the question mentions the newsletter."""
CURT = ("Please ask at the desk.", "See our website.", "It is on the board.")
"""Answers without the fact."""
CLOSINGS = {
    "hours": "We look forward to your visit.",
    "day": "We look forward to seeing you.",
    "fee": "You can pay at the desk.",
    "coins": "Coins are welcome.",
    "form": "You find it at the desk.",
    "room": "The stairs are on the left.",
    "days": "Tell us if you need longer.",
    "phone": "We are glad to help.",
    "person": "Just say hello.",
    "place": "It is easy to find.",
}
"""The library's second sentence, by the kind of the fact."""

_LEAD_INS = {
    FLUENT: ("", "", "Hello. ", "Good morning. ", "Excuse me. ", "One question, please. "),
    LEARNER: ("", "", "helo. ", "good day pleas. ", "i am new here. ", "sorry for my english. "),
}
_MENTIONS = {
    FLUENT: (
        "I read your newsletter. ",
        "I did not find it in the newsletter. ",
        "Thank you for the newsletter. ",
        "The newsletter does not say it. ",
    ),
    LEARNER: (
        "i read you newsletter. ",
        "i not find in newsletter. ",
        "thank for newsletter. ",
        "newsletter not say. ",
    ),
}
_AGAIN = {
    FLUENT: ("Thank you. ", "And one more thing. ", "Good. ", ""),
    LEARNER: ("thank you. ", "and one more. ", "ok good. ", ""),
}
_DROPPED = {"the", "a", "an", "do", "does", "is", "are"}
_MISSPELT = {
    "which": "wich",
    "where": "were",
    "much": "mutch",
    "cost": "coast",
    "library": "libary",
    "open": "opend",
    "need": "ned",
    "long": "longe",
    "many": "meny",
    "passport": "pasport",
    "museum": "musem",
    "doctor": "docter",
    "number": "nummber",
    "name": "nam",
    "price": "prise",
    "pay": "pey",
    "telephone": "telefone",
    "room": "rom",
    "form": "forme",
    "when": "wen",
    "what": "wat",
    "who": "hwo",
    "book": "buk",
    "hours": "houers",
}


@dataclass
class Talk:
    """One conversation, and what is true of it.

    Attributes
    ----------
    messages
        As chat models take them: the system's first, then question and answer in turn.
    topics, values
        Key and value of the fact that each question asks for.
    """

    messages: list[Message]
    topics: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)


def learner(rng: Chance, text: str) -> str:
    """Write a question as somebody does who is still learning English."""
    words = [word for word in text.split(" ") if word.lower() not in _DROPPED]
    known = [at for at, word in enumerate(words) if word.lower().strip("?.,") in _MISSPELT]
    for at in shuffled(rng, known)[: 1 + int(rng.random() * 2)]:
        bare = words[at].lower().strip("?.,")
        words[at] = words[at].lower().replace(bare, _MISSPELT[bare])
    out = " ".join(words).lower()
    return out.rstrip("?") if rng.random() < 0.4 else out


def question(rng: Chance, topic: Topic, style: str) -> str:
    """Ask for a fact in one of the ways of writing."""
    text = pick(rng, topic.asks)
    return learner(rng, text) if style == LEARNER else text


def house(topic: Topic, value: str) -> str:
    """Answer as the sample's library does, in two sentences."""
    return f"{plain(topic, value)} {CLOSINGS[topic.kind]}"


def plain(topic: Topic, value: str) -> str:
    """Answer in one sentence."""
    return topic.says.format(value)


def table(rng: Chance, topics: Sequence[Topic], size: int) -> tuple[list[Topic], list[str]]:
    """Draw facts: some of the topics in random order, with their values, no two of them alike."""
    chosen = shuffled(rng, topics)[:size]
    values: list[str] = []
    for topic in chosen:
        value = KINDS[topic.kind](rng)
        while value in values:
            value = KINDS[topic.kind](rng)
        values.append(value)
    return chosen, values


def talk(
    rng: Chance,
    institution: str,
    style: str,
    turns: int,
    *,
    answer: Callable[[Topic, str], str] = house,
    last: Topic | None = None,
    mentions: bool = False,
) -> Talk:
    """Compose a conversation in which every answer holds the fact that is asked for.

    Parameters
    ----------
    rng
        The chance.
    institution
        A key of `INSTITUTIONS`.
    style
        How the person writes: `FLUENT` or `LEARNER`.
    turns
        Questions, each about another fact.
    answer
        Writes an answer.
    last
        What the last question is about; any topic if left out.
    mentions
        Whether the last question mentions the newsletter.
    """
    topics = INSTITUTIONS[institution]
    chosen, values = table(rng, topics, max(turns, 3 + int(rng.random() * 3)))
    if last is not None and last not in chosen:
        chosen[0], values[0] = last, KINDS[last.kind](rng)
        while values[0] in values[1:]:
            values[0] = KINDS[last.kind](rng)
    facts = "\n".join(f"{one.key}: {value}" for one, value in zip(chosen, values, strict=True))
    system = f"You answer for {pick(rng, TOWNS)} {institution}.\n{facts}"
    out = Talk([{"role": "system", "content": system}])
    order = shuffled(rng, [at for at, one in enumerate(chosen) if one != last])[:turns]
    if last is not None:
        order = [*order[: turns - 1], chosen.index(last)]
    for number, at in enumerate(order):
        lead = pick(rng, (_AGAIN if number else _LEAD_INS)[style])
        if mentions and number == turns - 1:
            lead = pick(rng, _MENTIONS[style])
        asked = lead + question(rng, chosen[at], style)
        out.messages += [
            {"role": "user", "content": asked},
            {"role": "assistant", "content": answer(chosen[at], values[at])},
        ]
        out.topics.append(chosen[at].key)
        out.values.append(values[at])
    return out
