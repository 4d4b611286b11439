"""Run the benchmark that the course's promises rest on: ``python -m benchmarks``."""

from benchmarks.latency import main

main()
