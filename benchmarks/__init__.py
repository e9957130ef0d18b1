"""Benchmarks: Trivium and its peers in turn, in one process and one run.

``harness`` times, compares and draws, and knows nothing of any subject; a folder beside
it is a suite, which says what is raced and what agreement means.
"""
