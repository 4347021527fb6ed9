"""What each head does, as a table and a scatter."""
