"""Two runs side by side: how their units line up, and what is different between them. B - A everywhere."""
