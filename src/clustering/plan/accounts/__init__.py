"""Single accounts: whom tiers misjudge, whom to learn from, whom to ask."""
