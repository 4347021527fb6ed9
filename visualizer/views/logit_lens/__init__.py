"""What every layer would answer if it were the last: a map of layers and positions, and one position closely."""
