"""Public holidays and make-up workdays from data sets that others keep, as plain dates."""

from datetime import date

from engine.defining.problems import nearest
from engine.ground.language import say
from engine.ground.valueclass import valueclass

FIRST_YEAR = 2004
"""Holidays are pinned from here on, for cases imported from former years; it is the first year the Chinese data know."""


@valueclass(frozen=True, slots=True)
class DatesOff:
    """Dates not worked, dates worked in their stead, and where both come from."""

    off: frozenset[date]
    worked: frozenset[date]
    sources: tuple[str, ...]


class Unknown(Exception):
    """The data sets do not know what was asked for; `key` is the key of the calendar file that asked."""

    def __init__(self, key: str, message: str, *, nearest: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.key, self.message, self.nearest, self.hint = key, message, nearest, hint


def dates_off(country: str, subdivision: str | None, make_up: bool, through: date) -> DatesOff:
    """The public holidays of a country (and part of it) up to a date, with the workdays that make up for them when `make_up`.

    Raises Unknown for a country or part the data do not know, or when they do not reach as far as `through`.
    """
    if country == "CN" and subdivision is None:
        return _china(make_up, through)
    days, worked, last, source = _elsewhere(country, subdivision, through)
    if make_up and not worked:
        raise Unknown("make_up_workdays", say("No make-up workdays are known for {country}", country=country),
                      hint=say("Remove make_up_workdays, and list such days under open."))
    if make_up:
        last = min(last, max(day.year for day in worked))
    _reaches(country, last, through)
    return DatesOff(days, worked if make_up else frozenset(), (source,))


def _reaches(country: str, last: int, through: date) -> None:
    if through.year > last:
        raise Unknown("valid_through", say("The holidays of {country} are known until {year}-12-31 only", country=country, year=last),
                      hint=say("Set valid_through to that date or before; extend the calendar when the next year is announced."))


def _china(make_up: bool, through: date) -> DatesOff:
    from chinese_calendar import __version__, constants

    last = max(day.year for day in constants.holidays)
    off = {day for day in constants.holidays if FIRST_YEAR <= day.year <= through.year}
    worked = {day for day in constants.workdays if FIRST_YEAR <= day.year <= through.year}
    sources = [_source("chinesecalendar", __version__, "CN", None)]
    if make_up:
        _reaches("CN", last, through)
    elif through.year > last:
        days, _, known, source = _elsewhere("CN", None, through)
        _reaches("CN", known, through)
        off |= {day for day in days if day.year > last}
        sources.append(source)
    return DatesOff(frozenset(off), frozenset(worked) if make_up else frozenset(), tuple(sources))


def _elsewhere(country: str, subdivision: str | None, through: date) -> tuple[frozenset[date], frozenset[date], int, str]:
    """Holidays, make-up workdays, the last year known and the source, from the data set of all countries."""
    import holidays
    from holidays.version import __version__

    try:
        named = holidays.country_holidays(country, subdiv=subdivision)
    except NotImplementedError:
        raise _nowhere(country, subdivision) from None
    if named.country != country or subdivision not in (None, *named.subdivisions):   # it knows other names too: one name for one thing
        raise _nowhere(country, subdivision)
    last = int(getattr(named, "end_year", 2100))
    _reaches(country, last, through)
    found = holidays.country_holidays(country, subdiv=subdivision, years=range(FIRST_YEAR, through.year + 1))
    source = _source("holidays", __version__, country, subdivision)
    return frozenset(found), frozenset(getattr(found, "weekend_workdays", ())), last, source


def _nowhere(country: str, subdivision: str | None) -> Unknown:
    """What to say of a country or part that the data do not have. They load every country to tell, so only then are they asked."""
    from holidays import list_supported_countries

    known = list_supported_countries()
    if country not in known:
        return Unknown("country", say("The holidays of '{country}' are not known", country=country),
                       nearest=nearest(country.upper(), known),
                       hint=say("Write the country's code of two letters, or list its holidays under closed."))
    parts = known[country]
    return Unknown("subdivision", say("'{part}' is no part of {country} with holidays of its own", part=subdivision, country=country),
                   nearest=nearest((subdivision or "").upper(), parts), hint=say("Known: {known}.", known=", ".join(parts) or "-"))


def _source(package: str, version: str, country: str, subdivision: str | None) -> str:
    return f"{package} {version} {country}" + (f"/{subdivision}" if subdivision else "")
