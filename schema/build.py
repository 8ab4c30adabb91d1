"""The schema: how it is put together."""

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
    """The schema object; one for each process. `observe` is told of each operation that ended."""
    known = DocumentCache() if cache is None else cache
    schema = LeadlightSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[*TYPES.values(), *ACTOR_TYPES, *VALUE_TYPES],
        extensions=[lambda: Observing(observe), lambda: Documents(known, trusted)],
        exception_handlers=(*HANDLERS, OnTransitionRefused()),
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    schema.execution_seconds = execution_seconds
    return schema
