"""Pictures of people: of a lead, as its card shows it, and of staff."""

from io import BytesIO
from typing import Any

import httpx2
import pytest
from PIL import Image

from models.enums import StaffRole
from models.ids import encode_id
from resolvers.services import Services
from tests.client import Client, key, lead, nothing_written, staff_client
from tests.factories import make_lead
from tests.importing import received_upload
from tests.pictures import picture

AVATAR = "avatar { url source initials }"
CARD = f"query($id: ID!) {{ lead(id: $id) {{ {AVATAR} }} }}"
NONE = {"url": None, "source": "INITIALS", "initials": "LL"}


async def with_picture(services: Services, client: Client, lead_id: str) -> dict[str, object]:
    assert client.actor
    upload_id = await received_upload(services, client.actor, picture(), "lena.png")
    given = {"leadId": lead_id, "uploadId": encode_id("upload", upload_id)}
    return await client.done("setAvatar", f"lead {{ {AVATAR} }}", **given)


@pytest.mark.behaviour("B5")
async def test_a_card_shows_the_uploaded_picture_square_and_by_a_link(
    app_client: httpx2.AsyncClient,
) -> None:
    services: Services = app_client.app.state.services  # type: ignore[attr-defined]  # the fixture
    ada = await staff_client(services)
    lead_id = lead(await make_lead(services))
    assert (await ada.read(CARD, id=lead_id))["lead"]["avatar"] == NONE
    await with_picture(services, ada, lead_id)
    avatar = (await ada.read(CARD, id=lead_id))["lead"]["avatar"]
    assert (avatar["source"], avatar["initials"]) == ("UPLOAD", "LL")
    answer = await app_client.get(avatar["url"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    with Image.open(BytesIO(answer.content)) as shown:
        assert shown.size == (256, 256)
    await ada.done("setAvatar", leadId=lead_id, uploadId=None)
    assert (await ada.read(CARD, id=lead_id))["lead"]["avatar"] == NONE
    assert (await app_client.get(avatar["url"])).status_code == 404


@pytest.mark.behaviour("B5")
async def test_open_cards_and_history_tell_of_a_new_picture(services: Services) -> None:
    ada = await staff_client(services)
    lead_id = lead(await make_lead(services))
    stream = ada.stream(
        f"""subscription($id: ID!) {{ leadCard(id: $id) {{ __typename
          ... on PropertiesChanged {{ lead {{ {AVATAR} }} diffs {{ path label
            before {{ display }} after {{ display }} }} entry {{ summary }} }} }} }}""",
        id=lead_id,
    )
    await anext(stream)
    await with_picture(services, ada, lead_id)
    item: dict[str, object] = {}
    while item.get("__typename") != "PropertiesChanged":
        answer = await anext(stream)
        assert answer.data
        item = answer.data["leadCard"]
    await stream.aclose()
    assert item["lead"]["avatar"]["source"] == "UPLOAD"  # type: ignore[index]  # a JSON value
    assert item["diffs"] == [
        {"path": "avatar", "label": "Picture", "before": None, "after": {"display": "lena.png"}}
    ]
    assert item["entry"] == {"summary": "Changed Picture."}


async def test_a_past_card_shows_a_picture_only_while_it_is_kept(services: Services) -> None:
    ada = await staff_client(services)
    lead_id = lead(await make_lead(services))
    made = await with_picture(services, ada, lead_id)
    then = made["changes"][0]["cursor"]  # type: ignore[index]  # a JSON value
    past = f"query($id: ID!, $c: Cursor!) {{ lead(id: $id, asOf: {{cursor: $c}}) {{ {AVATAR} }} }}"
    data = await ada.read(past, id=lead_id, c=then)
    assert data["lead"]["avatar"]["source"] == "UPLOAD"
    await ada.done("setAvatar", leadId=lead_id, uploadId=None)
    assert (await ada.read(past, id=lead_id, c=then))["lead"]["avatar"] == NONE


async def test_an_address_that_is_not_asked_is_refused_with_its_path(services: Services) -> None:
    ada = await staff_client(services, StaffRole.AGENT)
    given = {"idempotencyKey": key(), "person": {"firstName": "Nora"}}
    told = await ada.write("createLead", **given, pictureUrl="http://a.example/me.png")
    assert told["problems"] == [
        {
            "path": ["pictureUrl"],
            "code": "MALFORMED",
            "message": "Only https on port 443 or 8443 is asked.",
        }
    ]
    made = await ada.done("createLead", **given, pictureUrl="https://a.example/me.png")
    assert made["lead"]["displayName"] == "Nora"


async def test_staff_set_their_own_picture_for_everybody_of_the_team(
    app_client: httpx2.AsyncClient,
) -> None:
    services: Services = app_client.app.state.services  # type: ignore[attr-defined]  # the fixture
    ada, bo = await staff_client(services), await staff_client(services, StaffRole.AGENT, "Bo Berg")
    assert bo.actor
    members = f"{{ staffMembers(first: 9) {{ nodes {{ name {AVATAR} }} }} }}"

    async def seen(client: Client) -> dict[str, Any]:
        rows = (await client.read(members))["staffMembers"]["nodes"]
        return next(row["avatar"] for row in rows if row["name"] == "Bo Berg")

    none = {"url": None, "source": "INITIALS", "initials": "BB"}
    assert await seen(ada) == none
    links = []
    for name in ("bo.png", "bob.png"):
        upload_id = encode_id("upload", await received_upload(services, bo.actor, picture(), name))
        await bo.done("setMyAvatar", uploadId=upload_id)
        avatar = await seen(ada)
        assert avatar["source"] == "UPLOAD"
        links.append(avatar["url"])
        assert (await app_client.get(avatar["url"])).status_code == 200
    assert (await app_client.get(links[0])).status_code == 404, "the former picture is gone"
    made = await bo.done("setMyAvatar", f"me {{ staff {{ {AVATAR} }} }}", uploadId=None)
    assert made["me"]["staff"]["avatar"] == none
    async with nothing_written(services):
        await bo.done("setMyAvatar", uploadId=None)
    data = await ada.read(
        "{ workspaceHistory(first: 9) { nodes { summary diffs { before { display } "
        "after { display } } } } }"
    )
    entries = data["workspaceHistory"]["nodes"]
    told = [each["diffs"] for each in entries if each["summary"] == "Changed Bo Berg."]
    assert [[diff["after"] for diff in diffs] for diffs in told] == [
        [None], [{"display": "bob.png"}], [{"display": "bo.png"}],
    ]  # fmt: skip
