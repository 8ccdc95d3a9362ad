"""Stellar: members' accounts on the network. So far, the requests to have them funded."""
