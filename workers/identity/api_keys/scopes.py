"""What an API key may be good for. A new scope is a line here, and its endpoint's access."""

SCOPES = {
    "members:register": "open accounts for people; their phones count as unproved",
    "members:read": "look up by phone or Worker ID what a member has made public",
}
