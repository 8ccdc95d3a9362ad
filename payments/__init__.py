"""The storey of payments: money that crosses our border, and agreements about money."""
