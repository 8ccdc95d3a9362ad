"""Checking the books: everything is recomputed from the postings, and the first fault is named."""
