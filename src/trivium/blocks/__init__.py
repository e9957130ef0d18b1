"""Where rows live, and how a statistic is computed on blocks of them and merged."""
