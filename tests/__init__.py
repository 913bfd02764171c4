"""Tests, by kind: unit, property, vectors, storage, api, browser, fault."""
