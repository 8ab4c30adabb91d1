"""Data that leaves the server as a file: leads of a filter, and all that is held about one person.

A file is streamed while it is fetched and kept nowhere. That somebody asked for it is noted in the
workspace's log before the first byte, and how much was sent after the last.
"""

from resolvers.exports.columns import Column, columns_for
from resolvers.exports.leads import (
    OLDEST_FIRST,
    Format,
    LeadsExport,
    Prepared,
    Wish,
    note_export,
    prepare,
)
from resolvers.exports.personal import note_personal_export, open_personal_data
from resolvers.exports.rights import Sending
from resolvers.exports.sending import open_leads_export

__all__ = [
    "OLDEST_FIRST",
    "Column",
    "Format",
    "LeadsExport",
    "Prepared",
    "Sending",
    "Wish",
    "columns_for",
    "note_export",
    "note_personal_export",
    "open_leads_export",
    "open_personal_data",
    "prepare",
]
