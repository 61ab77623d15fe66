"""The bank: right and wrong answers, and what must be said of them. It judges checkers, not learners.

tests/bank/EXERCISE/right|wrong/NAME/      an answer: what the learner changed, and expect.toml
tests/bank/EXERCISE/mutations.toml         which mutations of the solution are right, and why

Run it with `make bank`; tests/engine/test_bank.py judges with the same code.
"""
