"""Values of staff, of what they may, and of who acts how."""

from models import enums
from resolvers import policy
from schema.enums.describing import described

described(
    enums.StaffRole,
    "StaffRole",
    "Roles of staff.",
    ADMIN="Broker: everything.",
    MANAGER="All leads, or those of own teams, by setting; configuration of the card.",
    AGENT="Own leads, or those of the own team, by setting.",
)
described(
    enums.NotificationKind,
    "NotificationKind",
    "Kinds of notifications.",
    LEAD_ASSIGNED="A lead is now yours.",
    LEAD_UNASSIGNED="A lead is no longer yours.",
    APPOINTMENT_REMINDER="An appointment is near.",
    APPOINTMENT_ASSIGNED="Somebody planned an appointment for you, or handed you one.",
    APPOINTMENT_CHANGED="Somebody moved your appointment, called it off, or gave it to another.",
    TASK_ASSIGNED="A task was given to you.",
    TASK_DUE="A task of yours is due.",
    MESSAGE_RECEIVED="A lead of yours, or one that you answer, wrote.",
    CONVERSATION_ASSIGNED="A conversation was given to you.",
    CONVERSATION_WOKEN="A conversation that was put off is back.",
    AUTOMATION="An automation tells you something.",
    INTEGRATION_FAILED="An automation or webhook stopped working.",
)
described(
    enums.AccessScope,
    "AccessScope",
    "Width of access.",
    OWN="Own leads.",
    TEAM="Own, and those of members of the teams that one is in or manages.",
    ALL="All leads.",
)
described(
    enums.ApiScope,
    "ApiScope",
    "What an API token is for. It never may more than its owner.",
    READ_LEADS="See leads, all but their notes.",
    WRITE_LEADS="Make and change leads, their properties, tags, states and events.",
    NOTES="See and write notes, which do not exist without it; check histories as a whole.",
    SEND_MESSAGES="Write to leads; assign, close, put off and open conversations.",
    CONFIGURE="Fields, pipelines and rules; a rule needs the scopes of what it does, too.",
    ADMINISTER="Change staff, sites and settings; read the workspace's audit.",
)
described(
    enums.ActorKind,
    "ActorKind",
    "Kinds of actors.",
    STAFF="Person of the team.",
    LEAD="The lead itself.",
    SYSTEM="This program.",
    BOT="The assistant, on behalf of a person.",
    AUTOMATION="Automation rule.",
    API="Integration with its own token.",
)
described(
    enums.Via,
    "Via",
    "How an act came in.",
    APP="Staff application.",
    API="API token.",
    SITE="Site.",
    IMPORT="Import.",
    SYSTEM="This program.",
)
described(
    policy.Permission,
    "Permission",
    "What the permission table can grant.",
    EDIT_LEAD="Change personal information, properties, tags; add events.",
    CHANGE_STATE="Move along the pipeline, win.",
    REOPEN_LEAD="Reopen a won lead.",
    ASSIGN_LEAD="Assign to others.",
    ASSIGN_SELF="Take a lead of nobody.",
    SEND_MESSAGE="Write to leads.",
    RESET_LEAD_PASSWORD="Make a lead's portal account and reset its password; no API token may.",
    WRITE_NOTES="Write notes.",
    READ_ALL_NOTES="See and edit notes of others.",
    CONFIGURE_CARD="Fields, pipelines, header.",
    IMPORT_LEADS="Import leads from a file.",
    VERIFY_HISTORY="Check the digest chain of a history.",
    EXPORT_LEADS="Export many leads.",
    EXPORT_PERSONAL_DATA="Export one person's data.",
    HIDE_LEAD="Hide from Visitors.",
    MERGE_LEADS="Merge and unmerge.",
    ERASE_LEAD="Erase a lead with all its data.",
    CONFIGURE_AUTOMATIONS="Automations.",
    CONFIGURE_SEGMENTS="Segments.",
    ADMINISTER="Staff, teams, sites, kinds of events, API tokens, webhooks, project settings.",
)
