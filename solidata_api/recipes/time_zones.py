"""Time zones, by the pinned package of the IANA's database, whatever the machine has: the same moments everywhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from solidata_api.recipes.parameters import Kind, Wrong, shown

#: What to do with a local time that a clock shows twice, or never, where it is put back or forward.
AMBIGUOUS = ("reject", "earlier", "later")
MISSING = ("reject", "forward", "backward")
_EPOCH = datetime.fromtimestamp(0, UTC).replace(tzinfo=None)


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """The names of all zones."""
    return frozenset(files("tzdata").joinpath("zones").read_text().split())


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """A zone by its name."""
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def to_utc(local: datetime, place: ZoneInfo, ambiguous: str, missing: str) -> datetime:
    """The moment at which the clocks of a place show a local time. Raises ValueError where that is not sure."""
    earlier, later = (local.replace(tzinfo=place, fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    if earlier == later:
        return local - earlier
    # Clocks put back show a time twice, with the greater offset first; put forward, they leave times out.
    if earlier > later:
        if ambiguous == "reject":
            raise ValueError(f"clocks of {place.key} show it twice")
        return local - (earlier if ambiguous == "earlier" else later)
    if missing == "reject":
        raise ValueError(f"clocks of {place.key} never show it")
    # The offset before the change leads to a moment after it, and the other way round.
    return local - (earlier if missing == "forward" else later)


def to_local(moment: datetime, place: ZoneInfo) -> datetime:
    """What the clocks of a place show at a moment of UTC."""
    return moment.replace(tzinfo=UTC).astimezone(place).replace(tzinfo=None)


def day_offset(day: int, place: ZoneInfo, *, local: bool) -> timedelta | None:
    """How far local times are ahead of UTC all through a day, counted from 1970; None where that changes in it.

    The day is one of the place where `local`, else one of UTC. Clocks are never put forth and back within an hour.
    """
    try:
        hours = [_EPOCH + timedelta(days=day, hours=hour) for hour in range(25)]
        if local:
            found = {hour.replace(tzinfo=place, fold=fold).utcoffset() for hour in hours for fold in (0, 1)}
        else:
            found = {to_local(hour, place) - hour for hour in hours}
    except OverflowError:
        return None
    return found.pop() if len(found) == 1 else None


def _zone(value: object) -> str:
    if not isinstance(value, str) or value not in names():
        raise Wrong(f"it is a time zone such as Europe/Paris, not {shown(value)}")
    return value


ZONE = Kind({"type": "string", "description": "a time zone of the IANA's database, as Europe/Paris"}, _zone)
