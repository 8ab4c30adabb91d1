"""A life as it is being written down: what the lead and the team do, one act after the other."""

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from demo import talks
from demo.people import Person
from demo.stage import Stage, World
from models.enums import (
    AppointmentKind,
    CallOutcome,
    DeliveryState,
    NoteVisibility,
    Priority,
)
from resolvers.actors import SYSTEM, Actor, StaffActor

TALKS_OPEN = timedelta(days=6)
"""A talk that came to its end longer ago has been closed."""
LONGEST_CHAPTER = 20
"""Acts in one unit of work before it ends at the next pause: it holds a lock meanwhile."""

Act = Callable[[Stage], Awaitable[object]]


@dataclass(frozen=True)
class Entry:
    """One act; `who` None: the visitor."""

    at: datetime
    who: Actor | None
    act: Act


@dataclass(frozen=True)
class Chapter:
    """What happens to a lead in one unit of work; with `is_first` it begins there."""

    lead_id: UUID
    visit_id: UUID
    is_first: bool
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Introduction:
    """The visitor tells who it is; with an `external_id` the site vouches for it."""

    lead_id: UUID
    visit_id: UUID
    at: datetime
    person: Person
    external_id: str | None


Part = Chapter | Introduction


@dataclass
class Diary:
    """A life as it is being written; what would lie after `until` is left out."""

    dice: random.Random
    world: World
    at: datetime
    lead_id: UUID
    visit_id: UUID
    has_visit: bool = True
    owner: StaffActor | None = None
    first_name: str = "there"
    city: str = "our town"
    state: str = "New"
    parts: list[Part] = field(default_factory=list)
    _entries: list[Entry] = field(default_factory=list)
    _pages: set[str] = field(default_factory=set)
    _sequence: int = 0
    _talks: list[tuple[talks.Line, ...]] = field(default_factory=list)
    """Those that the lead has not had yet."""
    _has_begun: bool = False

    @property
    def is_over(self) -> bool:
        return self.at >= self.world.until

    @property
    def carer(self) -> StaffActor:
        """Who looks after the lead; what nobody has is the manager's."""
        return self.owner or self.world.manager

    def put(self, who: Actor | None, act: Act) -> None:
        """An act at this instant; the next one is at least a little later."""
        if not self.is_over:
            self._entries.append(Entry(self.at, who, act))
            self.at += timedelta(seconds=1)

    def wait(self, least: float, most: float) -> None:
        """Lets between `least` and `most` seconds go by."""
        self.at += timedelta(seconds=self.dice.uniform(least, most))

    def wait_for_office(self, least: float, most: float) -> None:
        """As `wait`, and on to the next morning when the workshop is closed then."""
        self.wait(least, most)
        while self.at.weekday() > 4 or not 8 <= self.at.hour < 18:
            days = 1 if self.at.hour >= 8 else 0
            morning = self.at.replace(hour=8, minute=self.dice.randint(0, 59))
            self.at = morning + timedelta(days=days)

    def chance(self, share: float) -> bool:
        return self.dice.random() < share

    def pause(self) -> None:
        """A place where a long chapter may end."""
        if len(self._entries) >= LONGEST_CHAPTER:
            self.turn()

    def turn(self) -> None:
        """Ends the chapter."""
        if self._entries:
            part = Chapter(self.lead_id, self.visit_id, not self._has_begun, tuple(self._entries))
            self.parts.append(part)
            self._has_begun = True
        self._entries = []

    def introduce(self, person: Person, external_id: str | None) -> None:
        """The visitor's chapter ends with saying who it is."""
        self.turn()
        if not self.is_over and self._has_begun:
            self.parts.append(
                Introduction(self.lead_id, self.visit_id, self.at, person, external_id)
            )
            self.know(person)
            self.at += timedelta(seconds=1)

    def know(self, person: Person) -> None:
        self.first_name, self.city = person.first_name, person.city

    # --- the visitor -------------------------------------------------------------------------

    def browse(self, pages: int) -> None:
        """Walks through the shop."""
        for _ in range(pages):
            page = self.dice.choice(("", "", *talks.PIECES, *talks.PIECES))
            self._view(page)
            if page and self.chance(0.12):
                self.wait(31, 90)
                self._do(*self._sign_of_interest(page))
        self.pause()

    def _view(self, page: str) -> None:
        self.wait(35, 260)
        self._sequence += 1
        repeat = page in self._pages
        self._pages.add(page)
        act = partial(Stage.view, page=page, sequence=self._sequence, is_repeat=repeat)
        self.put(None, act)

    def _sign_of_interest(self, page: str) -> tuple[str, dict[str, Any]]:
        piece = {"type": "TEXT", "text": talks.PIECES[page][0]}
        return self.dice.choice(
            (
                ("price_list_opened", {"piece": piece}),
                ("added_to_basket", {"piece": piece, "lines": {"type": "TEXT", "text": "dark"}}),
                (
                    "Requested a quote",
                    {
                        "piece": piece,
                        "width": {"type": "NUMBER", "number": str(self.dice.randint(30, 180))},
                        "is_urgent": {"type": "BOOLEAN", "boolean": self.chance(0.3)},
                    },
                ),
            )
        )

    def _do(self, name: str, parameters: dict[str, Any]) -> None:
        self._sequence += 1
        sequence = self._sequence
        self.put(None, partial(Stage.do, name=name, parameters=parameters, sequence=sequence))

    def sign_up(self) -> None:
        self.wait(40, 400)
        self._do("Signed up", {"page": {"type": "TEXT", "text": "Come and see it lit"}})

    def talk(self) -> None:
        """A talk in the chat: some are left unanswered, most are closed in the end, and of the rest
        some are taken or put off."""
        if not self._talks:
            self._talks = self.dice.sample(talks.TALKS, len(talks.TALKS))
        helper, talk = self.carer, self._talks.pop()
        words = self._slots(helper)
        opener = self.dice.choice(talks.OPENERS)
        stops = self.dice.randint(1, len(talk)) if self.chance(0.1) else len(talk)
        for place, line in enumerate(talk[:stops]):
            self.wait(15, 150)
            text = line.text.format_map(words)
            if line.is_visitor:
                text = f"{opener}{text}" if place == 0 and not talks.greets(text) else text
                self.put(None, partial(Stage.say, text=text))
            else:
                self.put(helper, partial(Stage.answer, text=text))
        is_old = self.at < self.world.until - TALKS_OPEN
        if stops == len(talk) and (self.chance(0.6) or is_old):
            self.wait_for_office(600, 40_000)
            self.put(helper, Stage.end_talk)
        elif self.chance(0.6):
            self.put(helper, Stage.take_talk)
            if stops == len(talk) and self.chance(0.5):
                later = self.world.until + timedelta(days=self.dice.randint(1, 6))
                self.put(helper, partial(Stage.put_off_talk, until=later))
        self.pause()

    def _slots(self, helper: Actor) -> dict[str, str]:
        piece = self.dice.choice(list(talks.PIECES))
        me = helper.name.partition(" ")[0]
        return talks.slots(self.dice, piece, self.first_name, self.city, me)

    # --- the team ----------------------------------------------------------------------------

    def hand_over(self) -> None:
        """The manager gives the lead to an agent, or to another one."""
        others = [each for each in self.world.agents if each != self.owner]
        self.owner = self.dice.choice(others)
        self.put(self.world.manager, partial(Stage.assign, to=self.owner))

    def move(self, state: str) -> None:
        self.wait_for_office(3_000, 200_000)
        self.state = state
        reason = talks.LOSSES[len(self.parts) % len(talks.LOSSES)] if state == "Lost" else None
        self.put(self.carer, partial(Stage.move, state=state, reason=reason))

    def note(self) -> None:
        """A colleague notes something down, and sometimes thinks again."""
        author, template = self.carer, self.dice.choice(talks.NOTES)
        words = self._slots(author)
        html = template.format_map(words)
        visibility = self.dice.choice((NoteVisibility.TEAM, NoteVisibility.PRIVATE))
        pinned = self.chance(0.12)
        self.wait_for_office(120, 20_000)
        self.put(author, partial(Stage.note, html=html, visibility=visibility, is_pinned=pinned))
        if self.chance(0.15):
            self.wait(60, 3_000)
            more = f"{html}<p>Checked again in {words['weeks']} weeks.</p>"
            self.put(author, partial(Stage.rewrite_note, html=more))
        elif self.chance(0.06):
            self.wait(60, 3_000)
            self.put(author, Stage.remove_note)

    def rate(self) -> None:
        priority = self.dice.choice((Priority.HIGH, Priority.HIGH, Priority.URGENT, Priority.LOW))
        self.wait_for_office(60, 9_000)
        self.put(self.carer, partial(Stage.rate, priority=priority))

    def tag(self) -> None:
        names = tuple(self.dice.sample(talks.TAGS, self.dice.choice((1, 1, 2))))
        self.wait_for_office(60, 9_000)
        self.put(self.carer, partial(Stage.tag, names=names))
        if self.chance(0.1):
            self.wait_for_office(9_000, 90_000)
            self.put(self.carer, partial(Stage.untag, names=names[:1]))

    def call(self) -> None:
        minutes = {"type": "NUMBER", "number": str(self.dice.randint(1, 25))}
        self.wait_for_office(600, 60_000)
        act = partial(Stage.do, name="Phone call", parameters={"minutes": minutes})
        self.put(self.carer, act)

    def try_to_reach(self) -> None:
        """A colleague speaks to a machine, or meets the lead, and writes down what was said."""
        kind, texts = self.dice.choice(list(talks.CLICKS.items()))
        words = self._slots(self.carer)
        self.wait_for_office(600, 60_000)
        self.put(self.carer, partial(Stage.click, kind=kind))
        if self.chance(0.7):
            self.wait(60, 900)
            body = self.dice.choice(texts).format_map(words)
            self.put(self.carer, partial(Stage.write_on_event, body=body))

    def telephone(self) -> None:
        """A colleague rings and puts down what came of it."""
        outcome, template = self.dice.choice(list(talks.CALLS.items()))
        note = template.format_map(self._slots(self.carer)) if template else None
        seconds = self.dice.randint(30, 900) if note else 0
        self.wait_for_office(600, 60_000)
        self.put(
            self.carer,
            partial(Stage.call, outcome=CallOutcome(outcome), seconds=seconds, note=note),
        )

    def meet(self) -> None:
        """A meeting is planned, and takes place unless that is still ahead."""
        words = self._slots(self.carer)
        title = self.dice.choice(talks.MEETINGS).format_map(words)
        kind = self.dice.choice((AppointmentKind.MEETING, AppointmentKind.SHOWING))
        self.wait_for_office(600, 60_000)
        day = self.at + timedelta(days=self.dice.randint(1, 9))
        start = day.replace(hour=self.dice.randint(9, 16), minute=0, second=0, microsecond=0)
        self.put(self.carer, partial(Stage.plan, kind=kind, title=title, start=start))
        self.at = start + timedelta(hours=1)
        self.put(self.carer, partial(Stage.meet, note=talks.HELD.format_map(words)))

    def mean_to(self) -> None:
        """Something is put down to do; much of it is done, the rest still ahead."""
        title = self.dice.choice(talks.TASKS).format_map(self._slots(self.carer))
        self.wait_for_office(300, 30_000)
        is_done = self.chance(0.6)
        days = self.dice.choice((0, 1, 2, 5, 14, None))
        begun = self.at if is_done else self.world.until
        due = None if days is None else (begun + timedelta(days=days)).date()
        self.put(self.carer, partial(Stage.put_down, title=title, due=due))
        if is_done:
            self.wait_for_office(3_000, 260_000)
            self.put(self.carer, Stage.tick_off)

    def mark_day(self) -> None:
        """A day that matters for the deal."""
        kind = self.dice.choice(("Closing", "P&S due"))
        self.wait_for_office(300, 30_000)
        day = (self.at + timedelta(days=self.dice.randint(5, 60))).date()
        note = talks.DAYS[kind].format_map(self._slots(self.carer))
        self.put(self.carer, partial(Stage.mark_day, kind=kind, day=day, note=note))

    def let_in(self) -> None:
        """The lead gets an account of the portal."""
        self.wait_for_office(300, 30_000)
        self.put(self.carer, Stage.open_account)

    def learn(self) -> None:
        """A colleague fills in what the lead told."""
        self.wait_for_office(300, 30_000)
        self.put(self.carer, partial(Stage.fill, values=self._facts()))

    def _facts(self) -> Mapping[str, Any]:
        dice, day = self.dice, (self.at + timedelta(days=self.dice.randint(14, 120))).date()
        amount = str(dice.randrange(50, 4_000, 10))
        site = f"https://{dice.choice(('studio', 'home', 'shop'))}.example.org/{self.city.lower()}"
        facts: dict[str, Any] = {
            "budget": {"money": {"amount": amount, "currency": dice.choice(("EUR", "EUR", "GBP"))}},
            "glass_area": {"number": f"{dice.uniform(0.1, 6):.2f}"},
            "newsletter": {"boolean": self.chance(0.5)},
            "delivery_day": {"date": day},
            "website": {"url": site.replace(" ", "-")},
            "glass_kind": dice.choice(talks.GLASS_KINDS),
            "uses": "; ".join(dice.sample(talks.USES, dice.randint(1, 3))),
            "interest": {"text": dice.choice(talks.INTERESTS)},
            "title": {"text": dice.choice(talks.TITLES)},
        }
        return {key: facts[key] for key in dice.sample(sorted(facts), dice.randint(2, 5))}

    def value(self) -> None:
        """What the deal is worth, as far as one can say."""
        amount = str(self.dice.randrange(300, 60_000, 50))
        worth = {"value": {"money": {"amount": amount, "currency": "EUR"}}}
        self.put(self.carer, partial(Stage.fill, values=worth))

    def judge(self) -> None:
        """The manager notes the margin, which agents don't see."""
        self.wait_for_office(3_000, 90_000)
        margin = {"margin": {"number": str(self.dice.randint(8, 45))}}
        self.put(self.world.manager, partial(Stage.fill, values=margin))

    def describe(self, person: Person) -> None:
        known: dict[str, str | date | None] = {
            "postal_address": person.postal_address,
            "language": person.country.language,
        }
        if self.chance(0.4):
            known["birthday"] = person.birthday
        self.wait_for_office(300, 40_000)
        self.put(self.carer, partial(Stage.describe, person=known))

    def greet(self) -> None:
        """A pop-up for the next visit."""
        words = self._slots(self.carer)
        text = self.dice.choice(talks.GREETINGS).format_map(words)
        self.wait_for_office(600, 60_000)
        self.put(self.carer, partial(Stage.pop_up, title="From the workshop", text=text))
        self.wait(9_000, 90_000)
        arrived, seen = DeliveryState.DELIVERED, DeliveryState.OPENED
        if self.chance(0.2):
            self.at += timedelta(days=2)
            expired = (DeliveryState.EXPIRED,)
            self.put(SYSTEM, partial(Stage.tell_of_pop_up, states=expired))
            return
        self.put(None, partial(Stage.tell_of_pop_up, states=(arrived, seen)))
        if self.chance(0.5):
            self.wait(2, 20)
            followed = (DeliveryState.CLICKED,)
            self.put(None, partial(Stage.tell_of_pop_up, states=followed))
