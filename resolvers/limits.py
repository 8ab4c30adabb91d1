"""The limits on acts, as data, and the one function that applies them."""

from dataclasses import dataclass

from realtime.limiter import Limiter
from resolvers.errors import LimitReached

__all__ = ["Limiter", "Rule", "spend"]


@dataclass(frozen=True)
class Rule:
    """So many acts a minute for one key; `is_closed`: none while they can't be counted."""

    name: str
    amount: int
    is_closed: bool = False


SIGN_IN_ACCOUNT = Rule("sign_in_account", 10, is_closed=True)
SIGN_IN_CLIENT = Rule("sign_in_client", 30, is_closed=True)
START_VISIT = Rule("start_visit", 30)
RECORD_EVENT = Rule("record_event", 60)
HEARTBEAT = Rule("heartbeat", 120)
VISITOR_MESSAGE = Rule("visitor_message", 20)
IDENTIFY = Rule("identify", 5)
EXPORT = Rule("export", 10)


async def spend(limiter: Limiter, rule: Rule, key: str) -> None:
    """Counts one act; LimitReached when the key has none left in this minute."""
    retry_after = await limiter.take(
        f"{rule.amount}/minute", rule.name, key, is_closed=rule.is_closed
    )
    if retry_after is not None:
        raise LimitReached("Too often; please try again later.", rule.amount, retry_after)
