"""What the benchmarks measure with: figures, child processes, and browsers without a screen."""
