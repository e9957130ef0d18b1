"""How far above its optimum, or its infimum, a loss can be: proved bounds."""
