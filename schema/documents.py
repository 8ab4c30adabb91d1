"""Documents: parsed, measured and validated once, then known.

The order is what protects: who calls and what they have left, tokens while parsing, then the
budget, then validation. Every refusal is
an error of the operation, on each transport; nothing is raised from a hook.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from graphql import DocumentNode, GraphQLError, parse, validate
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule
from strawberry.types.graphql import OperationType

from schema.budget import Limits, Measure, OperationMeasure, TooComplex, measure
from schema.operation_errors import Code, callers_mistake, operation_error
from schema.trusted import TrustedDocuments, is_document_id

READING_COST = 10
"""What an unknown document costs before it is parsed and validated, which takes milliseconds."""
INTROSPECTION_COST = 500
"""What a document that introspects costs its caller; it reads no row, but takes its time."""

_MAX_VALIDATION_ERRORS = 10
_NOTHING = parse("{ __typename }")


@dataclass(frozen=True)
class KnownDocument:
    """A document that passed validation, with its measure."""

    document: DocumentNode
    measure: Measure


class DocumentCache:
    """The valid documents used last, by their text. One for each schema."""

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        max_documents: int = 500,
        max_characters: int = 500_000,
        max_document_characters: int = 20_000,
    ) -> None:
        """Sizes are of texts; a parsed document takes about 70 bytes for each character."""
        self.limits = limits or Limits()
        self._max_documents = max_documents
        self._max_characters = max_characters
        self._max_document_characters = max_document_characters
        self._known: OrderedDict[str, KnownDocument] = OrderedDict()
        self._characters = 0

    def __len__(self) -> int:
        return len(self._known)

    def get(self, text: str) -> KnownDocument | None:
        """The known document with exactly this text."""
        known = self._known.get(text)
        if known is not None:
            self._known.move_to_end(text)
        return known

    def put(self, text: str, known: KnownDocument) -> None:
        """Keeps a valid document; the ones unused for longest make place."""
        if len(text) > self._max_document_characters or text in self._known:
            return
        self._known[text] = known
        self._characters += len(text)
        while len(self._known) > self._max_documents or self._characters > self._max_characters:
            forgotten, _ = self._known.popitem(last=False)
            self._characters -= len(forgotten)


class Documents(SchemaExtension):
    """Gives each operation its document from the cache, or measures and validates a new one.

    Pass it as a factory, `lambda: Documents(cache, trusted)`. Of the operation's context it uses,
    where they are there:

    - `await enter()` reads who calls, before the document is looked at;
    - `may_introspect` (default true) decides on introspection and on suggested names;
    - `needs_trust` (default false): only trusted documents are run;
    - `await charge(cost)` takes the cost and answers a `Balance`.

    The response tells what the operation was counted as and what its caller has left:
    `extensions.cost {requested maximum remaining}`; a stream tells it with its first item.
    """

    def __init__(self, cache: DocumentCache, trusted: TrustedDocuments | None = None) -> None:
        super().__init__()
        self._cache = cache
        self._trusted = trusted or TrustedDocuments()
        self._known: KnownDocument | None = None
        self._refusal: list[GraphQLError] = []
        self._requested: int | None = None
        self._remaining: int | None = None

    async def on_parse(self) -> AsyncIterator[None]:
        context = self.execution_context
        limits = self._cache.limits
        self._refusal = await self._guarded(self._admit)
        if self._refusal:  # told by on_validate; until then the refused text stays unread
            context.graphql_document = _NOTHING
            context._provided_operation_name = None
        elif self._known is not None:
            context.graphql_document = self._known.document
        else:
            context.parse_options["max_tokens"] = limits.tokens
        yield
        for error in context.pre_execution_errors or ():
            _name_parser_limit(error, limits)

    async def on_validate(self) -> AsyncIterator[None]:
        errors = self._refusal or await self._guarded(self._problems)
        self.execution_context.pre_execution_errors = errors
        yield

    def get_results(self) -> dict[str, Any]:
        if self._requested is None:
            return {}
        cost = {"requested": self._requested, "maximum": self._cache.limits.cost}
        if self._remaining is not None:
            cost["remaining"] = self._remaining
        if self.execution_context.operation_type is OperationType.SUBSCRIPTION:
            self._requested = None
        return {"cost": cost}

    async def _guarded(
        self, find: Callable[[], Awaitable[list[GraphQLError]]]
    ) -> list[GraphQLError]:
        try:
            return await find()
        except TooComplex as refused:
            return [_too_complex(refused)]
        except Exception as defect:
            # handed on as an error of the operation, where it is logged and masked
            return [GraphQLError(str(defect), original_error=defect)]

    async def _admit(self) -> list[GraphQLError]:
        """What stands against looking at the text at all. An unknown one costs a fee, so that
        even documents that are refused can't be sent without end."""
        context = self.execution_context
        enter = getattr(context.context, "enter", None)
        if enter is not None:
            await enter()
        text = context.query
        if text is None:
            return []
        if is_document_id(text):
            text = context.query = self._trusted.text(text)
            if text is None:
                return [operation_error(Code.BAD_USER_INPUT, "This document id is not known here.")]
        elif getattr(context.context, "needs_trust", False) and not self._trusted.knows(text):
            return [operation_error(Code.BAD_USER_INPUT, "Only known documents are run here.")]
        self._known = self._cache.get(text)
        return [] if self._known else await self._charge(READING_COST)

    async def _problems(self) -> list[GraphQLError]:
        if self._known is None:
            found = self._examine()
            if isinstance(found, list):
                return found
            self._known = found
        counted = self._known.measure
        if counted.introspects and not _may_introspect(self.execution_context.context):
            return [operation_error(Code.BAD_USER_INPUT, "Introspection is not available here.")]
        operation = self._operation(counted)
        if operation is None:
            return [operation_error(Code.BAD_USER_INPUT, "Say which operation: operationName.")]
        limits = self._cache.limits
        self._requested = operation.requested(self.execution_context.variables, limits.page)
        if self._requested > limits.cost:
            raise TooComplex("cost", limits.cost)
        return await self._charge(
            INTROSPECTION_COST if counted.introspects else max(self._requested, 1)
        )

    async def _charge(self, cost: int) -> list[GraphQLError]:
        charge = getattr(self.execution_context.context, "charge", None)
        if charge is None:
            return []
        balance = await charge(min(cost, self._cache.limits.cost))
        self._remaining = balance.remaining
        if balance.retry_after is None:
            return []
        message = "Too much was asked for in this minute; please try again later."
        return [operation_error(Code.RATE_LIMITED, message, retryAfter=balance.retry_after)]

    def _examine(self) -> KnownDocument | list[GraphQLError]:
        context = self.execution_context
        text, document = context.query, context.graphql_document
        assert text is not None
        assert document is not None
        counted = measure(document, self._cache.limits)
        suggests = _may_introspect(context.context)
        errors = validate(
            context.schema._schema,
            document,
            (*context.validation_rules, MaybeNullValidationRule, OneOfInputValidationRule),
            max_errors=_MAX_VALIDATION_ERRORS,
            hide_suggestions=not suggests,
        )
        if errors:
            # labelled here: refused by a scalar, a value would later look like a defect
            return [callers_mistake(error, suggests=suggests) for error in errors]
        known = KnownDocument(document, counted)
        self._cache.put(text, known)
        return known

    def _operation(self, counted: Measure) -> OperationMeasure | None:
        """The operation asked for. Strawberry takes the first where none is named; a document with
        several must name one."""
        context = self.execution_context
        if context._provided_operation_name is None and len(counted.operations) > 1:
            return None
        return counted.operations.get(context.operation_name)


def _may_introspect(context: object) -> bool:
    return bool(getattr(context, "may_introspect", True))


def _too_complex(refused: TooComplex) -> GraphQLError:
    first, *rest = refused.limit.split("_")
    return operation_error(
        Code.QUERY_TOO_COMPLEX,
        str(refused),
        limit=first + "".join(word.capitalize() for word in rest),
        maximum=refused.maximum,
    )


def _name_parser_limit(error: GraphQLError, limits: Limits) -> None:
    """The parser tells its limits as syntax errors."""
    for end, limit in (
        ("tokens. Parsing aborted.", "tokens"),
        ("too deeply. Parsing aborted.", "nesting"),
    ):
        if error.message.endswith(end):
            refused = TooComplex(limit, getattr(limits, limit))
            error.message = str(refused)
            error.extensions = _too_complex(refused).extensions
