"""What the three panels answer about a scene, as plain arrays."""
