"""The schema: how it is put together."""

from copy import copy
from functools import cache

from strawberry.schema.config import StrawberryConfig

from schema.changes import TYPES
from schema.documents import DocumentCache, Documents
from schema.errors import HANDLERS
from schema.observing import Observe, Observing
from schema.operations import LeadlightSchema
from schema.pipelines import OnTransitionRefused
from schema.roots.mutations import Mutation
from schema.roots.queries import Query
from schema.roots.subscriptions import Subscription
from schema.scalars import SCALARS
from schema.staff import ACTOR_TYPES
from schema.trusted import TrustedDocuments
from schema.values import VALUE_TYPES


def build_schema(
    cache: DocumentCache | None = None,
    trusted: TrustedDocuments | None = None,
    *,
    execution_seconds: float | None = None,
    observe: Observe = lambda operation: None,
) -> LeadlightSchema:
    """A schema object; `observe` is told of each operation that ended."""
    known = DocumentCache() if cache is None else cache
    schema = copy(_types())
    schema.extensions = (lambda: Observing(observe), lambda: Documents(known, trusted))
    schema.execution_seconds = execution_seconds
    return schema


@cache
def _types() -> LeadlightSchema:
    """All types, never executed itself: making them takes a good part of a second."""
    return LeadlightSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[*TYPES.values(), *ACTOR_TYPES, *VALUE_TYPES],
        exception_handlers=(*HANDLERS, OnTransitionRefused()),
        config=StrawberryConfig(scalar_map=SCALARS),
    )
