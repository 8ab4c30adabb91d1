"""What lies on a card: notes, dates, tasks, events, appointments, conversations."""

import strawberry

from schema import canned_replies, inbox
from schema.audience import guarded
from schema.mutations import appointments as appointment_acts
from schema.mutations import card, logging
from schema.mutations import events as event_acts
from schema.mutations import important_dates as date_acts
from schema.mutations import notes as note_acts
from schema.mutations import tasks as task_acts


@strawberry.type
@guarded
class CardActs:
    """What lies on a card: notes, dates, tasks, events, appointments, conversations."""

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
        card.change_conversation_state,
        description="Closes, opens or snoozes a conversation.",
    )
    assign_conversation = strawberry.mutation(
        card.assign_conversation,
        description="Gives a conversation to somebody or nobody; taking one that another has just "
        "taken is refused, and the answer says who has it.",
    )
    mark_conversation_read = strawberry.mutation(
        inbox.mark_conversation_read,
        description="Marks messages up to one as read by you; others see nothing of it.",
    )
    save_canned_reply = strawberry.mutation(
        canned_replies.save_canned_reply,
        description="Makes or changes a prepared answer; for the team: ADMIN, MANAGER.",
    )
    remove_canned_reply = strawberry.mutation(
        canned_replies.remove_canned_reply,
        description="Removes a prepared answer; one of the team: ADMIN, MANAGER.",
    )
