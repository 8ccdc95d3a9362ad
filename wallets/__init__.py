"""The vault: whose money, where, provably. People are known here only as a `party_id`."""
