"""Word lists people can read and edit (TSV), and the models built from text."""
