"""Misuse that only shows over several calls or updates; nothing in this folder runs in the usual step."""
