"""Erasing a lead: everything that is known of it, for ever."""

from resolvers.erasing.acts import Erased, erase_lead
from resolvers.erasing.finishing import finish

__all__ = ["Erased", "erase_lead", "finish"]
