"""Leads: how they come to be, and the acts on their own fields."""

from resolvers.leads.acts import (
    change_person,
    change_priority,
    change_sales,
    change_value,
    set_properties,
)
from resolvers.leads.assigning import assign
from resolvers.leads.creating import (
    NewLead,
    create_lead,
    first_keeper,
    first_state,
    insert_lead,
    record_created,
)
from resolvers.leads.edits import (
    PropertyEdit,
    person_edits,
    property_edits,
)
from resolvers.leads.states import change_state, reopen_lead, win_lead

__all__ = [
    "NewLead",
    "PropertyEdit",
    "assign",
    "change_person",
    "change_priority",
    "change_sales",
    "change_state",
    "change_value",
    "create_lead",
    "first_keeper",
    "first_state",
    "insert_lead",
    "person_edits",
    "property_edits",
    "record_created",
    "reopen_lead",
    "set_properties",
    "win_lead",
]
