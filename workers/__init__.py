"""The people, and what they promised each other."""
