"""What a filter means, said once more and without SQL: for the proof that its SQL agrees."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from models.due_bands import Moment, band_of
from models.enums import PresenceState
from models.ids import encode_id
from resolvers.contact_points import shown_status
from resolvers.text import fold
from tests.resolvers.filter_world import Happened, Known, World

Literal = dict[str, Any]


class Meaning:
    """Whether a lead of the world is meant by a literal."""

    def __init__(self, world: World, me: Any, zone: str = "UTC") -> None:
        self.world, self.me, self.zone = world, me, ZoneInfo(zone)
        self.now = world.now
        self.segments: dict[str, Literal] = {}
        """Rules of segments by id."""

    def of(self, given: Literal, lead: Known) -> bool:
        ((key, value),) = given.items()
        if key == "and":
            return all(self.of(each, lead) for each in value)
        if key == "or":
            return any(self.of(each, lead) for each in value)
        if key == "not":
            return not self.of(value, lead)
        found: bool = getattr(self, key)(value, lead)
        return found

    # operands

    def back(self, period: Literal) -> datetime:
        amount, unit = period["amount"], period["unit"]
        if unit in ("MINUTE", "HOUR"):
            return self.now - timedelta(**{f"{unit.lower()}s": amount})
        local = self.now.astimezone(self.zone)
        if unit == "MONTH":
            for _ in range(amount):
                first = local.replace(day=1)
                last = first - timedelta(days=1)
                local = last.replace(day=min(last.day, local.day))
            return local
        return local - timedelta(days=amount * {"DAY": 1, "WEEK": 7}[unit])

    def instant(self, test: Literal, at: datetime | None) -> bool:
        ((how, value),) = test.items()
        if how == "isEmpty":
            return (at is None) == value
        if at is None:
            return False
        if how == "on":
            return at.astimezone(self.zone).date().isoformat() == value
        if how == "withinLast":
            return self.back(value) <= at <= self.now
        if how == "notWithinLast":
            return not self.back(value) <= at <= self.now
        if how == "between":
            return self.fixed(value["from"]) <= at < self.fixed(value["to"])
        ((kind, moment),) = value.items()
        end = self.fixed(moment) if kind == "at" else self.back(moment)
        return at < end if how == "before" else at >= end

    def fixed(self, text: str) -> datetime:
        return datetime.fromisoformat(text)

    def text(self, test: Literal, text: str | None, key: Callable[[str], str] = fold) -> bool:
        ((how, value),) = test.items()
        if how == "isEmpty":
            return (text is None) == value
        if text is None:
            return False
        mine = key(text)
        if how == "is":
            return mine == key(value)
        if how == "in":
            return mine in [key(each) for each in value]
        return key(value) in mine if how == "contains" else mine.startswith(key(value))

    def number(self, test: Literal, number: Decimal | None) -> bool:
        ((how, value),) = test.items()
        if how == "isEmpty":
            return (number is None) == value
        if number is None:
            return False
        if how == "is":
            return number == Decimal(value)
        if how == "between":
            return Decimal(value["from"]) <= number <= Decimal(value["to"])
        return number >= Decimal(value) if how == "atLeast" else number <= Decimal(value)

    def money(self, test: Literal, amount: Decimal | None, currency: str | None) -> bool:
        return self.number(test["amount"], amount if currency == test["currency"] else None)

    def day(self, test: Literal, day: date | None) -> bool:
        ((how, value),) = test.items()
        if how == "isEmpty":
            return (day is None) == value
        if day is None:
            return False
        today = self.now.astimezone(self.zone).date()
        if how == "withinNextDays":
            return today <= day <= today + timedelta(days=value)
        if how == "withinLastDays":
            return today - timedelta(days=value) <= day <= today
        there = date.fromisoformat(value)
        return {"is": day == there, "before": day < there, "since": day >= there}[how]

    def tested(self, test: Literal, value: Any) -> bool:
        ((how, operand),) = test.items()
        match how:
            case "isEmpty":
                return (value is None) == operand
            case "text":
                return self.text(operand, value.text if value else None)
            case "number":
                return self.number(operand, value.number if value else None)
            case "money":
                return self.money(
                    operand, *((value.number, value.currency) if value else (None,) * 2)
                )
            case "date":
                return self.day(operand, value.day if value else None)
            case "boolean":
                return value is not None and bool(value.number) == operand
        chosen = (
            {encode_id("option", UUID(hex=each.id)) for each in value.options} if value else set()
        )
        return (chosen >= set(operand)) if how == "allOptions" else bool(chosen & set(operand))

    # clauses

    def ids(self, given: Any, lead: Known) -> bool:
        return encode_id("lead", lead.row.id) in given

    def name(self, given: Any, lead: Known) -> bool:
        return self.text(given, lead.row.display_name)

    def title(self, given: Any, lead: Known) -> bool:
        return self.tested({"text": given}, lead.values.get("title"))

    def emailAddress(self, given: Any, lead: Known) -> bool:  # as clients write it
        if "isEmpty" in given:
            return bool(lead.emails) != given["isEmpty"]
        return any(self.text(given, each.key, str.lower) for each in lead.emails)

    def phoneNumber(self, given: Any, lead: Known) -> bool:
        if "isEmpty" in given:
            return bool(lead.phones) != given["isEmpty"]
        return any(self.text(given, each, _digits) for each in lead.phones)

    def priority(self, given: Any, lead: Known) -> bool:
        return lead.row.priority in given

    def source(self, given: Any, lead: Known) -> bool:
        return lead.row.source_channel in given

    def value(self, given: Any, lead: Known) -> bool:
        return self.tested({"money": given}, lead.values.get("value"))

    def price(self, given: Any, lead: Known) -> bool:
        ends = [lead.values.get(f"sales_price_{end}") for end in ("min", "max")]
        low, high = (
            each.number if each and each.currency == given["currency"] else None for each in ends
        )
        ((how, value),) = given["amount"].items()
        if how == "isEmpty":
            return (low is None and high is None) == value
        least = value["from"] if how == "between" else value if how != "atMost" else None
        most = value["to"] if how == "between" else value if how != "atLeast" else None
        if low is None and high is None:
            return False
        touches_low = low is None or most is None or low <= Decimal(most)
        return touches_low and (high is None or least is None or high >= Decimal(least))

    def listingType(self, given: Any, lead: Known) -> bool:
        value = lead.values.get("sales_listing_types")
        return value is not None and given in (value.text or "").split("\n")

    def state(self, given: Any, lead: Known) -> bool:
        ((how, value),) = given.items()
        since = lead.row.state_since
        match how:
            case "in":
                return encode_id("state", lead.state.id) in value
            case "kindIn":
                return lead.state.kind in value
            case "pipelineId":
                return encode_id("pipeline", lead.state.pipeline_id) == value
            case "longerThan":
                return since < self.back(value)
        return lead.state.kind in ("WON", "LOST") and since >= self.back(value)

    def _assigned(self, given: Any, staff: Any) -> bool:
        ((how, value),) = given.items()
        if how == "in":
            return staff is not None and encode_id("staff", staff) in value
        if how == "isMe":
            return (staff == self.me) == value
        if how == "teamId":
            return False
        return (staff is None) == value

    def assignee(self, given: Any, lead: Known) -> bool:
        return self._assigned(given, lead.row.assignee_id)

    def tags(self, given: Any, lead: Known) -> bool:
        ((how, value),) = given.items()
        if how == "isEmpty":
            return (not lead.tags) == value
        mine = {fold(each) for each in lead.tags}
        return (all if how == "all" else any)(fold(each) in mine for each in value)

    def property(self, given: Any, lead: Known) -> bool:
        return self.tested(given["is"], lead.values.get(given["fieldKey"]))

    def presence(self, given: Any, lead: Known) -> bool:
        return PresenceState.OFFLINE in given

    def subscription(self, given: Any, lead: Known) -> bool:
        if "hasNoAddress" in given:
            return (not lead.emails) == given["hasNoAddress"]
        return bool(lead.emails) and shown_status(lead.emails[0]) in given["in"]

    def event(self, given: Any, lead: Known) -> bool:
        counted = [each for each in lead.events if self._counts(given, each)]
        number = sum(each.count for each in counted)
        ((how, limit),) = given.get("count", {"atLeast": 1}).items()
        holds = {"is": number == limit, "atLeast": number >= limit, "atMost": number <= limit}[how]
        first = min((each.at for each in counted), default=None)
        last = max((each.last_at or each.at for each in counted), default=None)
        for key, at in (("firstAt", first), ("lastAt", last)):
            holds = holds and (key not in given or self.instant(given[key], at))
        return holds

    def _counts(self, given: Any, each: Happened) -> bool:
        if "name" in given and fold(given["name"]) != fold(each.name):
            return False
        if "within" in given and not self.instant(given["within"], each.at):
            return False
        return all(
            self._parameter(wanted["is"], each.parameters.get(wanted["name"]))
            for wanted in given.get("parameters", [])
        )

    def _parameter(self, test: Any, told: Any) -> bool:
        ((how, operand),) = test.items()
        if how == "isEmpty":
            return (told is None) == operand
        told = told or {}
        match how:
            case "text":
                return self.text(operand, told.get("text"), str)
            case "number":
                return self.number(operand, _decimal(told.get("number")))
            case "money":
                return self.money(operand, _decimal(told.get("amount")), told.get("currency"))
            case "date":
                day = told.get("date")
                return self.day(operand, date.fromisoformat(day) if day else None)
        return told.get("boolean") is operand

    def conversation(self, given: Any, lead: Known) -> bool:
        return any(self._talks(given, *each) for each in lead.conversations)

    def _talks(self, given: Any, talk: Any, direction: Any) -> bool:
        waits = given.get("waitingLongerThan")
        return (
            (not given.get("states") or talk.state in given["states"])
            and (not given.get("channels") or talk.channel in given["channels"])
            and (not waits or (talk.waiting_since or self.now) < self.back(waits))
            and ("lastMessageAt" not in given
                 or self.instant(given["lastMessageAt"], talk.last_message_at))
            and given.get("lastDirection", direction) == direction
        )  # fmt: skip

    def task(self, given: Any, lead: Known) -> bool:
        moment = Moment(self.now, str(self.zone))
        return any(
            each.removed_at is None
            and (not given.get("bands") or band_of(each.due, moment) in given["bands"])
            and ("assignee" not in given or self._assigned(given["assignee"], each.assignee_id))
            for each in lead.tasks
        )

    def location(self, given: Any, lead: Known) -> bool:
        ((how, value),) = given.items()
        if how == "countries":
            return lead.row.country in value
        if how in ("region", "city"):
            return self.text(value, getattr(lead.row, how))
        zone = lead.row.time_zone
        if zone is None or "timeZones" in given:
            return zone is not None and zone in given["timeZones"]
        since, before = (
            time.fromisoformat(given["localTimeBetween"][end]) for end in ("from", "to")
        )
        shown = self.now.astimezone(ZoneInfo(zone)).time()
        if since <= before:
            return since <= shown < before
        return not before <= shown < since

    def createdAt(self, given: Any, lead: Known) -> bool:
        return self.instant(given, lead.row.created_at)

    def lastActivityAt(self, given: Any, lead: Known) -> bool:
        return self.instant(given, lead.row.last_activity_at)

    def lastSeenAt(self, given: Any, lead: Known) -> bool:
        ends = [each.to_at or self.now for each in lead.stays]
        return self.instant(given, max(ends, default=None))

    def segmentId(self, given: Any, lead: Known) -> bool:
        return self.of(self.segments[given], lead)

    def isHidden(self, given: Any, lead: Known) -> bool:
        return (lead.row.hidden_at is not None) == given

    def isAnonymous(self, given: Any, lead: Known) -> bool:
        return lead.row.is_anonymous == given

    def isIncomplete(self, given: Any, lead: Known) -> bool:
        return (lead.values.get("colour") is None) == given


def _digits(text: str) -> str:
    return "".join(each for each in text if each not in " -()")


def _decimal(text: str | None) -> Decimal | None:
    return Decimal(text) if text is not None else None
