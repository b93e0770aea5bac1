"""Did the accounts move, or did the model or the population change?"""
