"""The changes, by what they touch: one module each, found by walking this folder.

A module decorates plain functions ``change(image, level, rng)`` with
:func:`data.stress.condition.condition`; nothing else is needed to add one.
"""
