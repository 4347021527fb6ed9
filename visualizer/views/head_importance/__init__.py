"""What every head is worth to one prediction: a map of layers and heads, and a table beside it."""
