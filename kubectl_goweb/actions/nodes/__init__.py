"""Taking nodes out of service and back: isolate, rejoin, drain.

`facts` and `reading` are what is known of a node, `isolating` and `draining` plan (pure), `evicting` drains in earnest.
"""
