"""Labels: the Digital Link that they carry, their symbol, and how they are drawn.

``digital_link`` builds and reads the address; ``qr`` encodes it; ``label`` is what a caller needs:
the label of a lot as PNG or SVG.
"""
