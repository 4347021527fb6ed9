"""Writing: generation, continuation, and the places where a model predicts."""
