"""Commands that measure and print figures; `docs/figures.md` has those of one day.

python -m benchmarks.requests     requests to GitHub per review
python -m benchmarks.intake       processor time and answer time of a delivery
python -m benchmarks.footprint    size installed, imports, memory, idling
python -m benchmarks.speed [DIR]  a review of 1, 10 and 100 files, by parts; of a real repository, if given
python -m benchmarks.kills [N]    kill -9 under deliveries: lost, doubled, paid twice

Nothing here fails for being slow: a busy machine is not a defect.
"""
