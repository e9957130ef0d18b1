"""Solvers: each minimises any smooth objective and knows nothing of what that is."""
