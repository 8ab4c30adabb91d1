"""Imports of leads from files: reading, mapping, checking, writing in batches."""
