"""Random filters as clients write them, over the leads of a world."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from models.enums import (
    Channel,
    ConversationState,
    DueBand,
    ListingType,
    PresenceState,
    Priority,
    SourceChannel,
    StateKind,
    SubscriptionStatus,
)
from models.ids import encode_id
from tests.resolvers.filter_world import (
    CITIES,
    COLOURS,
    COUNTRIES,
    EVENTS,
    NAMES,
    PLANS,
    REGIONS,
    TAGS,
    ZONES,
    World,
)

Literal = dict[str, Any]


class Writer:
    def __init__(self, world: World, random: Random) -> None:
        self.world, self.random = world, random
        self.clauses = CLAUSES
        self.segments: list[str] = []
        """Ids of segments to name."""

    def filter(self, depth: int = 3) -> Literal:
        """A filter of at most so many levels."""
        how = self.random.choice(["and", "or", "not", "clause", "clause", "clause"])
        if depth == 1 or how == "clause":
            return self.clause()
        if how == "not":
            return {"not": self.filter(depth - 1)}
        return {how: [self.filter(depth - 1) for _ in range(self.random.randint(1, 3))]}

    def clause(self) -> Literal:
        key = self.random.choice(self.clauses)
        return {key: getattr(self, key)()}

    def one(self, values: Sequence[Any]) -> Any:
        return self.random.choice(list(values))

    def some(self, values: Sequence[Any], most: int = 3) -> list[Any]:
        return self.random.sample(list(values), self.random.randint(1, min(most, len(values))))

    def names(self, kind: Any) -> list[str]:
        return self.some([each.name for each in kind])

    def flag(self) -> bool:
        return self.one([True, False])

    # operands

    def period(self) -> Literal:
        unit, most = self.one(
            [("MINUTE", 90), ("HOUR", 72), ("DAY", 35), ("WEEK", 5), ("MONTH", 1)]
        )
        return {"amount": self.random.randint(1, most), "unit": unit}

    def at(self) -> str:
        whole = timedelta(days=self.random.randint(0, 40))
        return (self.world.now - whole).isoformat()

    def instant(self) -> Literal:
        how = self.one(["before", "since", "between", "on", "withinLast", "notWithinLast",
                        "isEmpty"])  # fmt: skip
        match how:
            case "before" | "since":
                return {how: self.one([{"at": self.at()}, {"ago": self.period()}])}
            case "between":
                ends = sorted(datetime.fromisoformat(self.at()) for _ in range(2))
                return {how: {"from": ends[0].isoformat(), "to": ends[1].isoformat()}}
            case "on":
                return {how: self.day()}
            case "isEmpty":
                return {how: self.flag()}
        return {how: self.period()}

    def day(self) -> str:
        return (self.world.now.date() - timedelta(days=self.random.randint(-9, 12))).isoformat()

    def days(self) -> Literal:
        how = self.one(["is", "before", "since", "withinNextDays", "withinLastDays", "isEmpty"])
        if how == "isEmpty":
            return {how: self.flag()}
        return {how: self.random.randint(0, 8) if how.startswith("within") else self.day()}

    def text(self, texts: Sequence[str]) -> Literal:
        how, text = self.one(["is", "in", "contains", "startsWith", "isEmpty"]), self.one(texts)
        if how == "isEmpty":
            return {how: self.flag()}
        if how == "in":
            return {how: self.some(texts)}
        if how == "is":
            return {how: self.one([text, text.upper(), text.lower()])}
        begin = 0 if how == "startsWith" else self.random.randrange(len(text))
        part = text[begin : begin + self.random.randint(1, 3)]
        return {how: part if part.strip() else "%"}

    def number(
        self, numbers: Sequence[str] = ("0", "12.5", "-3", "42", "41.999999", "7")
    ) -> Literal:
        how = self.one(["is", "atLeast", "atMost", "between", "isEmpty"])
        if how == "isEmpty":
            return {how: self.flag()}
        if how == "between":
            ends = sorted((self.one(numbers) for _ in range(2)), key=float)
            return {how: {"from": ends[0], "to": ends[1]}}
        return {how: self.one(numbers)}

    def money(self) -> Literal:
        return {
            "currency": self.one(["EUR", "USD"]),
            "amount": self.number(["5", "50", "500", "49.99", "9.9"]),
        }

    # clauses

    def ids(self) -> list[str]:
        return [encode_id("lead", each.row.id) for each in self.some(self.world.leads)]

    def name(self) -> Literal:
        return self.text(NAMES)

    def title(self) -> Literal:
        return self.text(COLOURS)

    def emailAddress(self) -> Literal:  # as clients write it
        keys = [each.key for lead in self.world.leads for each in lead.emails]
        return self.text([*keys, "@a.example", ".EXAMPLE"])

    def phoneNumber(self) -> Literal:
        return self.text(["+49", "+4930", "+49 (30) 1", "7", *(
            each for lead in self.world.leads for each in lead.phones)])  # fmt: skip

    def priority(self) -> list[str]:
        return self.names(Priority)

    def source(self) -> list[str]:
        return self.names(SourceChannel)

    def value(self) -> Literal:
        return self.money()

    def price(self) -> Literal:
        return self.money()

    def listingType(self) -> str:
        return self.one(list(ListingType)).name

    def state(self) -> Literal:
        states = self.world.states
        return self.one(
            [
                {"in": [encode_id("state", each.id) for each in self.some(states)]},
                {"kindIn": self.names(StateKind)},
                {"pipelineId": encode_id("pipeline", states[0].pipeline_id)},
                {"longerThan": self.period()},
                {"closedWithinLast": self.period()},
            ]
        )

    def assignee(self) -> Literal:
        ids = [encode_id("staff", each) for each in self.some(self.world.staff)]
        return self.one([{"in": ids}, {"isMe": self.flag()}, {"isNobody": self.flag()}])

    def tags(self) -> Literal:
        names = [self.one([each, each.upper(), each.lower()]) for each in self.some(TAGS)]
        return self.one([{"any": names}, {"all": names}, {"isEmpty": self.flag()}])

    def property(self) -> Literal:
        options = {
            key: [encode_id("option", each.id) for each in self.some(rows)]
            for key, rows in self.world.options.items()
        }
        key, test = self.one(
            [
                ("shoe", {"number": self.number()}),
                ("colour", {"text": self.text(COLOURS)}),
                ("signed", {"date": self.days()}),
                ("member", {"boolean": self.flag()}),
                ("house", {"anyOption": options["house"]}),
                ("likes", {self.one(["anyOption", "allOptions"]): options["likes"]}),
                ("value", {"money": self.money()}),
                (self.one(list(self.world.options)), {"isEmpty": self.flag()}),
            ]
        )
        return {"fieldKey": key, "is": test}

    def presence(self) -> list[str]:
        return self.names(PresenceState)

    def subscription(self) -> Literal:
        return self.one([{"in": self.names(SubscriptionStatus)}, {"hasNoAddress": self.flag()}])

    def event(self) -> Literal:
        given: Literal = {}
        for key, value in (
            ("name", self.one([self.one(EVENTS), "quote", "Nobody did this"])),
            ("within", self.instant()),
            ("parameters", [self.parameter() for _ in range(self.random.randint(1, 2))]),
            ("count", {self.one(["is", "atLeast", "atMost"]): self.random.randint(0, 4)}),
            ("firstAt", self.instant()),
            ("lastAt", self.instant()),
        ):
            if self.random.random() < 0.4:
                given[key] = value
        return given

    def parameter(self) -> Literal:
        name, test = self.one(
            [
                ("plan", {"text": self.text(PLANS)}),
                ("seats", {"number": self.number(["1", "2.5", "30", "3"])}),
                ("paid", {"money": self.money()}),
                ("is_new", {"boolean": self.flag()}),
                ("day", {"date": self.days()}),
                ("plan", {"isEmpty": self.flag()}),
                ("plan", {"number": self.number()}),
            ]
        )
        return {"name": name, "is": test}

    def conversation(self) -> Literal:
        given = {
            "states": self.names(ConversationState),
            "channels": self.names(Channel),
            "waitingLongerThan": self.period(),
            "lastMessageAt": self.instant(),
            "lastDirection": self.one(["TO_LEAD", "FROM_LEAD"]),
        }
        return {key: value for key, value in given.items() if self.random.random() < 0.4}

    def task(self) -> Literal:
        given = {"bands": self.names(DueBand), "assignee": self.assignee()}
        return {key: value for key, value in given.items() if self.random.random() < 0.6}

    def location(self) -> Literal:
        places = {"region": REGIONS, "city": CITIES}
        match self.one(["countries", "region", "city", "timeZones", "localTime"]):
            case "countries":
                return {"countries": self.some(COUNTRIES)}
            case "region" | "city" as part:
                return {part: self.text(places[part])}
        if self.flag():
            return {"timeZones": self.some(ZONES)}
        ends = [f"{self.random.randint(0, 23):02}:{self.one(['00', '30'])}" for _ in range(2)]
        return {"localTimeBetween": {"from": ends[0], "to": ends[1]}}

    def segmentId(self) -> str:
        return self.one(self.segments)

    createdAt = lastActivityAt = lastSeenAt = instant
    isHidden = isAnonymous = isIncomplete = flag


CLAUSES = [
    "ids", "name", "title", "emailAddress", "phoneNumber", "priority", "source", "value", "price",
    "listingType", "state", "assignee", "tags", "property", "property", "presence",
    "subscription", "event", "event", "event", "conversation", "task", "location", "createdAt",
    "lastActivityAt", "lastSeenAt", "isHidden", "isAnonymous", "isIncomplete",
]  # fmt: skip
