"""The engine: primitives, carriers, tape, reverse sweep, transforms.

Reading order: primitive.py (the record), families.py (what is derived), tensor.py and
tape.py (what is recorded), reverse.py (the sweep), levels.py, forward.py and
batching.py (the other modes), transforms.py (the functional API).
"""
