"""Hearing a recording: waveform -> ``ReferenceStyle``, the way of speaking in figures. ``hear.hear`` is the door."""
