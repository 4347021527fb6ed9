"""Several blanks at once, and what a model puts into each."""
