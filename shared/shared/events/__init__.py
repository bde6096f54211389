"""What happened: recorded with the change, numbered after the commit, served as a feed."""

from shared.events import history as history  # hashes audit rows before each flush
from shared.events.changes import made
from shared.events.consuming import Consumers, Handler, OfMany, ReceivedEvent
from shared.events.recording import EventRow, record, record_many
from shared.events.sequencing import Sequencer

__all__ = [
    "Consumers",
    "EventRow",
    "Handler",
    "OfMany",
    "ReceivedEvent",
    "Sequencer",
    "made",
    "record",
    "record_many",
]
