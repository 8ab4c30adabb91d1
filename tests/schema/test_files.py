"""Files of leads over HTTP: the way of the bytes in and out."""

from uuid import UUID

import httpx2
import pytest

from models.enums import FileUse
from models.files import File
from models.ids import decode_id
from resolvers import files
from resolvers.files import NewFile
from resolvers.services import Services
from tests.client import Client, staff_client
from tests.factories import make_lead
from tests.pictures import picture
from tests.resolvers.verify import act


async def uploaded(web: httpx2.AsyncClient, client: Client, name: str, data: bytes) -> UUID:
    """The id of an upload whose bytes came by PUT."""
    made = await client.done(
        "createUpload", "ticket { id uploadUrl }", name=name, sizeBytes=len(data)
    )
    headers = {"authorization": f"Bearer {client.token}"}
    answer = await web.put(made["ticket"]["uploadUrl"], content=data, headers=headers)
    assert answer.status_code == 204
    identity: UUID = decode_id("upload", made["ticket"]["id"])
    return identity


@pytest.mark.parametrize(
    ("name", "data", "content_type"),
    [
        ('ein "Bild"; ü\u2028.png', picture(), "image/png"),
        ("page.txt", b"<script>alert(1)</script>", "text/plain; charset=utf-8"),
    ],
)
async def test_a_file_is_given_to_be_saved_and_never_run(
    app_client: httpx2.AsyncClient, name: str, data: bytes, content_type: str
) -> None:
    services: Services = app_client.app.state.services  # type: ignore[attr-defined]  # the fixture
    ada = await staff_client(services)
    assert ada.actor
    lead_id = await make_lead(services)
    upload_id = await uploaded(app_client, ada, name.replace("\u2028", ""), data)
    new = NewFile(lead_id, FileUse.AVATAR, lead_id)
    file: File = await act(services, ada.actor, files.attach, upload_id, new)
    answer = await app_client.get(files.link_to(services, ada.actor, file.id))
    assert answer.status_code == 200
    assert len(answer.content) == file.size_bytes == int(answer.headers["content-length"])
    assert answer.headers["content-type"] == content_type
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["cache-control"] == "private, no-store"
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment; filename*=UTF-8''")
    assert '"' not in disposition
    assert disposition.isascii()
    for wrong in ("x", "..%2F..%2Fetc%2Fpasswd", "A" * 600):
        assert (await app_client.get(f"/files/{wrong}")).status_code == 404
