"""Translations at the edges: spreadsheets, EPCIS, FSMA 204, EUDR (DESIGN §1.5).

Each module turns one outside form into Gốc's own records, or back. None is a second model.
"""
