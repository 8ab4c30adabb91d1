"""Follows a lead's card until you stop it, and prints what happens on it, each change once.

    TOKEN=... python follow_card.py lead_...

LEADLIGHT_URL names the server; http://127.0.0.1:8000 by default. Needs `websockets`.
"""

import asyncio
import json
import os
import sys
from collections import deque
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

CARD = """subscription FollowCard($id: ID!, $after: Cursor) {
  leadCard(id: $id, after: $after) {
    __typename
    ... on LeadCardSnapshot { cursor lead { displayName state { name } presence { state } } }
    ... on LeadCardReset { resetReason }
    ... on LeadChange { cursor at entry { summary actor { name } } }
    ... on PresenceChanged { presence { state } }
    ... on ViewersChanged { viewerCount }
    ... on LeadMerged { into { id } }
    ... on AccessEnded { endReason }
  }
}"""
WORTH_A_RETRY = (4403, 4408)
"""Codes from 4400 to 4499 that may go away by themselves; the others will not."""


class Ended(Exception):
    """There is nothing more to follow; the message says why."""


class Card:
    """What has been applied: enough to go on where it stopped, and to apply nothing twice."""

    def __init__(self) -> None:
        self.after: str | None = None
        self.recent: deque[str] = deque(maxlen=256)

    def apply(self, item: dict[str, Any]) -> str | None:
        """The line to print; None for a change that was applied before."""
        match item["__typename"]:
            case "LeadCardSnapshot":
                self._remember(item["cursor"])
                lead = item["lead"]
                state, presence = lead["state"]["name"], lead["presence"]["state"]
                return f"{lead['displayName']}: {state}, {presence}"
            case "LeadCardReset":  # a snapshot follows; what was shown before it is void
                self.after = None
                self.recent.clear()
                return f"Starting over: {item['resetReason']}"
            case "PresenceChanged":  # stands beside the log: always apply it
                return f"Presence: {item['presence']['state']}"
            case "ViewersChanged":
                return f"Viewers: {item['viewerCount']}"
            case "LeadMerged":
                into = item["into"] or {"id": "a lead that is not yours"}
                raise Ended(f"Merged into {into['id']}")
            case "AccessEnded":
                raise Ended(f"Access ended: {item['endReason']}")
        # every other item is a change of the log, or stands beside it and was not asked for
        if "entry" not in item or item["cursor"] in self.recent:
            return None
        self._remember(item["cursor"])
        return f"{item['at']} {item['entry']['actor']['name']}: {item['entry']['summary']}"

    def _remember(self, cursor: str) -> None:
        self.after = cursor
        self.recent.append(cursor)


async def follow(url: str, token: str, lead_id: str) -> None:
    """Prints the card's items; comes back after every interruption, and raises Ended at the end."""
    card = Card()
    protocol = Subprotocol("graphql-transport-ws")
    async for socket in connect(f"{url.replace('http', 'ws', 1)}/graphql", subprotocols=[protocol]):
        try:
            await send(socket, type="connection_init", payload={"token": token})
            await read(socket, card, lead_id)
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else 1006
            if 4400 <= code < 4500 and code not in WORTH_A_RETRY:
                raise Ended(f"Closed: {code} {closed.rcvd.reason if closed.rcvd else ''}") from None


async def read(socket: ClientConnection, card: Card, lead_id: str) -> None:
    """One connection, until it closes."""
    async for frame in socket:
        message = json.loads(frame)
        match message["type"]:
            case "connection_ack":
                await subscribe(socket, card, lead_id)
            case "ping":
                await send(socket, type="pong")
            case "next" if message["payload"].get("data"):
                line = card.apply(message["payload"]["data"]["leadCard"])
                if line:
                    print(line, flush=True)
            case "next":
                raise refusal(message["payload"]["errors"])
            case "error":
                raise refusal(message["payload"])
            case "complete":  # the server lets go of the stream, not of the card
                await asyncio.sleep(1)
                await subscribe(socket, card, lead_id)


async def subscribe(socket: ClientConnection, card: Card, lead_id: str) -> None:
    variables = {"id": lead_id, "after": card.after}
    payload = {"query": CARD, "variables": variables}
    await send(socket, type="subscribe", id="card", payload=payload)


async def send(socket: ClientConnection, **message: object) -> None:
    await socket.send(json.dumps(message))


def refusal(errors: list[dict[str, Any]]) -> Ended:
    return Ended("\n".join(f"{each['extensions']['code']}: {each['message']}" for each in errors))


def main() -> None:
    token = os.environ.get("TOKEN")
    if not token or len(sys.argv) != 2:
        sys.exit("Usage: TOKEN=... python follow_card.py lead_...")
    url = os.environ.get("LEADLIGHT_URL", "http://127.0.0.1:8000")
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(follow(url, token, sys.argv[1]))
    except Ended as ended:
        sys.exit(str(ended))


if __name__ == "__main__":
    main()
