"""The lives that leads of the demo had: written down in order, each from its own seed.

The same number gives the same life every time, counted back from the same instant. That is how a
load that was cut off goes on where it stopped.
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from demo import talks
from demo.diary import Diary, Part
from demo.people import COUNTRIES, Country, Person, invent
from demo.stage import Stage, World
from models.enums import (
    SourceChannel,
    Via,
)
from resolvers.leads import NewLead
from resolvers.places import Place

SEED = "Oriel Glassworks"
DAYS = 60

LONG = frozenset({7, 96, 181, 274, 352, 440})
"""Lives of well over 150 changes."""
JOINED = frozenset({20, 140, 260, 380})
"""People who came a second time without being known, until the site told who they are."""
SHARING = frozenset({17, 133, 305})
"""People who gave the address of the person before them: one household."""
WITHOUT_AT = frozenset({12, 201, 399})
CYRILLIC = frozenset({13, 222, 418})


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


def _from_site(diary: Diary, country: Country, city: str | None = None, **more: Any) -> NewLead:
    return NewLead(
        source=SourceChannel.SITE,
        source_detail=diary.world.site.name,
        source_referrer=diary.dice.choice(talks.REFERRERS),
        time_zone=country.time_zone,
        place=Place(country.code, None, city),
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
    new = _from_site(diary, dice.choice(COUNTRIES))
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
    new = _from_site(diary, person.country, person.city, **_full(person))
    diary.put(None, partial(Stage.visit, new=new))
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
    diary.put(None, partial(Stage.visit, new=_from_site(diary, person.country, person.city)))
    diary.browse(diary.dice.randint(1, 4))
    diary.wait(30, 600)
    external_id = f"customer-{diary.lead_id.hex[-8:]}" if diary.chance(0.5) else None
    diary.introduce(person, external_id)


def _joined(diary: Diary, person: Person, number: int) -> None:
    """A known customer who looked around on another device before signing in there."""
    external_id = f"customer-{1000 + number}"
    known = _from_site(diary, person.country, person.city, **_full(person), external_id=external_id)
    diary.at = diary.world.until - timedelta(days=diary.dice.uniform(20, 50))
    diary.put(None, partial(Stage.visit, new=known))
    diary.know(person)
    diary.browse(4)
    diary.turn()
    diary.wait(90_000, 400_000)
    other = _diary(diary.dice, diary.world, diary.at)
    other.put(None, partial(Stage.visit, new=_from_site(diary, person.country, person.city)))
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
