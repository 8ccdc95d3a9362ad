"""State machines as data, and `move`: the only way to change a state.

A flow declares its states and edges in its own `states.py`. Each move is a conditional UPDATE, so
that of two workers one moves and the other is told, and leaves a row of history.
"""
