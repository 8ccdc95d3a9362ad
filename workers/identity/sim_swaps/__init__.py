"""When members' SIMs were last changed: asked in the background, kept for when money leaves.

The provider answers by a callback, later, so that no hop and no payment ever waits for it. A row is
the question: claimed, asked with no transaction open, recorded, and answered by the callback.
"""
