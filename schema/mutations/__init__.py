"""Writes by staff: an input, a result and a field of a few lines for each act."""
