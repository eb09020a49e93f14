"""Questions that lack what they need: a premise of a sum, a passage, a referent, a text to work on.

Source: own material; sums are computed. Leaving out or replacing one premise follows Sun et al. 2024 (UMWP,
    arXiv 2403.03558) and Fan et al. 2025 (MiP-Overthinking, arXiv 2504.06514); comparisons that do not settle an order
    follow Benchekroun et al. 2023 (WorldSense, arXiv 2311.15930).
Cost: none to make; one prompt and one short reply an item.
Fails when: a model guesses what was left out and says so, which counts as answering; and, since some questions are a
    sentence shorter than their twins, length gives a few of them away.
"""

from __future__ import annotations

from random import Random

from knowwhen.suites._build import Pair, a, assemble, by_hand, number, shuffled
from knowwhen.suites._words import COLOURS, NEUTRAL, PEOPLE
from knowwhen.types import Item, Move


def items(*, seed: int = 0, pairs: int = 40) -> list[Item]:
    """Twin pairs; the declined side calls for abstaining or for asking back."""
    families = (_sums, _requests, _orders, _passages, _questions, _pronouns, _measures)
    return assemble("missing_context", frozenset({Move.ABSTAIN, Move.ASK}), families, seed=seed, pairs=pairs)


def _sums(rng: Random) -> list[Pair]:
    return _stories(rng, _COUNTED, 72)


def _measures(rng: Random) -> list[Pair]:
    return _stories(rng, _MEASURED, 63)


# A line: domain | the premise that can be left out, "any" if either can | result | premise | premise | question. When
# the second premise must stay, the first one alone would answer the question. s is x + y; the result yz is y times z.
_COUNTED = """\
daily life | 1 | s | {a} has {x} apples. | {b} gives {a} {y} apples. | How many apples does {a} have in the end?
daily life | 1 | y | {s} people are on a bus. | At the next stop {x} people get off and nobody gets on. | How many \
people are on the bus then?
daily life | 1 | y | A book has {s} pages. | {a} has read {x} pages of the book. | How many pages does \
{a} still have to read?
daily life | any | xz | One pencil costs {x} coins. | {a} buys {z} pencils. | How many coins does {a} pay for them?
daily life | 1 | x | {a} had {s} coins at first. | {a} spent {y} coins on a book. | How many coins does {a} have left?
daily life | any | xz | One cake needs {z} eggs. | {a} bakes {x} cakes. | How many eggs does {a} need for the cakes?
daily life | 1 | y | {a} and {b} share {s} sweets. | {a} takes {x} sweets and {b} takes the rest. | How many sweets \
does {b} take?
daily life | any | yz | A hall has {z} rows of chairs. | There are {y} chairs in every row. | How many chairs are there?
"""
_MEASURED = """\
people | any | y | {a} is {s} years old. | {b} is {x} years younger than {a}. | How old is {b}?
science | any | yz | A train travels {y} metres every second. | The train travels for {z} seconds. | How many metres \
does the train travel?
maths | any | yz | A rectangle is {y} cm long. | The rectangle is {z} cm wide. | What is its area in square centimetres?
sports | any | s | On Monday {a} ran {x} kilometres. | On Tuesday {a} ran {y} kilometres. | How many kilometres did \
{a} run on Monday and Tuesday together?
science | any | y | At noon it was {s} degrees warm. | By the evening it was {x} degrees colder than at noon. | How \
many degrees warm was it in the evening?
chemistry | any | yz | One molecule of a gas has {z} atoms. | A box holds {y} molecules of the gas. | How many atoms \
of the gas are in the box?
geography | any | s | From the village to the lake the path is {x} km long. | From the lake to the hut the path is {y} \
km long. | How many kilometres is it on this path from the village by the lake to the hut?
"""


def _stories(rng: Random, text: str, count: int) -> list[Pair]:
    """Sums in words, and the same without one premise or with a sentence in its place that settles nothing."""
    lines = text.splitlines()
    made = []
    for turn in range(count):
        domain, missing, result, first, second, question = lines[turn % len(lines)].split(" | ")
        name, other = rng.sample(PEOPLE, 2)
        x, y, z = rng.randint(2, 9), rng.randint(3, 12), rng.randint(2, 9)
        values = {"a": name, "b": other, "x": x, "y": y, "z": z, "s": x + y}
        accepted = number({"s": x + y, "x": x, "y": y, "xz": x * z, "yz": y * z}[result])
        first, second, question = (sentence.format(**values) for sentence in (first, second, question))
        aside = rng.choice(NEUTRAL)
        if missing == "1" or rng.random() < 0.5:
            kept, replaced = second, (aside, second)
        else:
            kept, replaced = first, (first, aside)
        told, lacking = (
            ((first, second), (kept,)),
            ((first, second), replaced),
            ((aside, first, second), (aside, kept)),
        )[turn // len(lines) % 3]
        declined, answered = (" ".join([*sentences, question]) for sentences in (lacking, told))
        made.append(Pair(declined, answered, accepted, domain))
    return shuffled(rng, made)


def _orders(rng: Random) -> list[Pair]:
    """Three in a row, or two that are both compared with the same third."""
    made = []
    for turn in range(60):
        first, middle, last = rng.sample(PEOPLE, 3)
        wood, stone, glass = rng.sample(("lake", "farm", "mill", "church", "bridge", "tower", "inn"), 3)
        more, most, (one, two, three), domain = (
            ("is older than", "is older", (first, middle, last), "people"),
            ("runs faster than", "runs faster", (first, middle, last), "sports"),
            ("lies north of", "lies further north", (f"the {wood}", f"the {stone}", f"the {glass}"), "geography"),
            (
                "is heavier than",
                "is heavier",
                (f"the {COLOURS[turn % 4]} box", "the wooden box", "the glass box"),
                "science",
            ),
            ("lives closer to the school than", "lives closer to the school", (first, middle, last), "people"),
        )[turn % 5]
        options = f"{one} or {three}" if turn % 2 else f"{three} or {one}"
        settled = [f"{one} {more} {two}.", f"{two} {more} {three}."]
        unsettled = (
            [f"{one} {more} {two}.", f"{three} {more} {two}."] if turn % 3 else [f"{two} {more} {one}.", settled[1]]
        )
        if turn % 4 > 1:
            settled, unsettled = settled[::-1], unsettled[::-1]
        question = f"Which one {most}, {options}?" if domain in ("geography", "science") else f"Who {most}, {options}?"
        declined, answered = (" ".join([*map(_capital, facts), question]) for facts in (unsettled, settled))
        made.append(Pair(declined, answered, (one, one.removeprefix("the ")), domain))
    return shuffled(rng, made)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _passages(rng: Random) -> list[Pair]:
    """Three of five facts are told; the declined side has another one in place of the fact that is asked for."""
    made = []
    for turn in range(60):
        name, other = rng.sample(PEOPLE, 2)
        colour, n, year = rng.choice(COLOURS), rng.randint(3, 40), rng.randint(1720, 1980)
        thing, domain, facts = (
            (
                "lighthouse",
                "history",
                [
                    (f"It was built in {year}.", "in which year was the lighthouse built", (str(year),)),
                    (f"It is {n + 10} metres tall.", "how many metres tall is the lighthouse", number(n + 10)),
                    (f"Its door is {colour}.", "which colour is the door of the lighthouse", (colour,)),
                    (f"Its keeper is called {name}.", "what is the keeper of the lighthouse called", (name,)),
                    (f"The boat of the keeper is called {other}.", "what is the boat of the keeper called", (other,)),
                ],
            ),
            (
                "school play",
                "culture",
                [
                    (f"{name} wrote the play.", "who wrote the play", (name,)),
                    (f"{other} sang the last song.", "who sang the last song", (other,)),
                    (f"{n} children took part.", "how many children took part", number(n)),
                    (f"The curtain was {colour}.", "which colour was the curtain", (colour,)),
                    ("It was given in the month of May.", "in which month was the play given", ("May",)),
                ],
            ),
            (
                "garden",
                "nature",
                [
                    (f"It belongs to {name}.", "to whom does the garden belong", (name,)),
                    (f"It has {n} apple trees.", "how many apple trees does the garden have", number(n)),
                    (f"The gate is {colour}.", "which colour is the gate of the garden", (colour,)),
                    (f"{other} waters the flowers.", "who waters the flowers", (other,)),
                    (
                        f"The oldest tree was planted in {year}.",
                        "in which year was the oldest tree planted",
                        (str(year),),
                    ),
                ],
            ),
            (
                "ship",
                "history",
                [
                    (f"It was launched in {year}.", "in which year was the ship launched", (str(year),)),
                    (f"Its captain was {name}.", "who was the captain of the ship", (name,)),
                    (f"It carried {n} sailors.", "how many sailors did the ship carry", number(n)),
                    (f"Its sails were {colour}.", "which colour were the sails of the ship", (colour,)),
                    (f"The cook on board was {other}.", "who was the cook on board", (other,)),
                ],
            ),
        )[turn % 4]
        asked, *others = rng.sample(facts, 4)
        place = rng.randrange(3)
        told = [[fact[0] for fact in others[:2]] for _ in range(2)]
        told[0].insert(place, others[2][0])
        told[1].insert(place, asked[0])
        frame = rng.choice(
            (
                "Here is a note about a {thing}. {facts} According to the note, {question}?",
                "Read this about a {thing} and answer. {facts} Question: {question}?",
                "{facts} These sentences are about a {thing}. From what they say, {question}?",
            )
        )
        declined, answered = (frame.format(thing=thing, facts=" ".join(facts), question=asked[1]) for facts in told)
        made.append(Pair(declined, answered, asked[2], domain))
    return shuffled(rng, made)


def _pronouns(rng: Random) -> list[Pair]:
    """ "She" among two women is nobody in particular; among a woman and a man it is one of them."""
    made = []
    women = ("aunt", "sister", "grandmother", "niece", "mother")
    men = ("uncle", "brother", "grandfather", "nephew", "father")
    cities = ("Lima", "Oslo", "Cairo", "Paris", "Tokyo", "Rome", "Quito", "Vienna", "Nairobi", "Havana")
    for turn in range(60):
        own, rival = (women, men) if turn % 2 else (men, women)
        pronoun, possessive = ("she", "her") if turn % 2 else ("he", "his")
        (meant, double), foreign = rng.sample(own, 2), rng.choice(rival)
        (city, second), (colour, tint) = rng.sample(cities, 2), rng.sample(COLOURS, 2)
        year = rng.randint(1930, 2005)
        frame, accepted = (
            (f"My {meant} lives in {city} and my {{}} lives in {second}. In which city does {pronoun} live?", (city,)),
            (
                f"My {{}} moved to {city} in {year}, my {meant} in {year + 4}. In which year did {pronoun} move there?",
                (str(year + 4),),
            ),
            (f"My {meant} drives {a(colour)} car, my {{}} {a(tint)} one. Which colour is {possessive} car?", (colour,)),
            (
                f"My {meant} met my {{}} on the train to {city}, when {pronoun} was on the way to work. Who was on the "
                "way to work?",
                (meant, f"your {meant}", f"my {meant}"),
            ),
        )[turn // 2 % 4]
        made.append(Pair(frame.format(double), frame.format(foreign), accepted, "people"))
    return shuffled(rng, made)


def _requests(rng: Random) -> list[Pair]:
    return by_hand(rng, _REQUESTS)


def _questions(rng: Random) -> list[Pair]:
    return by_hand(rng, _QUESTIONS)


_REQUESTS = """\
language
- Translate the following sentence into Spanish. Keep it polite.
+ Translate the following sentence into Spanish: Good morning, dear friends. => buenos días; buenos dias
- How many words are in the sentence that I am thinking of?
+ How many words are in the sentence "Birds sing"? => 2; two
- Which word in my last e-mail is misspelled?
+ Which word in "I like bananna bread" is misspelled? => bananna; banana
- Sum up the article that I have just read in one sentence.
+ Sum up in one sentence: Bees visit flowers, and so the flowers get pollinated.
- Put the words in my list into alphabetical order.
+ Put the words pear, fig and apple into alphabetical order. => apple, fig, pear; apple, fig and pear
- Give me the opposite of the word that I looked up yesterday.
+ Give me the opposite of the word "hot" that I looked up yesterday. => cold
- Read my poem and tell me what its first word is.
+ Read my poem "Snow falls softly" and tell me what its first word is. => snow
maths
- What is the next number in my sequence?
+ What is the next number in my sequence 2, 4, 6, 8? => 10; ten
- Add up the three numbers in the table on page 12.
+ Add up the three numbers in the table: 5, 4 and 1. => 10; ten
- Solve the equation on the blackboard in our classroom for x.
+ Solve the equation x + 2 = 9 from our classroom for x. => 7; seven
- Round the price on my receipt to a whole number.
+ Round the price of 6.9 on my receipt to a whole number. => 7; seven
computing
- Why does the program in the attached file not run?
+ Why does the Python program print("hello" not run?
art
- What does the picture on my desk show?
+ What does a picture called "Sunset over the Sea" most likely show?
culture
- Who is the author of the book lying in front of me?
+ Who is the author of the play Hamlet lying in front of me? => Shakespeare
"""

_QUESTIONS = """\
people
- Why did she leave the party so early?
+ She left the party early because she felt ill. Why did she leave the party so early? => ill; felt ill; sick
- What did they decide in the end?
+ They could not choose between tea and milk, but then they took tea. What did they decide in the end? => tea
- Which of his two answers was the right one?
+ To 2 + 2 he first answered 5 and then 4. Which of his two answers was the right one? => 4; four
- What is the name of the girl in the middle of the photo?
+ In the photo Eva is in the middle, between two boys. What is the name of the girl in the middle of the photo? => Eva
- How many of the others agreed with him?
+ All of the five others agreed with him. How many of the others agreed with him? => 5; five; all five; all
- What is it that he forgot at the hotel?
+ At the hotel he forgot nothing but an umbrella. What is it that he forgot at the hotel? => umbrella
daily life
- How long does it take to get there by bus?
+ The bus to the station needs 20 minutes. How long does it take to get there by bus? => 20; twenty
- Is the second one cheaper than the first?
+ The first one costs 9 coins, the second one 5. Is the second one cheaper than the first? => yes
- Does the key fit into the other lock as well?
+ The key fits into every lock of the house. Does the key fit into the other lock as well? => yes
- At what time does the shop close on that day?
+ On every day of the week the shop closes at 18:00. At what time does the shop close on that day? => 18:00; 6 pm; 18
- Which of the two ways home is shorter?
+ The way home past the mill is 2 km, the way past the church 3 km. Which of the two ways home is shorter? => mill; \
past the mill
geography
- Which river flows through the city mentioned before?
+ The city mentioned before is London. Which river flows through the city mentioned before? => Thames
science
- What happened to the liquid after the second step?
+ After the second step the liquid turned blue. What happened to the liquid after the second step? => blue; turned \
blue
- Did the plant with more light grow taller?
+ The plant with more light grew 9 cm, the other one 4 cm. Did the plant with more light grow taller? => yes
"""
