"""Appointments: calls, showings and meetings that are planned or took place."""

from resolvers.appointments.editing import (
    AppointmentEdit,
    cancel,
    move_open,
    record_outcome,
    update,
)
from resolvers.appointments.planning import Held, NewAppointment, log_meeting, schedule
from resolvers.appointments.recording import KIND_NOUNS, Act, logged
from resolvers.appointments.reminders import remind

__all__ = [
    "KIND_NOUNS",
    "Act",
    "AppointmentEdit",
    "Held",
    "NewAppointment",
    "cancel",
    "log_meeting",
    "logged",
    "move_open",
    "record_outcome",
    "remind",
    "schedule",
    "update",
]
