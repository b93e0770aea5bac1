"""Is there a gap between neighbouring groups, and is it more than a rule would find?"""
