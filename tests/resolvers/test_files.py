"""Files of leads: what may be one, who may have it, and that nothing of it is left afterwards."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import select
from sqlmodel import col

from models.clock import ManualClock
from models.enums import FileUse, StaffRole
from models.files import File, RemovedFile
from models.ids import new_id
from models.imports import LeadImport
from models.uploads import Upload
from resolvers import files, leads, staff
from resolvers.actors import SYSTEM, StaffActor
from resolvers.errors import InvalidInput, NotFound, Precondition, PreconditionReason
from resolvers.file_intake import Intake
from resolvers.file_store import FileStore, StoreFailed, Variant
from resolvers.files import LINK_SECONDS, ROUND_SECONDS, NewFile
from resolvers.pictures import MOST_PIXELS
from resolvers.services import Services
from resolvers.unit_of_work import UnitOfWork, unit_of_work
from resolvers.uploads import LASTS, create_upload, forget_uploads
from tests.factories import make_lead, make_staff
from tests.importing import received_upload
from tests.pictures import SECRET, bomb, packed, picture, talkative_picture
from tests.resolvers.verify import act


class Desk:
    """A lead of an agent's, to whom files are attached as its picture."""

    def __init__(self, services: Services, agent: StaffActor, lead_id: UUID) -> None:
        self.services, self.agent, self.lead_id = services, agent, lead_id

    async def upload(self, data: bytes, name: str = "cat.png") -> UUID:
        return await received_upload(self.services, self.agent, data, name)

    async def attach(
        self, upload_id: UUID, actor: StaffActor | None = None, *, pictures_only: bool = False
    ) -> File:
        new = NewFile(self.lead_id, FileUse.AVATAR, self.lead_id, pictures_only)
        made: File = await act(self.services, actor or self.agent, files.attach, upload_id, new)
        return made

    async def why_not(self, upload_id: UUID) -> tuple[PreconditionReason, str]:
        """The reason, and the message without the file's name that it begins with."""
        with pytest.raises(Precondition) as refused:
            await self.attach(upload_id)
        async with self.services.database.read_session() as session:
            name = (await session.get_one(Upload, upload_id)).name
        reason, message = refused.value.reason, refused.value.message
        is_named = reason is PreconditionReason.UPLOAD_TYPE
        assert message.startswith(f"{name}: ") is is_named
        return reason, message.removeprefix(f"{name}: ")

    async def read(self, link: str) -> bytes:
        found = await files.open_link(self.services, link.rpartition("/")[2])
        data = b"".join([part async for part in found.parts])
        assert len(data) == found.size_bytes
        return data

    def link(self, file: File, variant: Variant = Variant.WHOLE) -> str:
        return files.link_to(self.services, self.agent, file.id, variant)

    async def is_gone(self, link: str) -> bool:
        try:
            await self.read(link)
        except NotFound:
            return True
        return False

    def stored(self) -> list[str]:
        """Names of all that lies in folders of ours."""
        found = [*self.services.files.folder.glob("files/*")]
        return sorted(path.name for path in found + [*self.services.files.folder.glob("uploads/*")])


@pytest.fixture
async def desk(services: Services) -> Desk:
    agent = await make_staff(services, StaffRole.AGENT, "Ann Abel")
    lead_id = await make_lead(services, assignee_id=agent.id)
    return Desk(services, agent, lead_id)


# --- what may be a file --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
async def test_a_picture_is_drawn_anew_and_tells_nothing_but_its_pixels(
    desk: Desk, kind: str
) -> None:
    data = talkative_picture(kind)
    assert SECRET.encode() in data
    file = await desk.attach(await desk.upload(data, f"place.{kind.lower()}"))
    kept = await desk.read(desk.link(file))
    assert SECRET.encode() not in kept
    with Image.open(BytesIO(kept)) as drawn:
        drawn.load()
        assert drawn.format == kind
        assert not drawn.getexif()
        assert "icc_profile" not in drawn.info
        turned = (30, 60) if kind != "GIF" else (60, 30)
        assert drawn.size == (file.width, file.height) == turned
    assert file.size_bytes == len(kept)
    assert file.content_type == f"image/{kind.lower()}"


async def test_a_picture_has_a_preview_and_a_square_one(desk: Desk) -> None:
    file = await desk.attach(await desk.upload(picture(width=1200, height=300)))
    for variant, size in ((Variant.PREVIEW, (400, 100)), (Variant.SQUARE, (256, 256))):
        with Image.open(BytesIO(await desk.read(desk.link(file, variant)))) as small:
            assert (small.format, small.size) == ("WEBP", size)
            left, right = small.getpixel((1, 50)), small.getpixel((size[0] - 2, 50))
            assert isinstance(left, tuple)
            assert isinstance(right, tuple)
            assert left[0] > 200 > left[2]
            assert right[2] > 200 > right[0]


DOCX, ODT = "word/document.xml", "application/vnd.oasis.opendocument.text"


@pytest.mark.parametrize(
    ("name", "data", "content_type"),
    [
        ("Plan.PDF", b"%PDF-1.7 ...", "application/pdf"),
        ("letter.docx", packed(DOCX),
         "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("letter.odt", packed("mimetype", ODT.encode()), ODT),
        ("words.txt", "Grüße\r\n\tan alle".encode("cp1252"), "text/plain"),
        ("rows.csv", b"\xef\xbb\xbfa;b\n", "text/csv"),
        ("../.._ü😀.md".replace("/", ""), b"# Hello", "text/markdown"),
    ],
)  # fmt: skip
async def test_a_file_of_an_allowed_type_is_kept_as_it_came(
    desk: Desk, name: str, data: bytes, content_type: str
) -> None:
    file = await desk.attach(await desk.upload(data, name))
    assert (file.name, file.content_type, file.width) == (name, content_type, None)
    assert await desk.read(desk.link(file)) == data


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("cat.png", picture("JPEG"), "The content is no png."),
        ("cat.jpg", b"<svg onload=alert(1)>", "The content is no jpg."),
        ("cat.png", picture()[:200], "The picture is damaged."),
        ("cat.png", b"\x89PNG\r\n\x1a\n", "The picture is damaged."),
        ("cat.svg", b"<svg/>", "Files may be"),
        ("page.html", b"<p>", "Files may be"),
        ("plan.pdf", b"MZ\x90\x00", "The content is no pdf."),
        ("plan.pdf.exe", b"%PDF-1.7", "Files may be"),
        ("plan", b"%PDF-1.7", "Files may be"),
        ("words.txt", b"a\x00b", "The content is no txt."),
        ("letter.docx", packed("evil.exe"), "The content is no docx."),
        ("letter.docx", b"PK\x03\x04 broken", "The content is no docx."),
        ("letter.docx", b"MZ\x90", "The content is no docx."),
        ("letter.odt", packed("mimetype", b"text/html"), "The content is no odt."),
    ],
)
async def test_content_that_is_not_allowed_or_not_what_the_name_says_is_refused(
    desk: Desk, name: str, data: bytes, told: str
) -> None:
    reason, message = await desk.why_not(await desk.upload(data, name))
    assert reason is PreconditionReason.UPLOAD_TYPE
    assert message.startswith(told)
    assert not [each for each in desk.stored() if "." in each]


@pytest.mark.parametrize(
    "data", [bomb(8_000, 5_001), bomb(8, 1, told=(30_000, 30_000)), bomb(8, 1, told=(2**31 - 1, 1))]
)
async def test_a_bomb_of_pixels_is_refused_before_it_is_unpacked(desk: Desk, data: bytes) -> None:
    reason, message = await desk.why_not(await desk.upload(data))
    assert reason is PreconditionReason.UPLOAD_TYPE
    assert message in (
        f"Pictures have at most {MOST_PIXELS:,} pixels.",
        "The picture is damaged.",
    )
    assert len(data) < 10_000


@pytest.mark.parametrize(
    "name", ["../cat.png", "a/cat.png", "a\\cat.png", "..", ".", "", "a\0.png", "a\u202egnp.exe"]
)
async def test_a_name_with_a_path_or_hidden_characters_is_refused(desk: Desk, name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await act(desk.services, desk.agent, create_upload, name, 5)
    assert refused.value.problems[0].path == ("name",)


async def test_a_file_is_smaller_than_an_upload_may_be(desk: Desk) -> None:
    intake = Intake(desk.services.files.store, 10)
    desk.services = replace(
        desk.services, files=replace(desk.services.files, intake=intake)
    )  # fmt: skip
    _, message = await desk.why_not(await desk.upload(b"%PDF-1.7 ..", "plan.pdf"))
    assert message == "Files have at most 10 bytes."
    await desk.attach(await desk.upload(b"%PDF-1.7 .", "plan.pdf"))


@pytest.mark.parametrize("check", ["false", "no-such-program-anywhere", "true"])
async def test_a_check_of_the_operators_may_refuse(desk: Desk, check: str) -> None:
    intake = Intake(desk.services.files.store, 1_000, check)
    desk.services = replace(
        desk.services, files=replace(desk.services.files, intake=intake)
    )  # fmt: skip
    upload_id = await desk.upload(b"%PDF-1.7", "plan.pdf")
    if check == "true":
        await desk.attach(upload_id)
    else:
        assert await desk.why_not(upload_id) == (
            PreconditionReason.UPLOAD_TYPE,
            "The check of files refused it.",
        )


# --- whose upload it is --------------------------------------------------------------------------


async def test_an_upload_of_somebody_else_is_none(desk: Desk) -> None:
    other = await make_staff(desk.services)
    upload_id = await desk.upload(picture())
    for actor, wanted in ((other, upload_id), (desk.agent, new_id())):
        with pytest.raises(NotFound):
            await desk.attach(wanted, actor)
    await desk.attach(upload_id)


async def test_an_upload_is_good_for_one_file_once_it_is_there(
    desk: Desk, clock: ManualClock
) -> None:
    missing = PreconditionReason.UPLOAD_MISSING
    ticket = await act(desk.services, desk.agent, create_upload, "cat.png", 5)
    assert (await desk.why_not(ticket.upload.id))[0] is missing
    used = await desk.upload(picture())
    await desk.attach(used)
    assert await desk.why_not(used) == (missing, "This upload was used before.")
    late = await desk.upload(picture())
    clock.advance(LASTS.total_seconds())
    assert (await desk.why_not(late))[0] is missing


async def test_what_an_import_took_is_no_file(desk: Desk) -> None:
    upload_id = await desk.upload(b"a,b\n", "rows.csv")
    now = desk.services.clock.now()
    async with unit_of_work(desk.services, SYSTEM) as work:
        work.session.add(
            LeadImport(
                identity=b"1", name="rows.csv", upload_id=upload_id, plan={}, total=1,
                started_at=now,
            )
        )  # fmt: skip
    assert (await desk.why_not(upload_id))[0] is PreconditionReason.UPLOAD_MISSING


async def test_only_a_picture_will_do_where_only_pictures_do(desk: Desk) -> None:
    upload_id = await desk.upload(b"%PDF-1.7", "plan.pdf")
    with pytest.raises(Precondition) as refused:
        await desk.attach(upload_id, pictures_only=True)
    assert refused.value.message == "plan.pdf: Only a picture will do here."


async def test_an_abandoned_upload_leaves_nothing(desk: Desk, clock: ManualClock) -> None:
    kept = await desk.attach(await desk.upload(picture()))
    text = await desk.attach(await desk.upload(b"words", "words.txt"))
    for data, name in ((picture(), "cat.png"), (b"%PDF-1", "plan.pdf"), (b"a", "a.txt")):
        await desk.upload(data, name)
    await act(desk.services, desk.agent, create_upload, "cat.png", 5)
    assert len(desk.stored()) == 3 + 2 + 3 + 1 + 2
    clock.advance(LASTS.total_seconds() + 1)
    await forget_uploads(desk.services)
    await files.forget_removed(desk.services)
    assert desk.stored() == sorted(
        [kept.id.hex, f"{kept.id.hex}.preview", f"{kept.id.hex}.square", text.id.hex]
    )
    async with desk.services.database.read_session() as session:
        assert (await session.scalars(select(Upload))).all() == []
        assert (await session.scalars(select(RemovedFile))).all() == []
    assert await desk.read(desk.link(text)) == b"words"


# --- links ---------------------------------------------------------------------------------------


async def test_a_link_ends_after_five_minutes(desk: Desk, clock: ManualClock) -> None:
    link = desk.link(await desk.attach(await desk.upload(picture())))
    clock.advance(LINK_SECONDS - 1)
    assert not await desk.is_gone(link)
    clock.advance(ROUND_SECONDS + 1)
    assert await desk.is_gone(link)


async def test_a_link_can_not_be_made_up(desk: Desk) -> None:
    link = desk.link(await desk.attach(await desk.upload(picture())))
    for wrong in (link[:-1], f"{link[:-1]}{'A' if link[-1] != 'A' else 'B'}", f"{link}A", "x", ""):
        assert await desk.is_gone(wrong)
    assert await desk.is_gone(files.link_to(desk.services, desk.agent, new_id()))


async def test_a_link_ends_with_the_session_and_with_the_lead(desk: Desk) -> None:
    file = await desk.attach(await desk.upload(picture()))
    assert not await desk.is_gone(desk.link(file))
    colleague = await make_staff(desk.services, StaffRole.AGENT, "Bo Brandt")
    assert await desk.is_gone(files.link_to(desk.services, colleague, file.id))
    link = desk.link(file)
    await act(desk.services, SYSTEM, leads.assign, desk.lead_id, colleague.id, None)
    assert await desk.is_gone(link)
    theirs = files.link_to(desk.services, colleague, file.id)
    assert not await desk.is_gone(theirs)
    async with unit_of_work(desk.services, colleague) as work:
        await staff.end_session(work, colleague, colleague.session_id)
    assert await desk.is_gone(theirs)


# --- removal -------------------------------------------------------------------------------------


async def test_erasing_a_lead_removes_the_bytes_of_its_files_alone(desk: Desk) -> None:
    link = desk.link(await desk.attach(await desk.upload(b"words", "words.txt")))
    other = Desk(desk.services, desk.agent, await make_lead(desk.services))
    kept = await other.attach(await other.upload(b"other", "words.txt"))
    assert await act(desk.services, SYSTEM, files.erase_files, desk.lead_id) == 1
    assert await desk.is_gone(link)
    await files.forget_removed(desk.services)
    assert desk.stored() == [kept.id.hex, kept.id.hex]
    await files.forget_removed(desk.services)


class AwayStore(FileStore):
    """A store that can't be reached."""

    async def remove(self, file_id: UUID) -> None:
        raise StoreFailed("away")


async def test_bytes_that_the_store_keeps_are_tried_again(desk: Desk, tmp_path: Path) -> None:
    await desk.attach(await desk.upload(picture()))
    await act(desk.services, SYSTEM, files.erase_files, desk.lead_id)
    away = replace(desk.services, files=replace(desk.services.files, store=AwayStore(tmp_path)))
    await files.forget_removed(away)
    assert len(desk.stored()) == 3
    await files.forget_removed(desk.services)
    assert desk.stored() == []


async def test_what_is_rolled_back_removes_nothing(desk: Desk) -> None:
    link = desk.link(await desk.attach(await desk.upload(picture())))

    async def remove_and_fail(work: UnitOfWork) -> None:
        await files.remove(work, col(File.lead_id) == desk.lead_id)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await act(desk.services, SYSTEM, remove_and_fail)
    await files.forget_removed(desk.services)
    assert not await desk.is_gone(link)
