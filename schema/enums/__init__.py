"""Closed sets of values as clients see them: importing this registers each, once, described.

Types of the schema name the enums where they are defined; nothing else is to be found here.
"""

from schema.enums import activity, leads, people, rules
from schema.enums.answers import ChangeAction, SortDirection

__all__ = ["ChangeAction", "SortDirection", "activity", "leads", "people", "rules"]
