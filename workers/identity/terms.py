"""What one agrees to by joining. A new text gets a new version here."""

PURPOSE = "terms"
MESSAGES_PURPOSE = "messages"  # news beyond what the account itself needs; asked for apart
VERSION = "2026-11"
PATH = "/terms"
AGE_MIN_YEARS = 18  # capacity to contract: Age of Majority Act, cap. 33, s. 2
