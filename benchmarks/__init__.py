"""Page simulator, accuracy and speed benchmarks, and the floors they must hold."""
