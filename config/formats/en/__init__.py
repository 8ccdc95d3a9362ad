"""English as written in Kenya."""
