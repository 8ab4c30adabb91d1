"""Streams."""

import strawberry

from schema import (
    counters,
    dashboard,
    imports,
    inbox,
    lead_card,
    lead_list,
    notifications,
    saved_views,
    team_presence,
    visitor_feed,
)
from schema.audience import VISITOR


@strawberry.type(
    description="Streams. Access is checked again before each item; each first item says where "
    "the stream begins."
)
class Subscription:
    lead_card = strawberry.subscription(
        lead_card.lead_card,
        description="A lead's card, alive: a snapshot, or with `after` what was missed, then every "
        "change once and in order; presence and viewers beside it. Drop an item whose cursor is "
        "among the last 256 that you have applied.",
    )
    lead_list = strawberry.subscription(
        lead_list.lead_list,
        description="The top of a list of leads, alive: a snapshot, then what entered, changed, "
        "moved and left; at most 2 items a second.",
    )
    saved_views = strawberry.subscription(
        saved_views.saved_views_items,
        description="Your saved views and the team's with how many leads each finds, told again "
        "when one or a count moves; at most 1 in 2 s.",
    )
    inbox = strawberry.subscription(
        inbox.inbox,
        description="The inbox, alive: a snapshot, then what came, changed, moved and went; at "
        "most 2 items a second.",
    )
    notifications = strawberry.subscription(
        notifications.notification_items,
        description="Your notifications as they come, and read marks of your other browsers, each "
        "once and in order. The first item says where the stream begins unless `after` was met.",
    )
    counters = strawberry.subscription(
        counters.follow_counters,
        description="The sidebar's numbers, sent again when one differs; at most 1 a second.",
    )
    team_presence = strawberry.subscription(
        team_presence.follow_team,
        description="Who of the team is here, sent again when it differs; at most 1 a second.",
    )
    dashboard = strawberry.subscription(
        dashboard.follow_dashboard,
        description="Your day, sent again when it looks different: at a change, a due instant, "
        "midnight; at most 1 a second.",
    )
    progress = strawberry.subscription(
        imports.progress,
        description="Progress of a long act of yours until it ends; ADMIN sees everybody's.",
    )
    visitor_feed = strawberry.subscription(
        visitor_feed.visitor_feed,
        directives=[VISITOR],
        description="What the visitor's page must know: messages and pop-ups.",
    )
