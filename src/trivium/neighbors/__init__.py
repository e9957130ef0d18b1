"""Nearest neighbours: the search, and what is read off its sorted lists."""
