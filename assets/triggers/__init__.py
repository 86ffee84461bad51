"""Triggers that need the register. They register as those of core do; the worker loads both packages."""
