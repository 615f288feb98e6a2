"""What the program does for a person, without a screen: wishes in, state out.

``Desk`` (desk.py) takes a wish from any thread at once and publishes a new ``DeskState`` when something
changed. All use cases run in the I/O loop's thread; they own no thread themselves.
"""
