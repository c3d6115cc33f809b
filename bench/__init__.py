"""Benchmarks: the product beside what a team would use in its place, as ratios. See docs/performance.md."""
