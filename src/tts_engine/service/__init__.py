"""The service: one process with the page and its health, on the loopback unless asked otherwise.

``app.serve`` starts it, ``engine`` loads the model behind the page, ``page`` is what people see, ``instance`` knows
which server runs from which folder.
"""
