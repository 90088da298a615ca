"""Typed expressions computed on whole Arrow columns."""
