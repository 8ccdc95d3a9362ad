"""The outbox: events on their way from the transaction that told them to those who react."""
