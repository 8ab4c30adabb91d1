"""The one place where channels of the bus and keys of Redis are spelled.

A channel is `<noun>:<id>[:<facet>]`; ids are spelled as 32 hexadecimal digits.
"""

from uuid import UUID


def lead(lead_id: UUID) -> str:
    """Hints that this lead's log moved."""
    return f"lead:{lead_id.hex}"


def leads() -> str:
    """Some lead's log moved, for lists."""
    return "leads"


def presence(lead_id: UUID) -> str:
    """This lead's own presence readings."""
    return f"lead:{lead_id.hex}:presence"


def presence_all() -> str:
    """Every presence transition of every lead, for lists."""
    return "presence"


def viewers(lead_id: UUID) -> str:
    """Somebody began or ceased to look at this lead's card."""
    return f"lead:{lead_id.hex}:viewers"


def viewers_all() -> str:
    """Somebody began or ceased to look at some card, or to type, for lists."""
    return "viewers"


def inbox(staff_id: UUID) -> str:
    """This person read something somewhere."""
    return f"staff:{staff_id.hex}:inbox"


def notifications(staff_id: UUID) -> str:
    """Something came to this person, or they read something elsewhere."""
    return f"staff:{staff_id.hex}:notifications"


def day(staff_id: UUID) -> str:
    """Something on this person's dashboard moved."""
    return f"staff:{staff_id.hex}:day"


def team() -> str:
    """Somebody of the team came who was not here."""
    return "team"


def saved_views() -> str:
    """Somebody's or the team's saved views were changed."""
    return "saved-views"


def access() -> str:
    """Staff, sessions or settings changed: look again at what each reader may see."""
    return "access"


def jobs() -> str:
    """There is background work to do now."""
    return "jobs"


def card_settings() -> str:
    """What all cards show was changed; the message is the number of that change."""
    return "card-settings"


def echo(token: str) -> str:
    """One process's own channel, by which it hears whether the bus still carries."""
    return f"bus:{token}:echo"


# Presence and viewers: keys in Redis. A hash tag keeps the keys of one script in one slot.


def presence_affixes() -> tuple[str, str]:
    """What stands before and behind the lead's digits in `presence`, for scripts in Redis."""
    nobody = UUID(int=0)
    before, after = presence(nobody).split(nobody.hex)
    return before, after


def presence_meta(shard: int) -> str:
    """Epoch, clock and grace of a shard."""
    return f"presence:{{{shard}}}:meta"


def presence_due(shard: int) -> str:
    """Present leads of a shard by the instant of their next possible transition."""
    return f"presence:{{{shard}}}:due"


def presence_log(shard: int) -> str:
    """Transitions of a shard, oldest first, capped."""
    return f"presence:{{{shard}}}:log"


def presence_lead_prefix(shard: int) -> str:
    """What stands before a lead's 32 digits in the key of its presence."""
    return f"presence:{{{shard}}}:lead:"


def viewers_of(lead_id: UUID) -> str:
    """Streams that show this lead's card."""
    return f"viewers:{{{lead_id.hex}}}"


def editing_of(lead_id: UUID) -> str:
    """What people who look at this lead's card edit; in one slot with `viewers_of`."""
    return f"viewers:{{{lead_id.hex}}}:editing"


def bucket(caller: str) -> str:
    """What a caller has left to spend on documents."""
    return f"cost:{{{caller}}}"
