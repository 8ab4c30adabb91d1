"""The limits on acts, as data, and the one function that applies them."""

from dataclasses import dataclass
from enum import StrEnum

from realtime.buckets import Balance, Buckets
from realtime.limiter import Limiter
from resolvers.errors import LimitReached

__all__ = ["ApiRules", "Balance", "Buckets", "CallerKind", "Limiter", "Rule", "spend"]


@dataclass(frozen=True)
class Rule:
    """So many acts a minute for one key; `is_closed`: none while they can't be counted."""

    name: str
    amount: int
    is_closed: bool = False


SIGN_IN_ACCOUNT = Rule("sign_in_account", 10, is_closed=True)
SIGN_IN_CLIENT = Rule("sign_in_client", 30, is_closed=True)
SIGN_IN_ALL = Rule("sign_in_all", 240, is_closed=True)
START_VISIT = Rule("start_visit", 30)
RECORD_EVENT = Rule("record_event", 60)
HEARTBEAT = Rule("heartbeat", 120)
VISITOR_MESSAGE = Rule("visitor_message", 20)
TYPING = Rule("visitor_typing", 60)
RECEIPT = Rule("receipt", 120)
IDENTIFY = Rule("identify", 5)
EDITING = Rule("editing", 240)
EXPORT = Rule("export", 10)
FETCH_EXPORT = Rule("fetch_export", 10)
CALENDAR = Rule("calendar", 20)
CALENDAR_CLIENT = Rule("calendar_client", 60)
RESET_LEAD_PASSWORD = Rule("reset_lead_password", 10, is_closed=True)
UPLOAD = Rule("upload", 40)
TEST_WEBHOOK = Rule("test_webhook", 10)


async def spend(limiter: Limiter, rule: Rule, key: str) -> None:
    """Counts one act; LimitReached when the key has none left in this minute."""
    retry_after = await limiter.take(
        f"{rule.amount}/minute", rule.name, key, is_closed=rule.is_closed
    )
    if retry_after is not None:
        words = f"Too often; please try again in {retry_after} s."
        raise LimitReached(words, rule.amount, retry_after)


class CallerKind(StrEnum):
    """Who sends a document, as far as its limits go."""

    STAFF = "staff"
    VISITOR = "visitor"
    NOBODY = "nobody"


class DocumentMode(StrEnum):
    """Which documents are run; see the setting `documents`."""

    OPEN = "open"
    TRUSTED_PUBLIC = "trusted-public"
    TRUSTED = "trusted"


@dataclass(frozen=True)
class ApiRules:
    """What callers may send to the API; settings say it."""

    everyone_introspects: bool = False
    documents: DocumentMode = DocumentMode.OPEN
    staff_cost: int = 300_000
    """Cost of documents a minute; those of visitors and of addresses are below."""
    visitor_cost: int = 20_000
    address_cost: int = 20_000
    sign_in_account: int = 10
    """Attempts a minute; an address has three times as many."""
    sign_in_all: int = 240

    def cost_per_minute(self, kind: CallerKind) -> int:
        """What a caller of this kind may spend."""
        costs = {CallerKind.STAFF: self.staff_cost, CallerKind.VISITOR: self.visitor_cost}
        return costs.get(kind, self.address_cost)

    def may_introspect(self, kind: CallerKind) -> bool:
        return self.everyone_introspects or kind is CallerKind.STAFF

    def needs_trust(self, kind: CallerKind) -> bool:
        """Whether only trusted documents of this kind of caller are run."""
        if self.documents is DocumentMode.TRUSTED_PUBLIC:
            return kind is not CallerKind.STAFF
        return self.documents is DocumentMode.TRUSTED
