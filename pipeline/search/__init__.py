"""Finding letters: one protocol, a SQLite file behind it."""
