"""The search through a kd-tree: build it, order the queries, look at what may be near."""
