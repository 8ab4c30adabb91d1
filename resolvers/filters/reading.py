"""Filters from what clients write: JSON with the keys of the schema's input types.

The same form is stored, so there is one reader. Types and keys are also checked by the schema, but
what was stored may come from elsewhere: everything odd is a BadFilter that names its place.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from models.enums import (
    Channel,
    ConversationState,
    DueBand,
    ListingType,
    MessageDirection,
    PresenceState,
    Priority,
    SourceChannel,
    StateKind,
    SubscriptionStatus,
)
from resolvers.errors import ProblemCode
from resolvers.filters import tree
from resolvers.filters.checking import MAX_CLAUSES, BadFilter
from resolvers.filters.reading_operands import (
    country,
    flag,
    identity,
    instant_test,
    known,
    many,
    mapping,
    money_test,
    number_of_times,
    one_key,
    period,
    property_test,
    text,
    text_test,
    time_of_day,
    zone,
)

T = TypeVar("T")
Given = Any
MOST_IDS, MOST_NAMES, MOST_PARAMETERS = 1_000, 200, 10


def read_filter(given: Given, path: str = "") -> tree.Filter:
    """The filter in a literal; limits of the whole are left to `check`."""
    return _read(given, path, 0)


def _read(given: Given, path: str, level: int) -> tree.Filter:
    if level > MAX_CLAUSES:
        raise BadFilter("", ProblemCode.TOO_LARGE, "This filter is nested too deeply.")
    key, value = one_key(path, given)
    path = f"{path}.{key}".lstrip(".")
    match key:
        case "and" | "or":
            if not isinstance(value, list) or len(value) > MAX_CLAUSES:
                raise BadFilter(path, ProblemCode.TOO_LARGE, "A list of 1 to 50 clauses.")
            parts = tuple(
                _read(each, f"{path}.{index}", level + 1) for index, each in enumerate(value)
            )
            return tree.All(parts) if key == "and" else tree.AnyOf(parts)
        case "not":
            return tree.Not(_read(value, path, level + 1))
    reader = READERS.get(key)
    if reader is None:
        raise BadFilter(path, ProblemCode.UNKNOWN, "There is no such clause.")
    return reader(path, value)


def _text_of(field: tree.TextField) -> Callable[[str, Given], tree.Test]:
    return lambda path, given: tree.TextOf(field, text_test(path, given))


def _instant_of(field: tree.InstantField) -> Callable[[str, Given], tree.Test]:
    return lambda path, given: tree.InstantOf(field, instant_test(path, given))


def _marked(field: tree.Mark) -> Callable[[str, Given], tree.Test]:
    return lambda path, given: tree.Marked(field, flag(path, given))


def _state(path: str, given: Given) -> tree.Test:
    how, value = one_key(path, given)
    path = f"{path}.{how}"
    match how:
        case "in":
            return tree.StateIn(many(path, value, identity("state"), MOST_NAMES))
        case "kindIn":
            return tree.StateKindIn(many(path, value, known(StateKind), len(StateKind)))
        case "pipelineId":
            return tree.InPipeline(identity("pipeline")(path, value))
        case "longerThan":
            return tree.InStateLonger(period(path, value))
        case "closedWithinLast":
            return tree.ClosedWithin(period(path, value))
    raise _unknown(path)


def _assignee(path: str, given: Given) -> tree.AssigneeTest:
    how, value = one_key(path, given)
    path = f"{path}.{how}"
    match how:
        case "in":
            return tree.AssigneeIn(many(path, value, identity("staff"), MOST_IDS))
        case "isMe":
            return tree.AssigneeIsMe(flag(path, value))
        case "teamId":
            return tree.AssigneeInTeam(identity("team")(path, value))
        case "isNobody":
            return tree.AssigneeIsNobody(flag(path, value))
    raise _unknown(path)


def _tags(path: str, given: Given) -> tree.Test:
    how, value = one_key(path, given)
    path = f"{path}.{how}"
    if how == "isEmpty":
        return tree.HasNoTag(flag(path, value))
    if how not in ("any", "all"):
        raise _unknown(path)
    return tree.HasTags(many(path, value, text, MOST_NAMES), is_all=how == "all")


def _property(path: str, given: Given) -> tree.Test:
    part = mapping(path, given, {"fieldKey", "is"})
    key = text(f"{path}.fieldKey", part.get("fieldKey"))
    return tree.PropertyIs(key, property_test(f"{path}.is", part.get("is")))


def _subscription(path: str, given: Given) -> tree.Test:
    how, value = one_key(path, given)
    path = f"{path}.{how}"
    if how == "hasNoAddress":
        return tree.HasNoAddress(flag(path, value))
    if how != "in":
        raise _unknown(path)
    kinds = SubscriptionStatus
    return tree.StatusIn(many(path, value, known(kinds), len(kinds)))


EVENT_KEYS = {"kindId", "name", "within", "parameters", "count", "firstAt", "lastAt"}


def _event(path: str, given: Given) -> tree.Test:
    part = mapping(path, given, EVENT_KEYS)
    if "kindId" in part and "name" in part:
        raise BadFilter(path, ProblemCode.CONTRADICTION, "Either a kind or a name, not both.")
    count = number_of_times(f"{path}.count", part["count"]) if "count" in part else None
    parameters = part.get("parameters", [])
    return tree.Events(
        kind_id=_optional(part, path, "kindId", identity("eventkind")),
        name=_optional(part, path, "name", text),
        within=_optional(part, path, "within", instant_test),
        parameters=many(f"{path}.parameters", parameters, _parameter, MOST_PARAMETERS),
        first_at=_optional(part, path, "firstAt", instant_test),
        last_at=_optional(part, path, "lastAt", instant_test),
        **({"count": count} if count else {}),
    )


def _parameter(path: str, given: Given) -> tree.Parameter:
    part = mapping(path, given, {"name", "is"})
    name = text(f"{path}.name", part.get("name"))
    return tree.Parameter(name, property_test(f"{path}.is", part.get("is"), of_parameter=True))


CONVERSATION_KEYS = {"states", "channels", "waitingLongerThan", "lastMessageAt", "lastDirection"}


def _conversation(path: str, given: Given) -> tree.Test:
    part = mapping(path, given, CONVERSATION_KEYS)
    states, channels = part.get("states", []), part.get("channels", [])
    return tree.HasConversation(
        states=many(f"{path}.states", states, known(ConversationState), 10),
        channels=many(f"{path}.channels", channels, known(Channel), 10),
        waiting_longer=_optional(part, path, "waitingLongerThan", period),
        last_message_at=_optional(part, path, "lastMessageAt", instant_test),
        last_direction=_optional(part, path, "lastDirection", known(MessageDirection)),
    )


def _task(path: str, given: Given) -> tree.Test:
    part = mapping(path, given, {"bands", "assignee"})
    return tree.HasTask(
        bands=many(f"{path}.bands", part.get("bands", []), known(DueBand), len(DueBand)),
        assignee=_optional(part, path, "assignee", _assignee),
    )


def _location(path: str, given: Given) -> tree.Test:
    how, value = one_key(path, given)
    path = f"{path}.{how}"
    if how == "timeZones":
        return tree.ZoneIn(many(path, value, zone, MOST_NAMES))
    if how == "countries":
        return tree.CountryIn(many(path, value, country, MOST_NAMES))
    if how in tree.PlacePart.__members__.values():
        return tree.PlaceIs(tree.PlacePart(how), text_test(path, value))
    if how != "localTimeBetween":
        raise _unknown(path)
    part = mapping(path, value, {"from", "to"})
    since = time_of_day(f"{path}.from", part.get("from"))
    return tree.LocalTimeBetween(since, time_of_day(f"{path}.to", part.get("to")))


def _optional(
    part: Mapping[str, Given], path: str, key: str, reader: Callable[[str, Given], T]
) -> T | None:
    return reader(f"{path}.{key}", part[key]) if part.get(key) is not None else None


def _unknown(path: str) -> BadFilter:
    return BadFilter(path, ProblemCode.UNKNOWN, "There is no such test.")


READERS: dict[str, Callable[[str, Given], tree.Test]] = {
    "ids": lambda path, given: tree.Ids(many(path, given, identity("lead"), MOST_IDS)),
    **{field.value: _text_of(field) for field in tree.TextField},
    **{field.value: _instant_of(field) for field in tree.InstantField},
    **{field.value: _marked(field) for field in tree.Mark},
    "priority": lambda path, given: tree.PriorityIn(many(path, given, known(Priority), 10)),
    "value": lambda path, given: tree.ValueIs(money_test(path, given)),
    "price": lambda path, given: tree.PriceTouches(money_test(path, given)),
    "listingType": lambda path, given: tree.WantsListing(known(ListingType)(path, given)),
    "state": _state,
    "assignee": _assignee,
    "tags": _tags,
    "property": _property,
    "presence": lambda path, given: tree.PresenceIn(many(path, given, known(PresenceState), 10)),
    "subscription": _subscription,
    "event": _event,
    "conversation": _conversation,
    "task": _task,
    "location": _location,
    "segmentId": lambda path, given: tree.InSegment(identity("segment")(path, given)),
    "source": lambda path, given: tree.SourceIn(many(path, given, known(SourceChannel), 10)),
}
"""How each clause is read, by its key."""
