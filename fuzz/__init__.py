"""Random problems, answered by Trivium and by plain references: ``python -m fuzz neighbors``.

The tests keep one property for each thing that was ever wrong; this looks for what nobody has
thought of, and runs for minutes. It stands outside the tests and outside CI.
"""
