"""Acts, by what they are about."""

import strawberry

from schema.roots.card import CardActs
from schema.roots.leads import LeadActs
from schema.roots.settings import SettingsActs
from schema.roots.team import TeamActs
from schema.roots.visits import VisitActs


@strawberry.type(
    description="Writes. Each is one act in one transaction; root fields run one after another. "
    "Fields without @audience are for signed-in staff."
)
class Mutation(TeamActs, LeadActs, CardActs, SettingsActs, VisitActs):
    """Each part guards its own fields."""
