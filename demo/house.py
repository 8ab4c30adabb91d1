"""What the shop has besides its leads: a team, another pipeline, a rule, a webhook, a plan.

What shapes the workspace is there before the leads come. A rule comes after them, so that it starts
with what the person does who tries the demo.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from models.enums import AutomationActionKind, HistoryType, PeriodUnit, StateKind, TriggerKind
from models.ids import encode_id
from models.staff import Staff
from resolvers import leads, notifications, pipelines, readers, teams, uploads
from resolvers.actors import StaffActor
from resolvers.automations.checking import RuleTask
from resolvers.automations.saving import GivenAction, RuleEdit, RuleTrigger, save_automation
from resolvers.filters import read_filter
from resolvers.leads import PropertyEdit
from resolvers.leads_list import Chosen, leads_page
from resolvers.leads_order import Sort, SortKey
from resolvers.pipelines import PipelineEdit, StateEdit
from resolvers.services import Services
from resolvers.unit_of_work import UnitOfWork, unit_of_work
from resolvers.views import View
from resolvers.webhooks.saving import WebhookEdit, save_webhook

REPAIRS = PipelineEdit(
    "Repairs",
    (
        StateEdit(None, "Reported", StateKind.OPEN, "#2563EB"),
        StateEdit(None, "In the workshop", StateKind.OPEN, "#7C3AED"),
        StateEdit(None, "Repaired", StateKind.WON, "#15803D"),
        StateEdit(None, "Beyond repair", StateKind.LOST, "#B91C1C"),
    ),
    won_state_name="Repaired",
    needs_loss_reason=True,
)
REPAIRED = ("Reported", "Reported", "In the workshop", "In the workshop", "Repaired")
"""Where some of the leads are that came back with something broken."""
RULE = "Follow up on qualified leads"
WEBHOOK = "https://hooks.oriel.example/leads"
"""Under a domain that nobody can have; switched off, so that nothing is sent."""
UNREAD_FOR = timedelta(days=3)
PLAN = "Plan of the room.pdf"


async def furnish(work: UnitOfWork, people: Sequence[Staff]) -> None:
    """What is there before the leads."""
    _, manager, *agents = people
    await teams.save_team(work, None, "Showroom", [manager.id], [each.id for each in agents], None)
    await pipelines.save_pipeline(work, None, REPAIRS)


async def put_plan(services: Services, owner: StaffActor, lead_id: UUID) -> None:
    """A colleague puts a plan into a card."""
    content = drawn()
    async with unit_of_work(services, owner) as work:
        ticket = await uploads.create_upload(work, PLAN, len(content))
    await uploads.receive(services, owner, ticket.token, _whole(content))
    async with unit_of_work(services, owner) as work:
        value = {"upload_id": encode_id("upload", ticket.upload.id)}
        await leads.set_properties(work, lead_id, [PropertyEdit("plan", value)])


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content


@dataclass(frozen=True)
class Found:
    """What is there once the leads are, to go on with."""

    states: Mapping[str, UUID]
    """By name; those of both pipelines."""
    won: Sequence[UUID]
    old: Sequence[tuple[StaffActor, Sequence[UUID]]]
    """Notifications of each person that are some days old and not read."""


async def look_around(services: Services, team: Sequence[StaffActor]) -> Found:
    """Reads what `finish` needs, apart from its transaction."""
    view = View(services, team[0])
    try:
        ids = [each.id for each in await readers.all_pipelines(view)]
        states = [each for all in await readers.states_by_pipeline(view, ids) for each in all]
        is_won = Chosen(read_filter({"state": {"kindIn": [StateKind.WON.value]}}))
        won = await leads_page(view, is_won, Sort(SortKey.CREATED_AT), len(REPAIRED), None)
        rows = [each.id for each in won.rows]
    finally:
        await view.close()
    old = [(each, await _unread(services, each)) for each in team]
    return Found({each.name: each.id for each in states}, rows, old)


async def _unread(services: Services, person: StaffActor) -> list[UUID]:
    found: list[UUID] = []
    before = services.clock.now() - UNREAD_FOR
    after: str | None = None
    is_last = False
    view = View(services, person)
    try:
        while not is_last:
            page = await notifications.notifications_page(
                view, unread_only=True, first=100, after=after
            )
            found += [each.id for each in page.rows if each.at < before]
            after, is_last = page.cursors[-1] if page.cursors else None, not page.has_next
    finally:
        await view.close()
    return found


async def finish(work: UnitOfWork, found: Found) -> None:
    """What comes once the leads are there; `work` is an ADMIN's."""
    for lead_id, name in zip(found.won, REPAIRED, strict=False):
        # They were won, and have come back with something broken.
        await leads.change_state(work, lead_id, found.states[name], None)
    task = RuleTask("Send {{lead.firstName}} an offer", (2, PeriodUnit.DAY))
    rule = RuleEdit(
        RULE,
        RuleTrigger(TriggerKind.STATE_ENTERED, to_state=found.states["Qualified"]),
        [
            GivenAction(AutomationActionKind.ADD_TASK, task),
            GivenAction(AutomationActionKind.ADD_TAGS, ("To quote",)),
        ],
        is_enabled=True,
    )
    await save_automation(work, None, rule)
    types = (HistoryType.STATE, HistoryType.ASSIGNMENT)
    await save_webhook(work, None, WebhookEdit(WEBHOOK, types, is_enabled=False))
    for person, ids in found.old:
        for start in range(0, len(ids), 100):
            await notifications.mark_read(work, person, ids[start : start + 100])


LINES = (
    "0.93 0.96 0.97 rg 60 180 300 420 re f",
    "1.5 w 0.07 0.36 0.39 RG 60 180 300 420 re S",
    "0.6 w 60 400 m 230 400 l S 230 180 m 230 330 l S",
    "3 w 0.96 0.76 0.36 RG 120 600 m 300 600 l S 360 260 m 360 520 l S",
    "BT /F 15 Tf 0.13 0.15 0.17 rg 60 640 Td (Plan of the room) Tj ET",
    "BT /F 10 Tf 120 610 Td (leaded window, 1.80 m) Tj ET",
    "BT /F 10 Tf 366 380 Td (sliding panes, 2.60 m) Tj ET",
    "BT /F 10 Tf 100 480 Td (studio, 18.4 sq m) Tj ET",
    "BT /F 10 Tf 100 280 Td (kitchen) Tj ET",
)


def drawn() -> bytes:
    """A page of PDF with a plan of two rooms."""
    page = "\n".join(LINES).encode()
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 540 720] /Contents 4 0 R"
        b" /Resources << /Font << /F 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(page), page),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    file, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    file += b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return file + trailer % (len(objects) + 1, start)
