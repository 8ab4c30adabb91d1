"""A lead itself: who it is, where it stands, whose it is."""

import strawberry

from schema import saved_views
from schema.audience import guarded
from schema.mutations import (
    accounts,
    avatars,
    card,
    contact_points,
    erasing,
    hiding,
    merging,
    sales,
    states,
)
from schema.mutations import leads as lead_acts


@strawberry.type
@guarded
class LeadActs:
    """A lead itself: who it is, where it stands, whose it is."""

    create_lead = strawberry.mutation(
        lead_acts.create_lead,
        description="Adds a lead in its pipeline's first state. A known address keeps its "
        "status; a new one is SUBSCRIBED, WAITING or INVALID by the rules.",
    )
    change_person_info = strawberry.mutation(
        lead_acts.change_person_info,
        description="Changes personal information, title or zone.",
    )
    change_sales_info = strawberry.mutation(
        sales.change_sales_info, description="Changes what the lead wants."
    )
    change_lead_value = strawberry.mutation(
        sales.change_lead_value, description="Sets what the deal is worth; null clears."
    )
    add_email_address = strawberry.mutation(
        contact_points.add_email_address,
        description="Adds an address; its status is what the address has or gets by the rules.",
    )
    correct_email_address = strawberry.mutation(
        contact_points.correct_email_address,
        description="Replaces an address; consent does not travel to the new one.",
    )
    make_email_address_primary = strawberry.mutation(
        contact_points.make_email_address_primary,
        description="Makes an address the one used first.",
    )
    remove_email_address = strawberry.mutation(
        contact_points.remove_email_address,
        description="Takes an address from the lead; its status stays with the address.",
    )
    save_phone_number = strawberry.mutation(
        contact_points.save_phone_number, description="Adds or changes a number."
    )
    remove_phone_number = strawberry.mutation(
        contact_points.remove_phone_number,
        description="Removes a number; the next becomes primary.",
    )
    change_priority = strawberry.mutation(
        lead_acts.change_priority, description="Sets the priority."
    )
    set_avatar = strawberry.mutation(
        avatars.set_avatar,
        description="Sets or removes the picture; shown square, drawn anew.",
    )
    set_properties = strawberry.mutation(
        lead_acts.set_properties,
        description="Sets or clears properties in one change; an unknown key makes a field of the "
        "value's type for all leads.",
    )
    change_lead_state = strawberry.mutation(
        states.change_lead_state,
        description="Moves the lead to a state of any pipeline, forward or back; the same state "
        "changes nothing.",
    )
    win_lead = strawberry.mutation(
        states.win_lead,
        description="Moves the lead to its pipeline's won state; already won changes nothing.",
    )
    reopen_lead = strawberry.mutation(
        states.reopen_lead,
        description="Moves a won lead back to its last open state, or the first if that is "
        "archived. ADMIN, MANAGER.",
    )
    assign_lead = strawberry.mutation(
        lead_acts.assign_lead,
        description="Gives the lead to somebody active, or to nobody; the new assignee is "
        "notified in the same commit.",
    )
    create_lead_account = strawberry.mutation(
        accounts.create_lead_account,
        description="Makes a portal account for one of the lead's addresses. It has no password "
        "until `resetLeadPassword` gives it one; the lead is not told.",
    )
    reset_lead_password = strawberry.mutation(
        accounts.reset_lead_password,
        description="Gives the portal account a one-time password and ends the lead's sessions; "
        "10 a minute. The lead is not told: tell them yourself.",
    )
    add_tags = strawberry.mutation(
        card.add_tags, description="Adds tags; those already there change nothing."
    )
    remove_tags = strawberry.mutation(
        card.remove_tags, description="Removes tags; those not there change nothing."
    )
    save_view = strawberry.mutation(
        saved_views.save_view,
        description="Makes or changes a saved view; sharing needs CONFIGURE_SEGMENTS.",
    )
    remove_view = strawberry.mutation(saved_views.remove_view, description="Removes a saved view.")
    hide_lead = strawberry.mutation(
        hiding.hide_lead,
        description="Takes the lead off Visitors until the lead itself does something.",
    )
    merge_leads = strawberry.mutation(
        merging.merge_leads,
        description="Merges a lead into another; its id redirects, nothing is lost, and unmerge "
        "brings both back. ADMIN, MANAGER.",
    )
    unmerge_lead = strawberry.mutation(
        merging.unmerge_lead,
        description="Undoes a merge; what came later goes to the lead it belongs to by its "
        "channel. A fill of a gap is taken back unless somebody changed it since. ADMIN, MANAGER.",
    )
    erase_lead = strawberry.mutation(
        erasing.erase_lead,
        description="Destroys the card and all its data for ever, with those of leads that were "
        "merged into it; open cards end with LeadErased. ADMIN.",
    )
