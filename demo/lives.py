"""The lives that leads of the demo had: written down in order, each from its own seed.

The same number gives the same life every time, counted back from the same instant. That is how a
load that was cut off goes on where it stopped.
"""

import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from demo import talks
from demo.people import COUNTRIES, Person, invent
from demo.stage import Stage, World
from models.enums import (
    AppointmentKind,
    CallOutcome,
    DeliveryState,
    NoteVisibility,
    Priority,
    SourceChannel,
    Via,
)
from resolvers.actors import SYSTEM, Actor, StaffActor
from resolvers.leads import NewLead

SEED = "Oriel Glassworks"
DAYS = 60
LONGEST_CHAPTER = 20
"""Acts in one unit of work before it ends at the next pause: it holds a lock meanwhile."""

LONG = frozenset({7, 96, 181, 274, 352, 440})
"""Lives of well over 150 changes."""
JOINED = frozenset({20, 140, 260, 380})
"""People who came a second time without being known, until the site told who they are."""
SHARING = frozenset({17, 133, 305})
"""People who gave the address of the person before them: one household."""
WITHOUT_AT = frozenset({12, 201, 399})
CYRILLIC = frozenset({13, 222, 418})

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
        """A talk in the chat; some are left unanswered, most are closed in the end."""
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
        if stops == len(talk) and self.chance(0.6):
            self.wait_for_office(600, 40_000)
            self.put(helper, Stage.end_talk)
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


def live(world: World, number: int) -> Sequence[Part]:
    """The parts of a life, in the order in which they are to be loaded."""
    dice = random.Random(f"{SEED}:{number}")
    person = person_of(number)
    is_known = number in LONG | JOINED | SHARING | WITHOUT_AT | CYRILLIC or dice.random() < 0.57
    back = timedelta(days=DAYS * (0.97 if number in LONG else dice.random() ** 1.2))
    diary = _diary(dice, world, world.until - back - timedelta(minutes=2))
    if number in LONG:
        _long(diary, person)
    elif is_known:
        _known(diary, person, number)
    else:
        _unknown(diary)
    diary.turn()
    return diary.parts


def person_of(number: int) -> Person:
    """Who the lead of that number is, if it is known at all."""
    person = invent(random.Random(f"{SEED}:person:{number}"), number)
    address = person.email_address
    if number in SHARING:
        other = person_of(number - 1)
        return replace(person, last_name=other.last_name, email_address=other.email_address)
    if number in WITHOUT_AT:
        return replace(person, email_address=address.replace("@", "."))
    if number in CYRILLIC:
        return replace(person, email_address=f"\u043e\u043b\u0435\u043d\u0430{number}@example.org")
    return person


def _diary(dice: random.Random, world: World, at: datetime) -> Diary:
    return Diary(dice, world, at, _id_at(dice, at), _id_at(dice, at))


def _id_at(dice: random.Random, at: datetime) -> UUID:
    """A UUIDv7 of that instant, the same for the same dice."""
    milliseconds = int(at.timestamp() * 1000)
    top, low = dice.getrandbits(12), dice.getrandbits(62)
    return UUID(int=milliseconds << 80 | 7 << 76 | top << 64 | 2 << 62 | low)


def _from_site(diary: Diary, time_zone: str, **more: Any) -> NewLead:
    return NewLead(
        source=SourceChannel.SITE,
        source_detail=diary.world.site.name,
        source_referrer=diary.dice.choice(talks.REFERRERS),
        time_zone=time_zone,
        **more,
    )


def _full(person: Person) -> dict[str, Any]:
    """What is known of somebody from the start."""
    known = {"first_name": person.first_name, "last_name": person.last_name}
    if person.company and person.job_title:
        known |= {"company": person.company, "job_title": person.job_title}
    phones = (person.phone_number,) if person.phone_number else ()
    return {
        "person": known,
        "email_addresses": (person.email_address,),
        "phone_numbers": phones,
    }


def _unknown(diary: Diary) -> None:
    """Somebody who looks around; a few write, fewer are looked after."""
    dice = diary.dice
    new = _from_site(diary, dice.choice(COUNTRIES).time_zone)
    diary.put(None, partial(Stage.visit, new=new))
    diary.browse(dice.randint(3, 8))
    if diary.chance(0.3):
        diary.talk()
    for _ in range(dice.choice((0, 1, 1, 2))):
        diary.wait(20_000, 400_000)
        diary.browse(dice.randint(1, 4))
    if diary.chance(0.2):
        diary.wait_for_office(3_000, 90_000)
        diary.hand_over()
        diary.note()


def _known(diary: Diary, person: Person, number: int) -> None:
    """Somebody with a name, however it came to be known."""
    if number in JOINED:
        _joined(diary, person, number)
    elif number in WITHOUT_AT | CYRILLIC | SHARING:
        _entered(diary, person)
    else:
        ways = (_signed_up, _signed_up, _entered, _imported, _introduced)
        diary.dice.choice(ways)(diary, person)
    _care(diary, person)


def _signed_up(diary: Diary, person: Person) -> None:
    diary.put(
        None, partial(Stage.visit, new=_from_site(diary, person.country.time_zone, **_full(person)))
    )
    diary.know(person)
    diary.browse(diary.dice.randint(1, 5))
    diary.sign_up()


def _entered(diary: Diary, person: Person) -> None:
    """An agent puts down somebody who called."""
    diary.at -= timedelta(days=4)  # so that it happens at all when the office is closed today
    diary.wait_for_office(0, 3_600)
    diary.has_visit = False
    diary.owner = diary.dice.choice(diary.world.agents)
    new = NewLead(**_full(person), source_detail="Called us", time_zone=person.country.time_zone)
    diary.put(diary.owner, partial(Stage.appear, new=new))
    diary.know(person)
    diary.call()


def _imported(diary: Diary, person: Person) -> None:
    diary.has_visit = False
    tags = (diary.dice.choice(talks.TAGS),)
    new = NewLead(
        **_full(person), tags=tags, source=SourceChannel.IMPORT, source_detail="Guest book"
    )
    diary.put(replace(diary.world.admin, via=Via.IMPORT), partial(Stage.appear, new=new))
    diary.know(person)


def _introduced(diary: Diary, person: Person) -> None:
    """A visitor who says later who it is; every second one proves it."""
    diary.put(None, partial(Stage.visit, new=_from_site(diary, person.country.time_zone)))
    diary.browse(diary.dice.randint(1, 4))
    diary.wait(30, 600)
    external_id = f"customer-{diary.lead_id.hex[-8:]}" if diary.chance(0.5) else None
    diary.introduce(person, external_id)


def _joined(diary: Diary, person: Person, number: int) -> None:
    """A known customer who looked around on another device before signing in there."""
    external_id = f"customer-{1000 + number}"
    known = _from_site(diary, person.country.time_zone, **_full(person), external_id=external_id)
    diary.at = diary.world.until - timedelta(days=diary.dice.uniform(20, 50))
    diary.put(None, partial(Stage.visit, new=known))
    diary.know(person)
    diary.browse(4)
    diary.turn()
    diary.wait(90_000, 400_000)
    other = _diary(diary.dice, diary.world, diary.at)
    other.put(None, partial(Stage.visit, new=_from_site(diary, person.country.time_zone)))
    other.browse(5)
    other.talk()
    other.wait(40, 90)
    other.introduce(person, external_id)
    diary.parts += other.parts
    diary.at = other.at + timedelta(seconds=30)


def _care(diary: Diary, person: Person) -> None:
    """What the team does for a lead, step by step down the pipeline."""
    if diary.owner is None and diary.chance(0.85):
        diary.wait_for_office(600, 90_000)
        diary.hand_over()
    for share, act in (
        (0.3, diary.rate), (0.45, diary.note), (0.4, diary.tag), (0.5, diary.learn),
    ):  # fmt: skip
        if diary.chance(share):
            act()
    if diary.has_visit and diary.chance(0.55):
        diary.wait(4_000, 200_000)
        diary.browse(diary.dice.randint(1, 4))
        diary.talk()
    if diary.chance(0.85):
        diary.move("Contacted")
        if diary.chance(0.3):
            diary.let_in()
        if diary.chance(0.4):
            diary.call()
        if diary.chance(0.5):
            diary.try_to_reach()
        if diary.chance(0.4):
            diary.describe(person)
    _negotiate(diary)


def _negotiate(diary: Diary) -> None:
    """From a first contact to a yes or a no; many are still on the way."""
    for state, share in (("Qualified", 0.65), ("Proposal", 0.6)):
        if diary.state == "New" or not diary.chance(share):
            break
        diary.move(state)
        diary.value()
        diary.note()
        if diary.chance(0.5):
            diary.telephone()
        if diary.chance(0.5):
            diary.meet()
        if diary.chance(0.5):
            diary.mean_to()
        if diary.chance(0.25):
            diary.mark_day()
        if diary.chance(0.3):
            diary.judge()
        if diary.has_visit and diary.chance(0.3):
            diary.greet()
            diary.browse(diary.dice.randint(1, 3))
        if diary.chance(0.25):
            diary.wait_for_office(900, 90_000)
            diary.hand_over()
    if diary.state == "Proposal" and diary.chance(0.6):
        diary.move("Converted")
        diary.let_in()
    elif diary.chance(0.25):
        diary.move("Lost")


def _long(diary: Diary, person: Person) -> None:
    """A customer of many visits, talks and changes of mind."""
    _signed_up(diary, person)
    diary.wait_for_office(600, 20_000)
    diary.hand_over()
    days = iter(("Contacted", "Qualified", "Proposal", "Lost", "Contacted", "Qualified"))
    for round_ in range(18):
        diary.browse(diary.dice.randint(3, 5))
        diary.talk()
        diary.dice.choice(
            (diary.note, diary.learn, diary.tag, diary.rate, diary.call, diary.try_to_reach)
        )()
        if round_ % 3 == 2:
            diary.move(next(days))
        if round_ % 6 == 5:
            diary.wait_for_office(900, 20_000)
            diary.hand_over()
        diary.pause()
        diary.wait(20_000, 140_000)
