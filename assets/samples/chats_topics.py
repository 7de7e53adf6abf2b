"""What people ask institutions for: each fact's name, questions about it, and what is answered.

The institutions are invented. A library is what the sample is about; the others are there to train
models with.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """One fact that an institution can be asked for.

    Attributes
    ----------
    key
        Its name in the table of facts.
    kind
        Of its value: one of `chats_facts.KINDS`.
    asks
        Questions about it, in fluent English.
    says
        The answer, with ``{}`` in place of the value.
    """

    key: str
    kind: str
    asks: tuple[str, ...]
    says: str


LIBRARY = (
    Topic(
        "opening hours",
        "hours",
        ("When are you open?", "What are the opening hours?", "When is the library open?"),
        "The library is open from {}.",
    ),
    Topic(
        "Saturday hours",
        "hours",
        ("Are you open on Saturday?", "When can I come on Saturday?", "What about Saturday hours?"),
        "On Saturday we are open from {}.",
    ),
    Topic(
        "loan period",
        "days",
        (
            "How long may I keep a book?",
            "For how many days can I borrow a book?",
            "When does a book have to be back?",
        ),
        "You may keep a book for {}.",
    ),
    Topic(
        "late fee",
        "coins",
        (
            "What does it cost when a book is late?",
            "How much is the late fee?",
            "What do I pay for a late book?",
        ),
        "The late fee is {} a week.",
    ),
    Topic(
        "library card",
        "fee",
        (
            "How much does a library card cost?",
            "What is the price of a card?",
            "What do I pay for a library card?",
        ),
        "A library card costs {} a year.",
    ),
    Topic(
        "card form",
        "form",
        (
            "Which form do I need for a card?",
            "What form does a new reader have to fill in?",
            "Which form is the one for a library card?",
        ),
        "For a card you need form {}.",
    ),
    Topic(
        "story hour",
        "day",
        (
            "When is the story hour?",
            "When do you read stories to the children?",
            "On which day is the story hour?",
        ),
        "The story hour is on {}.",
    ),
    Topic(
        "study room",
        "room",
        (
            "Where is the study room?",
            "Which room is the one for quiet study?",
            "Is there a room where I can study?",
        ),
        "The study room is {}.",
    ),
    Topic(
        "printing",
        "coins",
        (
            "How much does a printed page cost?",
            "What do I pay for a page from the printer?",
            "What is the price of printing?",
        ),
        "A printed page costs {}.",
    ),
    Topic(
        "book returns",
        "place",
        (
            "Where can I return a book at night?",
            "Where is the box for book returns?",
            "At which place do I bring the books back?",
        ),
        "You can return books at {}.",
    ),
    Topic(
        "librarian",
        "person",
        (
            "Who helps me to find a book?",
            "What is the name of the librarian?",
            "Who is the librarian?",
        ),
        "Our librarian is {}.",
    ),
    Topic(
        "telephone",
        "phone",
        (
            "What is your telephone number?",
            "How can I call the library?",
            "Under which number can I call you?",
        ),
        "Our telephone number is {}.",
    ),
)

CLINIC = (
    Topic("clinic hours", "hours", ("When is the clinic open?",
        "What are the hours of the clinic?"), "The clinic is open from {}."),
    Topic("blood tests", "day", ("When can I have a blood test?",
        "On which day are the blood tests?"), "Blood tests are on {}."),
    Topic("next appointment", "day", ("When is the next free appointment?",
        "When can I see a doctor?"), "The next free appointment is {}."),
    Topic("doctor", "person", ("Who is the doctor today?",
        "Which doctor is in today?"), "The doctor today is {}."),
    Topic("waiting room", "room", ("Where do I wait?",
        "Which room is the waiting room?"), "The waiting room is {}."),
    Topic("referral form", "form", ("Which form is for a referral?",
        "What form do I need to see a specialist?"), "For a referral you need form {}."),
    Topic("parking", "coins", ("What does parking cost?",
        "How much do I pay for a parking space?"), "Parking costs {} an hour."),
    Topic("test results", "days", ("How long do test results take?",
        "When do I get the results?"), "Results take {}."),
    Topic("emergency number", "phone", ("Which number do I call at night?",
        "What is the emergency number?"), "The emergency number is {}."),
)  # fmt: skip

TOWN_HALL = (
    Topic("office hours", "hours", ("When is the town hall open?",
        "What are your office hours?"), "The town hall is open from {}."),
    Topic("passport fee", "fee", ("How much is a passport?",
        "What does a new passport cost?"), "A passport costs {}."),
    Topic("passport form", "form", ("Which form do I need for a passport?",
        "What form is the one for a passport?"), "For a passport you need form {}."),
    Topic("passport time", "days", ("How long does a passport take?",
        "When will the passport be ready?"), "A passport takes {}."),
    Topic("registry office", "room", ("Where is the registry office?",
        "In which room can I register a move?"), "The registry office is {}."),
    Topic("mayor", "person", ("Who is the mayor?",
        "What is the name of the mayor?"), "The mayor is {}."),
    Topic("council meeting", "day", ("When does the council meet?",
        "When is the council meeting?"), "The council meets on {}."),
    Topic("dog licence", "fee", ("What does a dog licence cost?",
        "How much do I pay for a dog?"), "A dog licence costs {} a year."),
    Topic("recycling", "place", ("Where can I bring old glass?",
        "Where is the recycling point?"), "The recycling point is at {}."),
    Topic("switchboard", "phone", ("What is the number of the town hall?",
        "How do I call the town hall?"), "The number of the town hall is {}."),
)  # fmt: skip

POOL = (
    Topic("pool hours", "hours", ("When can I swim?",
        "When is the pool open?"), "The pool is open from {}."),
    Topic("ticket", "fee", ("What does a ticket cost?",
        "How much is it to swim?"), "A ticket costs {}."),
    Topic("swimming course", "day", ("When is the swimming course?",
        "When can my child learn to swim?"), "The swimming course is on {}."),
    Topic("teacher", "person", ("Who teaches swimming?",
        "Who is the teacher of the course?"), "The teacher is {}."),
    Topic("locker", "coins", ("What does a locker cost?",
        "How much is a locker?"), "A locker costs {}."),
    Topic("lost and found", "room", ("Where are lost things?",
        "I lost a towel. Where do I ask?"), "Lost things are in {}."),
    Topic("course form", "form", ("Which form is for the course?",
        "What form do I need for the swimming course?"), "For the course you need form {}."),
    Topic("bus stop", "place", ("Where does the bus stop?",
        "Where is the bus stop of the pool?"), "The bus stops at {}."),
)  # fmt: skip

MUSEUM = (
    Topic("museum hours", "hours", ("When is the museum open?",
        "When can I visit the museum?"), "The museum is open from {}."),
    Topic("admission", "fee", ("What does the museum cost?",
        "How much is the admission?"), "Admission is {}."),
    Topic("guided tour", "day", ("When is the guided tour?",
        "Is there a tour that I can join?"), "The guided tour is on {}."),
    Topic("guide", "person", ("Who leads the tour?",
        "What is the name of the guide?"), "The tour is led by {}."),
    Topic("café", "room", ("Where is the café?",
        "Where can I drink a coffee?"), "The café is {}."),
    Topic("audio guide", "coins", ("What does an audio guide cost?",
        "How much do I pay for the audio guide?"), "An audio guide costs {}."),
    Topic("entrance", "place", ("Where is the entrance?",
        "Where do I get into the museum?"), "The entrance is at {}."),
    Topic("school visits", "phone", ("Which number do schools call?",
        "How can a school book a visit?"), "Schools call {}."),
    Topic("exhibition", "days", ("For how long is the exhibition there?",
        "How long can I still see the exhibition?"), "The exhibition is open for {} more."),
)  # fmt: skip

INSTITUTIONS = {
    "Library": LIBRARY,
    "Clinic": CLINIC,
    "Town Hall": TOWN_HALL,
    "Pool": POOL,
    "Museum": MUSEUM,
}
"""Topics of each institution, by the second half of its name."""

TOWNS = (
    "Ashfield", "Brookside", "Elmwood", "Fairview", "Greenhill", "Hartley", "Kingsford",
    "Lakewood", "Marlow", "Norton", "Oakley", "Riverton", "Stonebridge", "Thornby", "Westfield",
)  # fmt: skip
"""First halves of their names."""
