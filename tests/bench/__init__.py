"""Benchmarks: figures as ratios measured in one run. `make bench` runs them; no test depends on a timing."""
