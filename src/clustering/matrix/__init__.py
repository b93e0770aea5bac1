"""From the snapshot to numbers of one scale."""
