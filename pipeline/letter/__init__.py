"""From restored text to the fields of a letter."""
