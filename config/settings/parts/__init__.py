"""One file of settings for each thing that is configured; `base` joins them."""
