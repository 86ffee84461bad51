"""Formats of handover files, one importer a file: rows in, a `Handover` out."""
