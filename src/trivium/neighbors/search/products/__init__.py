"""Certified products: rows in low precision, scores, candidates, and the proof."""
