"""Searches among sparse rows: of what is stored alone, with the bits of all columns."""
