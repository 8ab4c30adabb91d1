"""What shapes all cards, and what works by itself."""

import strawberry

from schema import (
    exports,
    history,
    imports,
    jobs,
    sites,
    uploads,
    webhooks,
)
from schema.audience import guarded
from schema.mutations import automations as automation_acts
from schema.mutations import editing, pins
from schema.mutations import fields as field_acts
from schema.mutations import pipelines as set_up
from schema.mutations import project as project_acts
from schema.mutations import segments as segment_acts


@strawberry.type
@guarded
class SettingsActs:
    """What shapes all cards, and what works by itself."""

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
        "nothing. New leads are nobody's, or yours if you don't see leads of nobody. ADMIN, "
        "MANAGER.",
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
    export_leads = strawberry.mutation(
        exports.export_leads,
        description="Gives the leads of a filter away as a file; noted in the workspace's log, 10 "
        "a minute. ADMIN; MANAGER by `canManagersExport`.",
    )
    export_personal_data = strawberry.mutation(
        exports.export_personal_data,
        description="Gives everything held about one person away as a zip with `data.json` and "
        "the files; noted in the workspace's log, 10 a minute. ADMIN.",
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
    save_segment = strawberry.mutation(
        segment_acts.save_segment,
        description="Makes, changes or archives a segment; all leads are evaluated in the "
        "background. ADMIN, MANAGER who see all leads.",
    )
    save_webhook = strawberry.mutation(
        webhooks.save_webhook,
        description="Makes or changes a webhook; a new one's secret is shown once. ADMIN.",
    )
    remove_webhook = strawberry.mutation(
        webhooks.remove_webhook, description="Removes a webhook. ADMIN."
    )
    test_webhook = strawberry.mutation(
        webhooks.test_webhook,
        description="Sends a delivery that tells of no change, once. ADMIN.",
    )
    resend_webhook_delivery = strawberry.mutation(
        webhooks.resend_webhook_delivery, description="Sends a delivery again. ADMIN."
    )
    retry_job = strawberry.mutation(
        jobs.retry_job, description="Tries a failed job again now. ADMIN."
    )
    save_site = strawberry.mutation(sites.save_site, description="Makes or changes a site. ADMIN.")
