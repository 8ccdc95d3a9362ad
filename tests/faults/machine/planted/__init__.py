"""Bugs that are planted into the money code, one by one, to see whether the machine finds them.

table     what is replaced by what       planting  how it gets into a process
"""
