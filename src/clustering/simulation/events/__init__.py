"""What accounts leave behind: usage, care, contracts, milestones, sales."""
