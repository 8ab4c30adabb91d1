"""Addresses of others that are told of changes."""
