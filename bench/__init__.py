"""Measures real servers on this machine; see README.md beside it."""
