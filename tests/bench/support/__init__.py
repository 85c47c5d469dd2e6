"""What the benchmarks share: a stack of their own, load, figures."""
