"""Labels, outcomes, rates and nested models: what every comparison is made of."""
