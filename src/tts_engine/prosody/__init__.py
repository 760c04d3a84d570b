"""Pure transforms of the curves that make a performance: durations, f0, energy.

Each function takes frozen values and returns new ones; none knows the network that drew or renders the curves.
"""
