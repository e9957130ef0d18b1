"""Every bit that estimators learn and answer, recorded and compared with a later record.

A change of the code that is to change no result (where rows are kept, how they are cut) is tried
with

    python -m fuzz.same_bits record old.json       # before it
    python -m fuzz.same_bits record new.json       # after it
    python -m fuzz.same_bits compare old.json new.json

on one machine, for another's processor may round otherwise. ``PYTHONPATH=elsewhere/src`` records
another checkout, with these cases. Only Trivium's public names are used, so that it may be an
old one. The code must stay as it is while it is recorded: modules are imported when they are used.

What is compared: learned attributes, what methods return, errors and warnings, and whether the
caller's arrays are as they were. What is not: pickles, times, pictures, the memory that is taken,
the layout of arrays that are returned, and how often the rows are read (counted, and listed apart).
"""
