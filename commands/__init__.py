"""The commands of the command line, a thin function each, in one file for each group of them.

A command reads its options, asks a room for the work and prints what came of it. `__main__` gives
every command its name; nothing but the options and typer is loaded before one is called.
"""
