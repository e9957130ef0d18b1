"""How rows and queries lie in memory where scores are computed: one place for all that know it."""

PANEL_ROWS = 256
"""Rows of a panel, which lie column by column; unused ones fill the last panel."""

QUAD = 4
"""Queries that lie interleaved and are scored together."""

GROUP = 4
"""Bytes of a row that lie together: one instruction multiplies them and adds them to a sum."""
