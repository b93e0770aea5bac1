"""Books without clusters, and the search that runs on them as on the observed book."""
