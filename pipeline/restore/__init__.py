"""Restoring Vietnamese: a noisy channel with a dictionary and a language model."""
