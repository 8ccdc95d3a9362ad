"""Speed as ratios: each figure beside a yardstick that was measured in the same run.

`make bench` runs all parts; `BENCH=quick` takes less than three minutes, `BENCH=<part>` runs one.
A table is printed, and the same is written to `.data/bench.json`.
"""
