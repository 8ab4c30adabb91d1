"""The schema: its three roots and how it is put together."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema import (
    api_tokens,
    appointments,
    automations,
    conversations,
    dashboard,
    events,
    fields,
    history,
    important_dates,
    imports,
    jobs,
    lead_card,
    lead_list,
    leads_list,
    notifications,
    past,
    pipelines,
    project,
    sites,
    staff,
    tasks,
    teams,
    uploads,
    visitor_feed,
    visits,
    webhooks,
    workspace,
)
from schema.audience import PUBLIC, VISITOR, guarded
from schema.changes import TYPES
from schema.documents import DocumentCache, Documents
from schema.errors import HANDLERS
from schema.mutations import appointments as appointment_acts
from schema.mutations import automations as automation_acts
from schema.mutations import card, contact_points, editing, logging, pins, sales, states, totp
from schema.mutations import events as event_acts
from schema.mutations import fields as field_acts
from schema.mutations import important_dates as date_acts
from schema.mutations import leads as lead_acts
from schema.mutations import notes as note_acts
from schema.mutations import pipelines as set_up
from schema.mutations import project as project_acts
from schema.mutations import staff as staff_acts
from schema.mutations import tasks as task_acts
from schema.mutations import visits as visit_acts
from schema.observing import Observe, Observing
from schema.operations import LeadlightSchema
from schema.pipelines import OnTransitionRefused
from schema.scalars import SCALARS
from schema.staff import ACTOR_TYPES
from schema.trusted import TrustedDocuments
from schema.values import VALUE_TYPES


@strawberry.type(description="Reads. Fields without @audience are for signed-in staff.")
@guarded
class Query:
    me = strawberry.field(
        staff.me,
        directives=[PUBLIC],
        description="The signed-in staff member; null for anyone else.",
    )
    sign_in_providers = strawberry.field(
        staff.sign_in_providers,
        directives=[PUBLIC],
        description="Ways to sign in besides the password.",
    )
    visit = strawberry.field(
        visits.visit,
        directives=[VISITOR],
        description="The visit whose token came with the request; null without one.",
    )
    lead = strawberry.field(
        leads_list.lead,
        description="A lead's card; the survivor for the id of a merged lead; null for one that "
        "does not exist or is not yours.",
    )
    leads = strawberry.field(leads_list.leads, description="The leads database.")
    visitors = strawberry.field(
        leads_list.visitors,
        description="Who is on the sites now or was within the last 24 h, hidden leads left out; "
        "present ones first.",
    )
    lead_diff = strawberry.field(
        past.lead_diff,
        description="What differs between two moments of a lead; null when it is not yours, did "
        "not exist at the earlier one, or that is the later one.",
    )
    history_entry = strawberry.field(
        history.history_entry, description="One row of a lead's history, for its details."
    )
    verify_history = strawberry.field(
        history.verify_history,
        description="Whether the digest chain of a lead's history is unbroken. ADMIN, else null.",
    )
    conversation = strawberry.field(conversations.conversation, description="One conversation.")
    appointment = strawberry.field(
        appointments.appointment,
        description="One appointment; null for one that is not yours.",
    )
    task = strawberry.field(
        tasks.task, description="One task; null unless its lead is yours or it is yours to do."
    )
    api_tokens = strawberry.field(
        api_tokens.api_tokens,
        description="API tokens that stand, by name; ADMIN sees all, others their own; at most "
        "100.",
    )
    workspace_history = strawberry.field(
        workspace.workspace_history,
        description="Audit of the workspace: settings, roles, sign-ins; newest first. ADMIN, else "
        "null.",
    )
    counters = strawberry.field(
        notifications.counters, description="Numbers for the sidebar, for you."
    )
    notifications = strawberry.field(
        notifications.my_notifications, description="Your notifications, newest first."
    )
    staff_members = strawberry.field(
        staff.staff_members, description="All staff, by name; those who left included, marked."
    )
    teams = strawberry.field(teams.all_teams, description="All teams, by name; at most 200.")
    pipelines = strawberry.field(
        pipelines.pipelines, description="Pipelines in order; at most 20 in use."
    )
    project = strawberry.field(project.project, description="The one team's settings.")
    field_groups = strawberry.field(
        fields.field_groups,
        description="Field groups with their fields, project-wide order; at most 500 fields.",
    )
    event_kinds = strawberry.field(
        events.event_kinds, description="Kinds of events in order; at most 200."
    )
    dashboard = strawberry.field(
        dashboard.dashboard, description="Your day: tasks due, important dates."
    )
    important_date_kinds = strawberry.field(
        important_dates.important_date_kinds,
        description="Kinds of important dates in order, archived ones last; at most 50.",
    )
    import_preview = strawberry.field(
        imports.import_preview,
        description="What a file of leads would give before it is imported; nothing is written. "
        "ADMIN, MANAGER, else null.",
    )
    automation_dry_run = strawberry.field(
        automations.automation_dry_run,
        description="What an automation would have done with past changes, newest first; nothing "
        "is done. The condition is tried on the leads as they are now. ADMIN, MANAGER, else null.",
    )
    automations = strawberry.field(
        automations.automations,
        description="Automations in order of running; at most 200. ADMIN, MANAGER, else empty.",
    )
    webhooks = strawberry.field(
        webhooks.webhooks, description="Webhooks, by address; ADMIN only, else empty; at most 50."
    )
    jobs = strawberry.field(
        jobs.jobs, description="Background work by queue; ADMIN only, else null."
    )
    sites = strawberry.field(
        sites.all_sites,
        description="Sites that carry the visitor script, by name; ADMIN only, else empty.",
    )


@strawberry.type(
    description="Writes. Each is one act in one transaction; root fields run one after another. "
    "Fields without @audience are for signed-in staff."
)
@guarded
class Mutation:
    sign_in = strawberry.mutation(
        staff_acts.sign_in,
        directives=[PUBLIC],
        description="Signs a staff member in. Browsers get an HttpOnly cookie; one sign-in a "
        "document, 10 a minute for an account.",
    )
    sign_out = strawberry.mutation(
        staff_acts.sign_out, description="Ends this session; its sockets close."
    )
    accept_invitation = strawberry.mutation(
        staff_acts.accept_invitation,
        directives=[PUBLIC],
        description="Sets the first password of an invited person and signs in.",
    )
    change_password = strawberry.mutation(
        staff_acts.change_password,
        description="Sets a new password and ends your other sessions.",
    )
    end_session = strawberry.mutation(
        staff_acts.end_session,
        description="Signs you out elsewhere; its sockets close within 1 s.",
    )
    change_preferences = strawberry.mutation(
        staff_acts.change_preferences, description="Changes your preferences."
    )
    mark_notifications_read = strawberry.mutation(
        notifications.mark_notifications_read,
        description="Marks notifications read, one by one or all.",
    )
    renew_calendar_feed = strawberry.mutation(
        staff_acts.renew_calendar_feed,
        description="Replaces the secret address of your calendar feed; the old one stops.",
    )
    invite_staff = strawberry.mutation(
        staff_acts.invite_staff,
        description="Invites a person; somebody who has not come yet is invited anew, and the "
        "former link is void. ADMIN.",
    )
    start_totp = strawberry.mutation(
        totp.start_totp,
        description="Gives the secret of an authenticator, once; it counts after `confirmTotp`.",
    )
    confirm_totp = strawberry.mutation(
        totp.confirm_totp, description="Demands the authenticator from now on."
    )
    remove_totp = strawberry.mutation(
        totp.remove_totp, description="No longer demands the authenticator."
    )
    remove_staff_totp = strawberry.mutation(
        totp.remove_staff_totp,
        description="Takes away the authenticator of somebody who lost it, with the recovery "
        "codes. ADMIN.",
    )
    create_api_token = strawberry.mutation(
        api_tokens.create_api_token,
        description="Makes a token; its secret is shown once. ADMIN, or for yourself.",
    )
    revoke_api_token = strawberry.mutation(
        api_tokens.revoke_api_token,
        description="Ends a token at once, and what is open with it. Your own, or ADMIN.",
    )
    update_staff = strawberry.mutation(
        staff_acts.update_staff,
        description="Changes name, role, team or activity; you may change your own name. Letting "
        "somebody go ends all sessions. ADMIN.",
    )
    save_team = strawberry.mutation(teams.save_team, description="Makes or changes a team. ADMIN.")
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
    add_tags = strawberry.mutation(
        card.add_tags, description="Adds tags; those already there change nothing."
    )
    remove_tags = strawberry.mutation(
        card.remove_tags, description="Removes tags; those not there change nothing."
    )
    add_note = strawberry.mutation(note_acts.add_note, description="Adds a note.")
    edit_note = strawberry.mutation(
        note_acts.edit_note,
        description="Changes a note; it keeps its place and is marked edited. Author or ADMIN.",
    )
    remove_note = strawberry.mutation(
        note_acts.remove_note, description="Removes a note with its files; author or ADMIN."
    )
    save_important_date = strawberry.mutation(
        date_acts.save_important_date,
        description="Adds or changes an important date; several of a kind are allowed.",
    )
    remove_important_date = strawberry.mutation(
        date_acts.remove_important_date, description="Removes an important date."
    )
    save_important_date_kind = strawberry.mutation(
        date_acts.save_important_date_kind,
        description="Adds, renames, moves or archives a kind. ADMIN, MANAGER.",
    )
    create_task = strawberry.mutation(task_acts.create_task, description="Adds a task.")
    update_task = strawberry.mutation(
        task_acts.update_task, description="Changes a task; a done one stays done."
    )
    complete_task = strawberry.mutation(
        task_acts.complete_task, description="Marks a task done; done already changes nothing."
    )
    reopen_task = strawberry.mutation(
        task_acts.reopen_task, description="Opens a done task again; its outcome is taken off."
    )
    snooze_task = strawberry.mutation(
        task_acts.snooze_task,
        description="Hides a task from dashboards until an instant; null ends it.",
    )
    remove_task = strawberry.mutation(
        task_acts.remove_task, description="Removes a task; history keeps it."
    )
    add_event = strawberry.mutation(
        event_acts.add_event,
        description="Adds an event by hand; you are its author and it is no activity of the lead.",
    )
    log_quick_event = strawberry.mutation(
        event_acts.log_quick_event,
        description="Records that something happened now, by one click; you are its author.",
    )
    annotate_event = strawberry.mutation(
        event_acts.annotate_event,
        description="Adds or replaces an event's text; empty removes it, former texts are kept.",
    )
    save_event_kind = strawberry.mutation(
        event_acts.save_event_kind,
        description="Makes, changes, moves or archives a kind of event. ADMIN.",
    )
    schedule_appointment = strawberry.mutation(
        appointment_acts.schedule_appointment, description="Plans a call, showing or meeting."
    )
    update_appointment = strawberry.mutation(
        appointment_acts.update_appointment, description="Changes an appointment."
    )
    record_appointment_outcome = strawberry.mutation(
        appointment_acts.record_appointment_outcome, description="Says what came of an appointment."
    )
    cancel_appointment = strawberry.mutation(
        appointment_acts.cancel_appointment,
        description="Calls an appointment off; it stays in the past list.",
    )
    log_meeting = strawberry.mutation(
        logging.log_meeting, description="Puts down a meeting or showing that took place."
    )
    log_call = strawberry.mutation(logging.log_call, description="Puts down a phone call.")
    update_call = strawberry.mutation(
        logging.update_call, description="Corrects a call's outcome or note."
    )
    log_message = strawberry.mutation(
        logging.log_message,
        description="Puts down a mail or message that went another way, or one taken about the "
        "lead.",
    )
    send_message = strawberry.mutation(
        card.send_message,
        description="Writes to a lead, in a new conversation or one that goes on; a closed one "
        "opens.",
    )
    change_conversation_state = strawberry.mutation(
        card.change_conversation_state, description="Closes or opens a conversation."
    )
    save_pipeline = strawberry.mutation(
        set_up.save_pipeline,
        description="Makes or changes a pipeline; its first state is OPEN. ADMIN, MANAGER.",
    )
    change_summary_fields = strawberry.mutation(
        field_acts.change_summary_fields,
        description="Chooses the lines of the summary; the lead's id stays first, and open cards "
        "follow at once. ADMIN.",
    )
    change_header_settings = strawberry.mutation(
        set_up.change_header_settings,
        description="Changes the Won button; open cards follow at once. ADMIN, MANAGER.",
    )
    update_project = strawberry.mutation(
        project_acts.update_project, description="Changes project settings. ADMIN."
    )
    pin_property = strawberry.mutation(
        pins.pin_property,
        description="Puts a property into the header of every card for you; twice changes nothing.",
    )
    unpin_property = strawberry.mutation(
        pins.unpin_property, description="Takes a property from your headers."
    )
    create_upload = strawberry.mutation(
        uploads.create_upload, description="Gives a ticket for one file."
    )
    import_leads = strawberry.mutation(
        imports.import_leads,
        description="Imports a file, carried out by the worker; the same rows again change "
        "nothing. ADMIN, MANAGER.",
    )
    create_field = strawberry.mutation(
        field_acts.create_field, description="Defines a field. ADMIN, MANAGER."
    )
    update_field = strawberry.mutation(
        field_acts.update_field,
        description="Changes a definition; values that no longer fit are kept as they are and "
        "marked. ADMIN, MANAGER.",
    )
    move_field = strawberry.mutation(
        field_acts.move_field,
        description="Puts a field into a group at a place; beyond the end means last. ADMIN, "
        "MANAGER.",
    )
    save_field_group = strawberry.mutation(
        field_acts.save_field_group,
        description="Makes, renames or moves a group. ADMIN, MANAGER.",
    )
    remove_field_group = strawberry.mutation(
        field_acts.remove_field_group, description="Removes an empty group. ADMIN, MANAGER."
    )
    set_editing = strawberry.mutation(
        editing.set_editing,
        description="Tells other viewers of the card what you edit; ends by itself after 15 s, so "
        "repeat it.",
    )
    change_my_layout = strawberry.mutation(
        field_acts.change_my_layout,
        description="Chooses which fields of a group you see and in which order; project defaults "
        "fill the rest.",
    )
    export_history = strawberry.mutation(
        history.export_history,
        description="Gives a lead's history as a file with its digest chain and a signature; "
        "noted in the workspace's log, 10 a minute. ADMIN.",
    )
    save_automation = strawberry.mutation(
        automation_acts.save_automation, description="Makes or changes a rule. ADMIN, MANAGER."
    )
    remove_automation = strawberry.mutation(
        automation_acts.remove_automation,
        description="Removes a rule; history keeps its name. ADMIN, MANAGER.",
    )
    retry_automation_run = strawberry.mutation(
        automation_acts.retry_automation_run,
        description="Tries a failed run again; of a run that came to nothing nothing was done. "
        "ADMIN, MANAGER.",
    )
    save_webhook = strawberry.mutation(
        webhooks.save_webhook,
        description="Makes or changes a webhook; a new one's secret is shown once. ADMIN.",
    )
    remove_webhook = strawberry.mutation(
        webhooks.remove_webhook, description="Removes a webhook. ADMIN."
    )
    resend_webhook_delivery = strawberry.mutation(
        webhooks.resend_webhook_delivery, description="Sends a delivery again. ADMIN."
    )
    retry_job = strawberry.mutation(
        jobs.retry_job, description="Tries a failed job again now. ADMIN."
    )
    save_site = strawberry.mutation(sites.save_site, description="Makes or changes a site. ADMIN.")
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
    mark_visitor_messages_read = strawberry.mutation(
        visit_acts.mark_visitor_messages_read,
        directives=[VISITOR],
        description="Marks messages up to one, or a pop-up, as arrived, seen or followed; 120 a "
        "minute. States go forward only, and a pop-up past its end stays expired.",
    )


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
    notifications = strawberry.subscription(
        notifications.notification_items,
        description="Your notifications as they come, and read marks of your other browsers, each "
        "once and in order. The first item says where the stream begins unless `after` was met.",
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
