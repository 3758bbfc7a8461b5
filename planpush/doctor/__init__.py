"""Checks of a server's setup, with what to do about each problem."""
