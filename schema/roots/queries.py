"""Reads."""

import strawberry

from schema import (
    api_tokens,
    appointments,
    automations,
    canned_replies,
    conversations,
    counters,
    dashboard,
    events,
    exports,
    fields,
    history,
    important_dates,
    imports,
    inbox,
    jobs,
    leads_list,
    merging,
    notifications,
    past,
    pipelines,
    project,
    saved_views,
    segments,
    sign_in_providers,
    sites,
    staff,
    tasks,
    teams,
    visits,
    webhooks,
    workspace,
)
from schema.audience import PUBLIC, VISITOR, guarded


@strawberry.type(description="Reads. Fields without @audience are for signed-in staff.")
@guarded
class Query:
    me = strawberry.field(
        staff.me,
        directives=[PUBLIC],
        description="The signed-in staff member; null for anyone else.",
    )
    sign_in_providers = strawberry.field(
        sign_in_providers.sign_in_providers,
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
    conversations = strawberry.field(
        inbox.conversations, description="The inbox; longest waiting first."
    )
    saved_views = strawberry.field(
        saved_views.all_saved_views,
        description="Saved views of the leads list: yours and shared ones, in order; at most 200.",
    )
    canned_replies = strawberry.field(
        canned_replies.my_canned_replies,
        description="Prepared answers, by name; yours and shared ones.",
    )
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
    counters = strawberry.field(counters.counters, description="Numbers for the sidebar, for you.")
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
        dashboard.dashboard, description="Your day: appointments, tasks due, important dates."
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
    export_columns = strawberry.field(
        exports.export_columns,
        description="Columns that a file of leads can have, for you; at most 520. Null without "
        "EXPORT_LEADS.",
    )
    automation = strawberry.field(
        automations.automation, description="One automation. ADMIN, MANAGER, else null."
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
    segment = strawberry.field(
        segments.segment,
        description="One segment; null when its rule looks at a field that you may not see.",
    )
    segment_preview = strawberry.field(
        segments.segment_preview, description="Count and sample of a rule before it is saved."
    )
    segments = strawberry.field(
        segments.segments,
        description="Segments, by name; those whose rule looks at a field that you may not see "
        "are left out.",
    )
    webhook = strawberry.field(webhooks.webhook, description="One webhook. ADMIN, else null.")
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
    duplicates = strawberry.field(
        merging.duplicates,
        description="Leads that may be the same person as this one, strongest first; at most 10. "
        "ADMIN, MANAGER, else empty.",
    )
    merges = strawberry.field(
        merging.merges, description="Leads merged into this one, newest first; at most 50."
    )
