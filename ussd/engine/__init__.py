"""The USSD engine: a session is a fold over its inputs.

Screens are small declarations (`screens`), the tree is one table (`ussd.menu`). `run.answer` takes
one hop and returns what the phone shows:

    hop ─→ store: state from Redis ─→ transcript: same, stale or new input? ─→ fold: next screen
              │ lost?                                                            │ an effect?
              └→ rebuild: fold the whole text, from the last stored effect       └→ effects: once,
                                                                                    answer stored

Same text, same answer, byte for byte. Effects happen on the last input only, under the key of
session and text. Nothing outside is called during a hop.
"""
