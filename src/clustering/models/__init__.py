"""k-means and Gaussian mixtures."""
