"""Sentences that show something, with the claim that each makes as data: what is found, and where to look."""
