"""Running many documents: ledger, workers, outputs."""
