"""What a head count covers, and who looks after whom."""
