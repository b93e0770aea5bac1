"""One engine for every resampling statistic: bootstrap, splits, reference sets, nulls, seeds."""
