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
    made = []
    for turn in range(72):
        name, other = rng.sample(PEOPLE, 2)
        part, rest, times = rng.randint(2, 9), rng.randint(3, 12), rng.randint(2, 9)
        either = rng.randrange(2)
        # In most of these the first premise is the one left out: without the second, the first alone would answer.
        premises, missing, question, result = (
            (
                (f"{name} has {part} apples.", f"{other} gives {name} {rest} apples as a present."),
                0,
                f"How many apples does {name} have in the end?",
                part + rest,
            ),
            (
                (f"{part + rest} people are on a bus.", f"At the next stop {part} people get off and nobody gets on."),
                0,
                "How many people are on the bus then?",
                rest,
            ),
            (
                (f"A book has {10 * (part + rest)} pages.", f"{name} has read {10 * part} pages of the book."),
                0,
                f"How many pages of the book does {name} still have to read?",
                10 * rest,
            ),
            (
                (f"One pencil costs {part} coins.", f"{name} buys {times} pencils."),
                either,
                f"How many coins does {name} pay for the pencils?",
                part * times,
            ),
            (
                (f"{name} had {part + rest} coins at first.", f"{name} spent {rest} coins on a book."),
                0,
                f"How many coins does {name} have left?",
                part,
            ),
            (
                (f"One cake needs {times} eggs.", f"{name} bakes {part} cakes."),
                either,
                f"How many eggs does {name} need for the cakes?",
                times * part,
            ),
            (
                (f"{name} and {other} share {part + rest} sweets.", f"{name} takes {part} sweets, {other} takes the rest."),
                0,
                f"How many sweets does {other} take?",
                rest,
            ),
            (
                (f"A hall has {times} rows of chairs.", f"There are {rest} chairs in every row."),
                either,
                "How many chairs are in the hall?",
                times * rest,
            ),
        )[turn % 8]
        made.append(_story(rng, turn // 8, premises, missing, question, result, "daily life"))
    return shuffled(rng, made)


def _measures(rng: Random) -> list[Pair]:
    made = []
    for turn in range(63):
        name, other = rng.sample(PEOPLE, 2)
        part, rest, times = rng.randint(2, 9), rng.randint(3, 12), rng.randint(2, 9)
        premises, question, result, domain = (
            (
                (f"{name} is {part + rest} years old.", f"{other} is {part} years younger than {name}."),
                f"How old is {other}?",
                rest,
                "people",
            ),
            (
                (f"A train travels {10 * rest} kilometres every hour.", f"The train travels for {times} hours."),
                "How many kilometres does the train travel?",
                10 * rest * times,
                "science",
            ),
            (
                (f"A rectangle is {rest} cm long.", f"The rectangle is {times} cm wide."),
                "What is the area of the rectangle in square centimetres?",
                rest * times,
                "maths",
            ),
            (
                (f"On Monday {name} ran {part} kilometres.", f"On Tuesday {name} ran {rest} kilometres."),
                f"How many kilometres did {name} run on Monday and Tuesday together?",
                part + rest,
                "sports",
            ),
            (
                (f"At noon it was {10 + part + rest} degrees warm.", f"By the evening it was {part} degrees colder than at noon."),
                "How many degrees warm was it in the evening?",
                10 + rest,
                "science",
            ),
            (
                (f"One molecule of a gas has {part} atoms.", f"A box holds {10 * times} molecules of the gas."),
                "How many atoms of the gas are in the box?",
                10 * part * times,
                "chemistry",
            ),
            (
                (f"From the village to the lake the path is {part} km long.", f"From the lake to the hut the path is {rest} km long."),
                "How many kilometres is it on this path from the village by the lake to the hut?",
                part + rest,
                "geography",
            ),
        )[turn % 7]
        made.append(_story(rng, turn // 7, premises, rng.randrange(2), question, result, domain))
    return shuffled(rng, made)


def _story(
    rng: Random, style: int, premises: tuple[str, str], missing: int, question: str, result: int, domain: str
) -> Pair:
    """A sum in words, and the same without one premise or with a sentence in its place that settles nothing."""
    aside = rng.choice(NEUTRAL)
    kept = premises[1 - missing]
    told, lacking = (
        (premises, (kept,)),
        (premises, (kept, aside) if missing else (aside, kept)),
        ((aside, *premises), (aside, kept)),
    )[style % 3]
    return Pair(" ".join([*lacking, question]), " ".join([*told, question]), number(result), domain)


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
            ("is heavier than", "is heavier", (f"the {COLOURS[turn % 4]} box", "the wooden box", "the glass box"), "science"),
            ("lives closer to the school than", "lives closer to the school", (first, middle, last), "people"),
        )[turn % 5]
        options = f"{one} or {three}" if turn % 2 else f"{three} or {one}"
        settled = [f"{one} {more} {two}.", f"{two} {more} {three}."]
        unsettled = [f"{one} {more} {two}.", f"{three} {more} {two}."] if turn % 3 else [f"{two} {more} {one}.", settled[1]]
        if turn % 4 > 1:
            settled, unsettled = settled[::-1], unsettled[::-1]
        question = f"Which one {most}, {options}?" if domain in ("geography", "science") else f"Who {most}, {options}?"
        told = [" ".join([*map(_capital, facts), question]) for facts in (unsettled, settled)]
        made.append(Pair(*told, (one, one.removeprefix("the ")), domain))
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
                    (f"The oldest tree was planted in {year}.", "in which year was the oldest tree planted", (str(year),)),
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
        texts = [frame.format(thing=thing, facts=" ".join(facts), question=asked[1]) for facts in told]
        made.append(Pair(*texts, asked[2], domain))
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
                f"My {{}} moved to {city} in {year} and my {meant} in {year + 4}. In which year did {pronoun} move there?",
                (str(year + 4),),
            ),
            (f"My {meant} drives {a(colour)} car, my {{}} {a(tint)} one. Which colour is {possessive} car?", (colour,)),
            (f"My {meant} met my {{}} on the train to {city}, when {pronoun} was on the way to work. Who was on the way to work?", (meant, f"your {meant}", f"my {meant}")),
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
