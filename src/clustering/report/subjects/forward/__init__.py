"""What the labellings tell about the future, and which of them serves best."""
