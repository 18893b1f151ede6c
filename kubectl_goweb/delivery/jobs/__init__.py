"""Verbs of delivery run for a program, such as the cockpit: what they tell it, and one of them under way."""
