"""Handwritten digits: what the reader of numbers learns from, and how well it reads."""
