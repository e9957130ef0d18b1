"""A classifier of table rows: a preparation and one of the three classifiers, tuned."""
