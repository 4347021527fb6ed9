"""Prompts side by side: a table of prompts and answers, and the place where they are written."""
