"""The hub: what one process knows of the leads whose cards are open in it.

- The database is the truth, read through `Source`. The bus is a reason to look: a hint may be lost,
  repeated, late, reordered or made up, and costs time at most.
- A stream is a cursor. Topics hold no queue per reader, so a slow reader costs nothing but itself.
- A topic's revision moves without holes: a change is taken over from a hint only when it continues
  the log of the current epoch, otherwise the log is read.
- Opening a topic listens first and reads the head second, so nothing falls between the two.
- Every few seconds one query for all open leads finds what no hint told. This bounds staleness.
- `reading` bounds how many reads of the log and snapshots run at once; the hub never holds it
  while waiting for anything else.
"""

from realtime.hub.hints import encode_hint
from realtime.hub.hub import Hub
from realtime.hub.source import Head, Numbered, Reconciled, Source
from realtime.hub.topic import HubClosed, Marks, NoLongerKept, Topic

__all__ = [
    "Head",
    "Hub",
    "HubClosed",
    "Marks",
    "NoLongerKept",
    "Numbered",
    "Reconciled",
    "Source",
    "Topic",
    "encode_hint",
]
