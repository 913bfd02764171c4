"""Labels: the Digital Link that they carry, their symbols, and how they are drawn and printed.

``digital_link`` builds and reads the address; ``qr`` and ``encoders`` make symbols; ``label`` draws
the label of a lot; ``design`` draws what goes on packs, crates and pallets, and ``printing`` prints
it by the thousand: on ``sheets``, and in the languages of thermal printers, ``zpl`` and ``tspl``.
"""
