"""The exercise sheets: run, checked against what they publish, and corrected where wrong."""
