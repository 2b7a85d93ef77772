"""From a scanned official letter to a searchable record, one module per stage."""
