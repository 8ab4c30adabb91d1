"""The visitor's side."""

import strawberry

from schema.audience import PUBLIC, VISITOR, guarded
from schema.mutations import visits as visit_acts


@strawberry.type
@guarded
class VisitActs:
    """The visitor's side."""

    start_visit = strawberry.mutation(
        visit_acts.start_visit,
        directives=[PUBLIC],
        description="Begins or takes up a visit; the origin must be one of the site's. 30 a minute "
        "for an address.",
    )
    heartbeat = strawberry.mutation(
        visit_acts.heartbeat,
        directives=[VISITOR],
        description="Keeps a page's lease: 75 s when in front (beat every 30 s), 150 s when not "
        "(every 60 s). Only `idleMs` tells activity; the lead is the token's.",
    )
    record_event = strawberry.mutation(
        visit_acts.record_event,
        directives=[VISITOR],
        description="Records what the visitor did; 60 a minute, 4 kB each. Repeats by `pageKey` "
        "and `sequence` are dropped.",
    )
    identify = strawberry.mutation(
        visit_acts.identify,
        directives=[VISITOR],
        description="Links the visit to a person. Only with a correct `signature` does the visit "
        "move to the known lead; else what is typed stays on this card, unproven, and matches "
        "nothing. Gives a new token.",
    )
    send_visitor_message = strawberry.mutation(
        visit_acts.send_visitor_message,
        directives=[VISITOR],
        description="Writes to the team in the visit's chat; activity of the lead.",
    )
    set_visitor_typing = strawberry.mutation(
        visit_acts.set_visitor_typing,
        directives=[VISITOR],
        description="Says that the visitor types in the chat; ends by itself after 10 s. 60 a "
        "minute; nothing is stored.",
    )
    mark_visitor_messages_read = strawberry.mutation(
        visit_acts.mark_visitor_messages_read,
        directives=[VISITOR],
        description="Marks messages up to one, or a pop-up, as arrived, seen or followed; 120 a "
        "minute. States go forward only, and a pop-up past its end stays expired.",
    )
