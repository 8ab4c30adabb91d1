"""Ids: UUIDv7 in the database, `<noun>_<32 hexadecimal digits>` outside."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A new id; ids made later in one process sort later."""
    return uuid7()


def encode_id(noun: str, value: UUID) -> str:
    """`lead_0190...`: the form that leaves the program."""
    return f"{noun}_{value.hex}"


def decode_id(noun: str, text: str) -> UUID:
    """The UUID in `text`; ValueError unless it is exactly the form that `encode_id` gives."""
    prefix, _, digits = text.rpartition("_")
    if prefix != noun or len(digits) != 32 or not digits.isascii():
        raise ValueError(f"not an id of the form {noun}_<32 hexadecimal digits>")
    value = UUID(hex=digits)
    if value.hex != digits:
        raise ValueError(f"not an id of the form {noun}_<32 hexadecimal digits>")
    return value
