"""Options of dropdowns and multi-selects: archived, never deleted, for values keep them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.fields import FieldDefinition, FieldOption
from models.ids import decode_id, new_id
from resolvers.errors import ProblemCode, invalid
from resolvers.text import required
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import Choice

MAX_OPTIONS = 200
MAX_KEPT = 1_000
"""Of one field, archived ones included."""
MAX_CHOSEN = 50

Options = Mapping[UUID, Sequence[FieldOption]]
"""Options by the id of their field, archived ones last."""


@dataclass(frozen=True)
class OptionEdit:
    """An option as it shall be; without an id a new one, or the one that has this label."""

    label: str
    option_id: str | None = None


async def options_of(session: AsyncSession, *field_ids: UUID) -> dict[UUID, list[FieldOption]]:
    """Options of these fields in order, archived ones last; of all fields without arguments."""
    statement = select(FieldOption).order_by(
        col(FieldOption.archived_at).is_not(None), col(FieldOption.position), col(FieldOption.id)
    )
    if field_ids:
        statement = statement.where(col(FieldOption.field_id).in_(field_ids))
    found: dict[UUID, list[FieldOption]] = {}
    for option in await session.scalars(statement):
        found.setdefault(option.field_id, []).append(option)
    return found


def choice_of(option: FieldOption) -> Choice:
    """An option as a value names it."""
    return Choice(option.id.hex, option.label)


def option_key(label: str) -> str:
    """Under which labels that differ only by case are one."""
    return label.casefold()


async def save_options(
    work: UnitOfWork, field: FieldDefinition, given: Sequence[OptionEdit]
) -> bool:
    """Makes, renames and orders options, and archives those left out; False if all was so.

    The caller holds the lock that orders changes of definitions.
    """
    if len(given) > MAX_OPTIONS:
        raise invalid("options", ProblemCode.TOO_LARGE, f"At most {MAX_OPTIONS} options.")
    present = (await options_of(work.session, field.id)).get(field.id, [])
    before = [_shown(each) for each in present]
    wanted = _matched(field, present, given)
    kept = {each.id for each, _ in wanted}
    for position, (option, label) in enumerate(wanted):
        option.label, option.position, option.archived_at = label, position, None
    left_out = [each for each in present if each.id not in kept]
    for position, option in enumerate(left_out, len(wanted)):
        option.position, option.archived_at = position, option.archived_at or work.at
    _check(wanted, left_out)
    after = [*(option for option, _ in wanted), *left_out]
    if [_shown(each) for each in after] == before:
        return False
    work.session.add_all(after)
    await work.session.flush()
    return True


def _matched(
    field: FieldDefinition, present: Sequence[FieldOption], given: Sequence[OptionEdit]
) -> list[tuple[FieldOption, str]]:
    """The option and label that each edit means."""
    by_id = {each.id: each for each in present}
    named = {
        index: _named(f"options.{index}.optionId", by_id, each.option_id)
        for index, each in enumerate(given)
        if each.option_id is not None
    }
    free = {
        option_key(each.label): each
        for each in present
        if each.id not in {option.id for option in named.values()}
    }
    wanted: list[tuple[FieldOption, str]] = []
    for index, each in enumerate(given):
        label = required(f"options.{index}.label", each.label, 80)
        option = named.get(index) or free.get(option_key(label))
        if option is not None and any(option is other for other, _ in wanted):
            raise invalid(f"options.{index}", ProblemCode.CONTRADICTION, "Each option once.")
        wanted.append((option or _new(field, label), label))
    return wanted


def _named(path: str, by_id: Mapping[UUID, FieldOption], text: str) -> FieldOption:
    option = by_id.get(option_id(path, text))
    if option is None:
        raise invalid(path, ProblemCode.UNKNOWN, "The field has no such option.")
    return option


def _new(field: FieldDefinition, label: str) -> FieldOption:
    return FieldOption(id=new_id(), field_id=field.id, label=label, position=0)


def _check(wanted: Sequence[tuple[FieldOption, str]], left_out: Sequence[FieldOption]) -> None:
    seen = {option_key(each.label) for each in left_out}
    for index, (_, label) in enumerate(wanted):
        if option_key(label) in seen:
            raise invalid(
                f"options.{index}.label", ProblemCode.TAKEN, "The field has this option already."
            )
        seen.add(option_key(label))
    if len(wanted) + len(left_out) > MAX_KEPT:
        raise invalid(
            "options", ProblemCode.TOO_LARGE, f"At most {MAX_KEPT}, archived ones included."
        )


def option_id(path: str, text: str) -> UUID:
    """The UUID of an option's id; InvalidInput for a malformed one."""
    try:
        return decode_id("option", text)
    except ValueError as error:
        raise invalid(path, ProblemCode.MALFORMED, "An id of an option.") from error


def _shown(option: FieldOption) -> tuple[UUID, str, int, bool]:
    return option.id, option.label, option.position, option.archived_at is not None
