"""The front door: whoever dials the code comes in here."""
